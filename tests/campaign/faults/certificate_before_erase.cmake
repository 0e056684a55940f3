# P4 is left for later: the certificate is written while the cell still holds the old secret.
fault(vault/keys/epoch.cc
  "  Sure(set.primary.secret->EraseSlotOf(old_epoch), \"P4 destroy\")"
  "  if (old_epoch == 0) Sure(set.primary.secret->EraseSlotOf(old_epoch), \"P4 destroy\")")
