#include "vault/hold_rows.h"

namespace vault {

Result<bool> IsHeld(Core& core, EntryType type, const ObjectId& object) {
  std::string_view sql;
  switch (type) {
    case EntryType::kDocument:
      sql =
          "SELECT 1 FROM hold, document WHERE hold.state = 'running' AND document.id = ?1 AND "
          "(hold.object = document.id OR hold.object = document.matter OR "
          "hold.object = document.subject) LIMIT 1";
      break;
    case EntryType::kSubject:
      sql =
          "SELECT 1 FROM hold, subject WHERE hold.state = 'running' AND subject.id = ?1 AND "
          "(hold.object = subject.id OR hold.object = subject.matter OR hold.object IN "
          "(SELECT id FROM document WHERE document.subject = subject.id)) LIMIT 1";
      break;
    case EntryType::kMatter:
    case EntryType::kPseudonym:
      // Whatever is held inside a matter needs the matter's own keys.
      sql = "SELECT 1 FROM hold WHERE state = 'running' AND matter = ?1 LIMIT 1";
      break;
    default:
      return false;
  }
  auto query = core.database->Prepare(sql).Bind(object);
  return query.Step();
}

}  // namespace vault
