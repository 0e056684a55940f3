# A document is taken out of a loan, and the loan keeps its old key.
fault(vault/loans.cc
  "orders.push_back(RemakeOrder(EntryType::kLoan, AsObject(next.old.id), next.old.slot))"
  "static_cast<void>(next)")
