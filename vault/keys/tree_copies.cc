#include "vault/keys/tree_copies.h"

#include <algorithm>
#include <utility>

#include "vault/base/wire.h"
#include "vault/crypto/digest.h"

namespace vault {
namespace {

constexpr std::size_t kMacSize = 32;

void WriteText(WireWriter& out, const std::string& text) {
  out.U16(static_cast<std::uint16_t>(text.size())).Text(text);
}

void WriteTexts(WireWriter& out, const std::vector<std::string>& texts) {
  out.U8(static_cast<std::uint8_t>(texts.size()));
  for (const std::string& text : texts) WriteText(out, text);
}

std::string ReadText(WireReader& reader) { return ToString(reader.Raw(reader.U16())); }

std::vector<std::string> ReadTexts(WireReader& reader) {
  std::vector<std::string> texts(reader.U8());
  for (std::string& text : texts) text = ReadText(reader);
  return texts;
}

ByteArray<kMacSize> MacOf(const RowKey& row_key, std::uint64_t epoch, ByteView list) {
  return Blake2b<kMacSize>(row_key.view(),
                           WireWriter().Text("copies").U8(0).U64(epoch).Raw(list).bytes());
}

}  // namespace

Status WriteCopies(Transaction& transaction, const std::vector<CopyRow>& rows,
                   const RowKey& row_key, std::uint64_t epoch) {
  WireWriter list;
  list.U8(static_cast<std::uint8_t>(rows.size()));
  for (const CopyRow& row : rows) {
    list.U8(row.number).U8(static_cast<std::uint8_t>(row.state)).U64(row.since);
    WriteText(list, row.folder);
    WriteTexts(list, row.cells);
    WriteTexts(list, row.cell_classes);
  }
  const auto mac = MacOf(row_key, epoch, list.bytes());
  list.Raw(mac);
  return transaction.database()
      .Prepare(
          "INSERT INTO meta(key, value) VALUES('copies', ?)"
          " ON CONFLICT(key) DO UPDATE SET value=excluded.value")
      .Bind(list.bytes())
      .Run();
}

Result<std::vector<CopyRow>> ReadCopies(Database& database, const RowKey& row_key,
                                        std::uint64_t epoch) {
  Bytes stored;
  {
    Statement statement = database.Prepare("SELECT value FROM meta WHERE key='copies'");
    TRY(const bool found, statement.Step());
    if (found) stored = statement.Blob(0);
  }
  if (stored.size() < kMacSize) return Corrupt("the list of the key tree's copies is missing");
  const ByteView list = ByteView(stored).first(stored.size() - kMacSize);
  if (!EqualConstantTime(MacOf(row_key, epoch, list), ByteView(stored).last(kMacSize))) {
    return Corrupt("the list of the key tree's copies was changed");
  }
  WireReader reader(list);
  std::vector<CopyRow> rows(reader.U8());
  for (CopyRow& row : rows) {
    row.number = reader.U8();
    row.state = static_cast<CopyStanding>(reader.U8());
    row.since = reader.U64();
    row.folder = ReadText(reader);
    row.cells = ReadTexts(reader);
    row.cell_classes = ReadTexts(reader);
  }
  TRY_VOID(reader.Finish());
  const auto primaries = std::count_if(rows.begin(), rows.end(), [](const CopyRow& row) {
    return row.state == CopyStanding::kPrimary;
  });
  if (primaries != 1) return Corrupt("the list of the key tree's copies has no one primary");
  return rows;
}

}  // namespace vault
