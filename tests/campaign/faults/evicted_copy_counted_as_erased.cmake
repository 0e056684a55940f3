# A copy that was given up counts as erased: its cell still has the old secret.
fault(vault/keys/key_keeper.cc
  "(row.state == CopyStanding::kStandby && standby_erased)"
  "(row.state != CopyStanding::kStandby || standby_erased)")
