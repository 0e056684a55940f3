# A copy that was given up counts as erased: its cell still has the old secret.
fault(vault/keys/key_keeper.cc
  "    const bool proved = row.state == CopyStanding::kPrimary || row.state == CopyStanding::kStandby"
  "    const bool proved = true")
