#include "vault/world.h"

#include <ctime>

#include "vault/base/text.h"
#include "vault/crypto/bulk.h"
#include "vault/keys/tpm_device.h"
#include "vault/store/self_test.h"

namespace vault {
namespace {

UnixSeconds Read(clockid_t which) {
  timespec now{};
  CHECK(::clock_gettime(which, &now) == 0);
  return now.tv_sec;
}

}  // namespace

UnixSeconds RealClock::Realtime() const { return Read(CLOCK_REALTIME); }
UnixSeconds RealClock::Boottime() const { return Read(CLOCK_BOOTTIME); }

Result<std::unique_ptr<RealWorld>> RealWorld::Make() {
  SilenceTpmLibrary();
  TRY_VOID(InitCrypto());
  return std::unique_ptr<RealWorld>(new RealWorld());
}

Status RealWorld::ProveDatabase(const std::string& folder) {
  return DatabaseSelfTest(disk_, folder);
}

VaultWorld RealWorld::ForRules(const RuleBook& rules) {
  VaultWorld world;
  world.disk = &disk_;
  world.random = &random_;
  world.clock = &clock_;
  world.rules = &rules;
  world.cell_kinds = &cell_kinds_;
  return world;
}

std::string Sha256Hex(ByteView text) { return EncodeHex(Sha256(text)); }

}  // namespace vault
