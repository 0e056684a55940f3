# A blob is taken for dust because the register has no row of it.
fault(vault/reconcile.cc
  "    if (!dust) {
      if (core_.reconciled) TRY_VOID(Adopt("
  "    if (!dust && core_.disk == nullptr) {
      if (core_.reconciled) TRY_VOID(Adopt(")
