# A backup takes the cell along: with it every older backup of it opens what was destroyed.
fault(vault/backup.cc
  "  TRY_VOID(CopyRegister(run));"
  "  TRY_VOID(CopyRegister(run));
  TRY(const Bytes cell, core_.disk->ReadAll(core_.data_folder + \".cell\", 8192));
  TRY_VOID(core_.disk->WriteWhole(run.folder + \"/cell\", cell));")
