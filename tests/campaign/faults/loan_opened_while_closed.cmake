# The key keeper opens a closed loan.
fault(vault/keys/keeper_sealing.cc
  "if (use == KeyUse::kOpening && (entry.flags & kFlagClosed) != 0)"
  "if (use == KeyUse::kOpening && (entry.flags & kFlagClosed) != 0 && entry.type != EntryType::kLoan)")
