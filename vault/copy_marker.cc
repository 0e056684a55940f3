#include "vault/copy_marker.h"

#include "vault/base/wire.h"

namespace vault {
namespace {

constexpr std::string_view kMagic = "SCM1";
constexpr std::size_t kSize = 24;

std::string PathIn(const std::string& folder) { return folder + "/custody"; }

}  // namespace

Result<std::optional<CopyMarker>> ReadCopyMarker(const Disk& disk, const std::string& folder) {
  if (!disk.Exists(PathIn(folder))) return std::optional<CopyMarker>();
  TRY(const Bytes bytes, disk.ReadAll(PathIn(folder), kSize));
  WireReader reader(bytes);
  const bool ours = AsText(reader.Raw(kMagic.size())) == kMagic;
  CopyMarker marker;
  marker.copy = reader.U8();
  const std::uint8_t role = reader.U8();
  const std::uint16_t zero = reader.U16();
  marker.store = StoreId(reader.Array<16>());
  TRY_VOID(reader.Finish());
  if (!ours || zero != 0 || (role != 1 && role != 2)) {
    return Corrupt("the file that says which copy of a vault a folder holds is damaged");
  }
  marker.role = static_cast<CopyRole>(role);
  return std::optional<CopyMarker>(marker);
}

Status WriteCopyMarker(Disk& disk, const std::string& folder, const CopyMarker& marker) {
  WireWriter out;
  out.Text(kMagic).U8(marker.copy).U8(static_cast<std::uint8_t>(marker.role)).U16(0);
  out.Raw(marker.store.view());
  return disk.WriteWhole(PathIn(folder), out.bytes());
}

}  // namespace vault
