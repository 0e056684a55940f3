#include "vault/keys/tpm_device.h"

#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "vault/base/wiped.h"

namespace vault {
namespace {

// Free gives back what ESYS allocated; it may hold what was read.
template <class T>
struct Free {
  void operator()(T* memory) const {
    WipeMemory(memory, sizeof(T));
    Esys_Free(memory);
  }
};
template <class T>
using Owned = std::unique_ptr<T, Free<T>>;

// A response code of the TPM itself, without the number of the handle or session it is about.
constexpr TSS2_RC Bare(TSS2_RC code) {
  return (code & TPM2_RC_FMT1) != 0 ? code & 0xBFU : code & 0xFFFU;
}
bool FromTpm(TSS2_RC code) {
  const TSS2_RC layer = code & TSS2_RC_LAYER_MASK;
  return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

Status Checked(TSS2_RC code, std::string_view what) {
  if (code == TSS2_RC_SUCCESS) return Ok();
  if (FromTpm(code)) {
    if (Bare(code) == TPM2_RC_HANDLE) return NotFound("the tpm has no such index");
    if (Bare(code) == TPM2_RC_NV_DEFINED) return Conflict("the tpm index is defined already");
    if (Bare(code) == TPM2_RC_AUTH_FAIL || Bare(code) == TPM2_RC_BAD_AUTH) {
      return Denied("the tpm's owner has a password, which this program does not have");
    }
  }
  char text[32];
  std::snprintf(text, sizeof text, "0x%x", static_cast<unsigned>(code));
  return Unavailable("the tpm cannot " + std::string(what) + " (" + text + ")");
}

std::string Letters(UINT32 value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char c = static_cast<char>(value >> shift & 0xFF);
    if (c != 0) out += c;
  }
  return out;
}
std::string WithoutTail(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

// The storage key template of the TCG's provisioning guidance (ECC P-256, AES-128-CFB): made anew
// from the owner's seed each time, always the same key.
TPM2B_PUBLIC PrimaryTemplate() {
  TPM2B_PUBLIC out{};
  TPMT_PUBLIC& area = out.publicArea;
  area.type = TPM2_ALG_ECC;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT | TPMA_OBJECT_FIXEDTPM |
                          TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                          TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA;
  TPMS_ECC_PARMS& curve = area.parameters.eccDetail;
  curve.symmetric.algorithm = TPM2_ALG_AES;
  curve.symmetric.keyBits.aes = 128;
  curve.symmetric.mode.aes = TPM2_ALG_CFB;
  curve.scheme.scheme = TPM2_ALG_NULL;
  curve.curveID = TPM2_ECC_NIST_P256;
  curve.kdf.scheme = TPM2_ALG_NULL;
  return out;
}

}  // namespace

void SilenceTpmLibrary() {
  // Only here, before threads: the environment is shared.  NOLINTNEXTLINE(concurrency-mt-unsafe)
  ::setenv("TSS2_LOG", "all+NONE", 0);
}

struct TpmDevice::State {
  TSS2_TCTI_CONTEXT* tcti = nullptr;
  ESYS_CONTEXT* esys = nullptr;
  ESYS_TR primary = ESYS_TR_NONE;
  ESYS_TR session = ESYS_TR_NONE;

  ~State() {
    // Left behind, they would fill the few places a TPM has for them.
    if (session != ESYS_TR_NONE) Esys_FlushContext(esys, session);
    if (primary != ESYS_TR_NONE) Esys_FlushContext(esys, primary);
    if (esys != nullptr) Esys_Finalize(&esys);
    if (tcti != nullptr) Tss2_TctiLdr_Finalize(&tcti);
  }

  Status MakePrimary();
  Status StartSession();
  // Under says which parameters of the next command are encrypted.
  Status Under(TPMA_SESSION attributes);
  Result<UINT32> Property(UINT32 property);
};

// Index is an NV index that ESYS knows for the length of one act.
namespace {
class Index {
 public:
  explicit Index(ESYS_CONTEXT* esys) : esys_(esys) {}
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;
  ~Index() {
    if (handle_ != ESYS_TR_NONE) Esys_TR_Close(esys_, &handle_);
  }
  Status Find(std::uint32_t index) {
    return Checked(
        Esys_TR_FromTPMPublic(esys_, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &handle_),
        "look up an index");
  }
  ESYS_TR get() const { return handle_; }
  // Forget: the index is gone, and ESYS has closed its handle.
  void Forget() { handle_ = ESYS_TR_NONE; }

 private:
  ESYS_CONTEXT* esys_;
  ESYS_TR handle_ = ESYS_TR_NONE;
};
}  // namespace

Status TpmDevice::State::MakePrimary() {
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_PUBLIC wanted = PrimaryTemplate();
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION registers{};
  TPM2B_PUBLIC* made = nullptr;
  TPM2B_CREATION_DATA* data = nullptr;
  TPM2B_DIGEST* hash = nullptr;
  TPMT_TK_CREATION* ticket = nullptr;
  const TSS2_RC code = Esys_CreatePrimary(esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                          ESYS_TR_NONE, &sensitive, &wanted, &outside, &registers,
                                          &primary, &made, &data, &hash, &ticket);
  Esys_Free(made);
  Esys_Free(data);
  Esys_Free(hash);
  Esys_Free(ticket);
  return Checked(code, "make a primary key");
}

Status TpmDevice::State::StartSession() {
  TPMT_SYM_DEF cipher{};
  cipher.algorithm = TPM2_ALG_AES;
  cipher.keyBits.aes = 128;
  cipher.mode.aes = TPM2_ALG_CFB;
  return Checked(
      Esys_StartAuthSession(esys, primary, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                            nullptr, TPM2_SE_HMAC, &cipher, TPM2_ALG_SHA256, &session),
      "start a session");
}

Status TpmDevice::State::Under(TPMA_SESSION attributes) {
  return Checked(
      Esys_TRSess_SetAttributes(esys, session, attributes | TPMA_SESSION_CONTINUESESSION, 0xFF),
      "use its session");
}

Result<UINT32> TpmDevice::State::Property(UINT32 property) {
  TPMI_YES_NO more = 0;
  TPMS_CAPABILITY_DATA* raw = nullptr;
  const Status asked =
      Checked(Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                 TPM2_CAP_TPM_PROPERTIES, property, 1, &more, &raw),
              "say what it is");
  const Owned<TPMS_CAPABILITY_DATA> found(raw);
  TRY_VOID(asked);
  const TPML_TAGGED_TPM_PROPERTY& list = found->data.tpmProperties;
  // Without that property the TPM answers with the next one it has.
  if (list.count < 1 || list.tpmProperty[0].property != property) return UINT32{0};
  return list.tpmProperty[0].value;
}

TpmDevice::TpmDevice(std::unique_ptr<State> state) : state_(std::move(state)) {}
TpmDevice::~TpmDevice() = default;

Result<std::unique_ptr<TpmDevice>> TpmDevice::Connect(const std::string& tcti) {
  auto state = std::make_unique<State>();
  TRY_VOID(Checked(Tss2_TctiLdr_Initialize(tcti.c_str(), &state->tcti), "be reached"));
  TRY_VOID(Checked(Esys_Initialize(&state->esys, state->tcti, nullptr), "be used"));
  return std::unique_ptr<TpmDevice>(new TpmDevice(std::move(state)));
}

Result<TpmIdentity> TpmDevice::Identify() {
  TpmIdentity identity;
  TRY(const UINT32 manufacturer, state_->Property(TPM2_PT_MANUFACTURER));
  identity.manufacturer = WithoutTail(Letters(manufacturer));
  for (const UINT32 part : {TPM2_PT_VENDOR_STRING_1, TPM2_PT_VENDOR_STRING_2,
                            TPM2_PT_VENDOR_STRING_3, TPM2_PT_VENDOR_STRING_4}) {
    TRY(const UINT32 letters, state_->Property(part));
    identity.model += Letters(letters);
  }
  identity.model = WithoutTail(identity.model);
  return identity;
}

Result<std::size_t> TpmDevice::most_at_once() {
  TRY(const UINT32 most, state_->Property(TPM2_PT_NV_BUFFER_MAX));
  // A TPM that does not say takes what fits the smallest buffer of the specification's examples.
  constexpr std::size_t kLeast = 64;
  return most == 0 ? kLeast : std::min<std::size_t>(most, TPM2_MAX_NV_BUFFER_SIZE);
}

Result<bool> TpmDevice::IsDefined(std::uint32_t index) {
  Index found(state_->esys);
  const Status status = found.Find(index);
  if (!status.ok() && status.error().code == Errc::kNotFound) return false;
  TRY_VOID(status);
  return true;
}

Status TpmDevice::Define(std::uint32_t index, std::uint16_t size) {
  if (state_->primary == ESYS_TR_NONE) TRY_VOID(state_->MakePrimary());
  if (state_->session == ESYS_TR_NONE) TRY_VOID(state_->StartSession());
  TPM2B_NV_PUBLIC wanted{};
  wanted.nvPublic.nvIndex = index;
  wanted.nvPublic.nameAlg = TPM2_ALG_SHA256;
  wanted.nvPublic.attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA;
  wanted.nvPublic.dataSize = size;
  const TPM2B_AUTH none{};
  TRY_VOID(state_->Under(TPMA_SESSION_DECRYPT));
  ESYS_TR handle = ESYS_TR_NONE;
  TRY_VOID(Checked(Esys_NV_DefineSpace(state_->esys, ESYS_TR_RH_OWNER, state_->session,
                                       ESYS_TR_NONE, ESYS_TR_NONE, &none, &wanted, &handle),
                   "define an index"));
  Esys_TR_Close(state_->esys, &handle);
  return Ok();
}

Status TpmDevice::Undefine(std::uint32_t index) {
  Index found(state_->esys);
  TRY_VOID(found.Find(index));
  TRY_VOID(Checked(Esys_NV_UndefineSpace(state_->esys, ESYS_TR_RH_OWNER, found.get(),
                                         ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
                   "remove an index"));
  found.Forget();
  return Ok();
}

Status TpmDevice::Write(std::uint32_t index, ByteView bytes, std::size_t piece) {
  CHECK(piece > 0 && piece <= TPM2_MAX_NV_BUFFER_SIZE);
  if (state_->primary == ESYS_TR_NONE) TRY_VOID(state_->MakePrimary());
  if (state_->session == ESYS_TR_NONE) TRY_VOID(state_->StartSession());
  Index found(state_->esys);
  TRY_VOID(found.Find(index));
  TRY_VOID(state_->Under(TPMA_SESSION_DECRYPT));
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const ByteView part = bytes.subspan(at, std::min(piece, bytes.size() - at));
    TPM2B_MAX_NV_BUFFER buffer{};
    buffer.size = static_cast<UINT16>(part.size());
    std::memcpy(buffer.buffer, part.data(), part.size());
    const TSS2_RC code =
        Esys_NV_Write(state_->esys, found.get(), found.get(), state_->session, ESYS_TR_NONE,
                      ESYS_TR_NONE, &buffer, static_cast<UINT16>(at));
    WipeMemory(&buffer, sizeof buffer);
    TRY_VOID(Checked(code, "write an index"));
  }
  return Ok();
}

Status TpmDevice::Read(std::uint32_t index, MutableByteView out, std::size_t piece) {
  CHECK(piece > 0 && piece <= TPM2_MAX_NV_BUFFER_SIZE);
  if (state_->primary == ESYS_TR_NONE) TRY_VOID(state_->MakePrimary());
  if (state_->session == ESYS_TR_NONE) TRY_VOID(state_->StartSession());
  Index found(state_->esys);
  TRY_VOID(found.Find(index));
  TRY_VOID(state_->Under(TPMA_SESSION_ENCRYPT));
  for (std::size_t at = 0; at < out.size(); at += piece) {
    const std::size_t size = std::min(piece, out.size() - at);
    TPM2B_MAX_NV_BUFFER* raw = nullptr;
    const Status read = Checked(
        Esys_NV_Read(state_->esys, found.get(), found.get(), state_->session, ESYS_TR_NONE,
                     ESYS_TR_NONE, static_cast<UINT16>(size), static_cast<UINT16>(at), &raw),
        "read an index");
    const Owned<TPM2B_MAX_NV_BUFFER> buffer(raw);
    TRY_VOID(read);
    if (buffer->size != size) return Corrupt("a tpm index is shorter than its record");
    std::memcpy(out.data() + at, buffer->buffer, size);
  }
  return Ok();
}

}  // namespace vault
