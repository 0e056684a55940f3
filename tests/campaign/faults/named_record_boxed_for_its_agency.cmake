# A record for named readers is sealed to its agency's compartment as well.
fault(vault/records.cc
  "  if (!rule.named_readers) {
    TRY(boxes"
  "  {
    TRY(boxes")
