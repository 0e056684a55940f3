# Who ends, alone or with their agency, is out, and their key stays: what was sealed to them by name
# still opens with it.
fault(vault/people_endings.cc
  "  for (const PersonRow& row : departure.ending) {
    orders.push_back"
  "  for (const PersonRow& row : departure.ending) {
    if (core_.disk == nullptr) orders.push_back")
