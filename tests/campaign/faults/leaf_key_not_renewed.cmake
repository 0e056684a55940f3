# The leaf keeps its key: the old sealed leaf, with every key in it, opens with it.
fault(vault/keys/key_tree.cc
  "parent.node.RenewKey(step.id.index(), tree_.random_);"
  "if (step.id.level != kLeafLevel) parent.node.RenewKey(step.id.index(), tree_.random_);")
