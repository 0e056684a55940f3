// What does not compile cannot be forgotten: the papers and secrets keep their shape.

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <type_traits>

#include "vault/base/capability.h"
#include "vault/crypto/secret.h"
#include "vault/keys/key_keeper.h"
#include "vault/shares.h"

namespace vault {
namespace {

template <class Paper>
constexpr bool IsPaper =
    !std::is_default_constructible_v<Paper> && !std::is_copy_constructible_v<Paper> &&
    !std::is_copy_assignable_v<Paper> && std::is_nothrow_move_constructible_v<Paper>;

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

TEST(Types, APaperIsMovedNeverCopiedAndMadeByItsWriterAlone) {
  static_assert(IsPaper<Actor>);
  static_assert(IsPaper<AccessGrant>);
  static_assert(IsPaper<OpeningReceipt>);
  static_assert(IsPaper<FilingGrant>);
  static_assert(IsPaper<DisposalOrder>);
  static_assert(IsPaper<ReleaseReceipt>);
  static_assert(IsPaper<RemakeOrder>);
  static_assert(IsPaper<IntentReceipt>);
  static_assert(!std::is_constructible_v<AccessGrant, Opening>);
  static_assert(!std::is_constructible_v<OpeningReceipt, Opening, std::uint64_t>);
  static_assert(!std::is_constructible_v<IntentReceipt, std::vector<ShredItem>>);
}

TEST(Types, NothingOpensByIdAlone) {
  static_assert(!std::is_invocable_v<decltype(&KeyKeeper::Unwrap), const KeyKeeper&, DocumentId,
                                     const BoxPath&, UnixSeconds>);
  static_assert(std::is_invocable_v<decltype(&KeyKeeper::Unwrap), const KeyKeeper&, OpeningReceipt,
                                    const BoxPath&, UnixSeconds>);
  static_assert(
      !std::is_invocable_v<decltype(&KeyKeeper::Shred), KeyKeeper&, std::vector<ShredItem>>);
}

TEST(Types, AnIdOrKeyOfOneKindIsNotOneOfAnother) {
  static_assert(!std::is_convertible_v<MatterId, DocumentId>);
  static_assert(!std::is_constructible_v<DocumentId, MatterId>);
  static_assert(!std::is_constructible_v<AccessShare, ErasureShare>);
  static_assert(!std::is_convertible_v<NodeKey, ErasureShare>);
}

TEST(Types, ASecretIsNeitherCopiedNorPrinted) {
  static_assert(!std::is_copy_constructible_v<SecretBytes>);
  static_assert(!std::is_copy_constructible_v<AccessShare>);
  static_assert(!std::is_copy_constructible_v<Plaintext>);
  static_assert(!Printable<SecretBytes>);
  static_assert(!Printable<AccessShare>);
  static_assert(!Printable<Plaintext>);
  static_assert(!Printable<Actor>);
}

}  // namespace
}  // namespace vault
