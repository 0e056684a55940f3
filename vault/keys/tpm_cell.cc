#include "vault/keys/tpm_cell.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "vault/crypto/digest.h"
#include "vault/keys/cell_record.h"

namespace vault {
namespace {

constexpr std::uint32_t kFirstIndex = 0x01800000;
constexpr std::uint32_t kLastIndex = 0x01bffffe;
constexpr std::string_view kDefaultTcti = "device:/dev/tpmrm0";

// Makers of chips that keep their memory to themselves. Firmware TPMs (Intel, AMD, Qualcomm) are
// not among them: theirs lies in a flash chip beside the processor, which can be read and put back.
constexpr std::string_view kChipMakers[] = {"IFX", "STM", "NTC", "NTZ", "ATML"};
constexpr std::string_view kFirmwareMakers[] = {"INTC", "AMD", "QCOM"};

bool OneOf(std::string_view word, auto& words) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::string Printable(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') out += c;
  }
  return out;
}

Result<std::size_t> PieceOf(TpmDevice& device, const TpmPlace& place) {
  TRY(const std::size_t most, device.most_at_once());
  return std::min(most, place.most_at_once);
}

// A connection for each act: a TPM forgets sessions when the machine sleeps, and who else wants it
// (another program, a second look) must not wait for as long as a vault is open.
class TpmCell final : public ErasureCell {
 public:
  TpmCell(RandomSource& random, TpmPlace place, CellClass found)
      : random_(random), place_(std::move(place)), class_(std::move(found)) {}

  const CellClass& cell_class() const override { return class_; }

  Status Write(const CellRecord& record) override {
    return Overwrite(record.epoch & 1, EncodeCellRecord(record).view());
  }

  Result<std::optional<CellRecord>> Read(unsigned slot) override {
    CHECK(slot < 2);
    TRY(auto device, TpmDevice::Connect(place_.tcti));
    TRY(const std::size_t piece, PieceOf(*device, place_));
    SecretBytes bytes(kCellRecordSize);
    TRY_VOID(device->Read(place_.index + slot, bytes.mutable_view(), piece));
    return DecodeCellRecord(bytes.view());
  }

  Status Erase(unsigned slot) override {
    CHECK(slot < 2);
    SecretBytes noise(kCellRecordSize);
    random_.Fill(noise.mutable_view());
    return Overwrite(slot, noise.view());
  }

 private:
  Status Overwrite(std::uint64_t slot, ByteView bytes) {
    const auto index = static_cast<std::uint32_t>(place_.index + slot);
    TRY(auto device, TpmDevice::Connect(place_.tcti));
    TRY(const std::size_t piece, PieceOf(*device, place_));
    TRY_VOID(device->Write(index, bytes, piece));
    SecretBytes found(kCellRecordSize);
    TRY_VOID(device->Read(index, found.mutable_view(), piece));
    if (!EqualConstantTime(found.view(), bytes)) {
      return Unavailable("the erasure cell does not give back what was written");
    }
    return Ok();
  }

  RandomSource& random_;
  TpmPlace place_;
  CellClass class_;
};

Result<std::unique_ptr<ErasureCell>> CellOn(TpmDevice& device, const Machine& machine,
                                            RandomSource& random, const TpmPlace& place) {
  TRY(const TpmIdentity identity, device.Identify());
  return std::unique_ptr<ErasureCell>(
      std::make_unique<TpmCell>(random, place, ClassOfTpm(machine, identity, place.tcti)));
}

Status DefineWithNoise(TpmDevice& device, RandomSource& random, const TpmPlace& place,
                       std::uint32_t index) {
  TRY_VOID(device.Define(index, kCellRecordSize));
  TRY(const std::size_t piece, PieceOf(device, place));
  Bytes noise(kCellRecordSize);
  random.Fill(noise);
  const Status written = device.Write(index, noise, piece);
  // A half-made index would be in the way of the next try. What failed is what the caller hears.
  if (!written.ok()) {
    [[maybe_unused]] const Status removed = device.Undefine(index);
  }
  return written;
}

}  // namespace

Result<TpmPlace> ParseTpmPlace(std::string_view text) {
  const std::size_t at = text.find('@');
  std::string_view number = text.substr(0, at);
  TpmPlace place;
  place.tcti = at == std::string_view::npos ? kDefaultTcti : text.substr(at + 1);
  const Error bad =
      Invalid("a tpm cell is written tpm:INDEX[@TCTI], the index from 0x01800000 to 0x01bffffe");
  if (!number.starts_with("0x") || place.tcti.empty()) return bad;
  number.remove_prefix(2);
  const char* end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, place.index, 16);
  if (error != std::errc() || stop != end) return bad;
  if (place.index < kFirstIndex || place.index > kLastIndex) return bad;
  return place;
}

CellClass ClassOfTpm(const Machine& machine, const TpmIdentity& identity, std::string_view tcti) {
  const std::string who = "it calls itself " + Printable(identity.manufacturer) +
                          (identity.model.empty() ? "" : " " + Printable(identity.model));
  const auto only = [](std::string why) { return CellClass{"file", "called file: " + why}; };
  if (OneOf(identity.manufacturer, kFirmwareMakers)) {
    return only(who + ", a tpm in firmware, whose memory lies in a flash chip outside of it");
  }
  if (!OneOf(identity.manufacturer, kChipMakers)) {
    return only(who + ", which is not known as the maker of a chip: a virtual tpm is a file");
  }
  constexpr std::string_view kDevice = "device:";
  if (!tcti.starts_with(kDevice)) {
    return only("it is not reached as a device of this machine");
  }
  if (machine.is_virtual()) {
    return only("this is a virtual machine, whose host can copy every chip it pretends to have");
  }
  if (!machine.HasChip(tcti.substr(kDevice.size()))) {
    return only("the kernel does not know a chip behind this device");
  }
  return {"tpm", "a physical tpm; " + who};
}

Status CheckTpmPlaceIsFree(const TpmPlace& place) {
  TRY(auto device, TpmDevice::Connect(place.tcti));
  for (const std::uint32_t index : {place.index, place.index + 1}) {
    TRY(const bool defined, device->IsDefined(index));
    if (defined) return Conflict("an index of the tpm is defined already");
  }
  return Ok();
}

Result<std::unique_ptr<ErasureCell>> CreateTpmCell(const Machine& machine, RandomSource& random,
                                                   const TpmPlace& place) {
  TRY_VOID(CheckTpmPlaceIsFree(place));
  TRY(auto device, TpmDevice::Connect(place.tcti));
  TRY_VOID(DefineWithNoise(*device, random, place, place.index));
  const Status second = DefineWithNoise(*device, random, place, place.index + 1);
  if (!second.ok()) {
    [[maybe_unused]] const Status removed = device->Undefine(place.index);
    return second.error();
  }
  return CellOn(*device, machine, random, place);
}

Result<std::unique_ptr<ErasureCell>> OpenTpmCell(const Machine& machine, RandomSource& random,
                                                 const TpmPlace& place) {
  TRY(auto device, TpmDevice::Connect(place.tcti));
  for (const std::uint32_t index : {place.index, place.index + 1}) {
    TRY(const bool defined, device->IsDefined(index));
    if (!defined) return NotFound("an index of the tpm is not defined");
  }
  return CellOn(*device, machine, random, place);
}

}  // namespace vault
