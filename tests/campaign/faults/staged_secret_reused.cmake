# A secret that an interrupted attempt staged is left where it is, and used again.
fault(vault/keys/epoch.cc
  "return copy.secret->EraseSlotOf(epoch + 1);"
  "return Contains(epochs, epoch + 1) ? Ok() : copy.secret->EraseSlotOf(epoch + 1);")
fault(vault/keys/root_secret.cc
  "Result<RootSeal> RootSecret::Stage(std::uint64_t epoch) {"
  "Result<RootSeal> RootSecret::Stage(std::uint64_t epoch) {
  TRY(auto staged, SealAt(epoch));
  if (staged.has_value()) return std::move(*staged);")
