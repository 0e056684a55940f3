# P4 before P2: a crash between them leaves a tree that nothing opens.
fault(vault/keys/epoch.cc
  "RootSeal next = Sure(copy.secret->Stage(old_epoch + 1), \"P1 stage\");"
  "RootSeal next = Sure(copy.secret->Stage(old_epoch + 1), \"P1 stage\");
  Sure(copy.secret->EraseSlotOf(old_epoch), \"P4 destroy\");")
