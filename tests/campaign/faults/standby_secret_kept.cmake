# P4 is left out on the standby: what is certified still opens with its cell.
fault(vault/keys/epoch.cc
  "    change.standby_erased = OrBreak(set, set.standby->secret->EraseSlotOf(old_epoch))"
  "    change.standby_erased = true")
