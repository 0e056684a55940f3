# A password changes, and the layer around the old one keeps its key.
fault(vault/people.cc
  "orders.push_back(RemakeOrder(EntryType::kPerson, AsObject(old.id), old.slot))"
  "static_cast<void>(old)")
