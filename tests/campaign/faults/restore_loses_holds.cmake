# A hold that only the key tree remembers is not placed again after a restore.
fault(vault/reconcile.cc
  "    TRY_VOID(ReplaceHolds(transaction, findings));"
  "    if (core_.disk == nullptr) TRY_VOID(ReplaceHolds(transaction, findings));")
