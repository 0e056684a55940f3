# P4 before P2: a crash between them leaves a tree that nothing opens.
fault(vault/keys/epoch.cc
  "  EpochChange change;
  {"
  "  Sure(set.primary.secret->EraseSlotOf(old_epoch), \"P4 destroy\");
  EpochChange change;
  {")
