# A restore brings an older register, and nobody tells it what was destroyed since.
fault(vault/comparison.cc
  "    if (row.type != EntryType::kEmpty) findings.dead.push_back(row);"
  "    static_cast<void>(row);")
