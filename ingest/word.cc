#include "ingest/word.h"

#include <algorithm>
#include <map>
#include <optional>

#include "ingest/limits.h"
#include "vault/base/text.h"
#include "vault/base/xml.h"

namespace ingest {
namespace {

using vault::XmlNode;
using vault::XmlWalk;

constexpr std::size_t kMaxContentTypes = 1u << 20;
// Labels are short; repeating a long text in every row of a merged cell would be a bomb.
constexpr std::size_t kMaxRepeated = 200;

// Attribute by the name behind its prefix: producers choose other prefixes.
std::string_view Attribute(XmlNode node, std::string_view local) {
  for (const auto& attribute : node.attributes()) {
    std::string_view name = attribute.name();
    std::size_t colon = name.find(':');
    if (colon != std::string_view::npos) name.remove_prefix(colon + 1);
    if (name == local) return attribute.value();
  }
  return "";
}

XmlNode Child(XmlNode node, std::string_view local) {
  for (XmlNode child = node.first_element(); child; child = child.next_element()) {
    if (child.local_name() == local) return child;
  }
  return {};
}

// An on/off property is on when it stands there without a value.
bool IsOn(XmlNode property) {
  if (!property) return false;
  std::string_view value = Attribute(property, "val");
  return value != "0" && value != "false" && value != "off" && value != "none";
}

bool Holds(XmlNode top, std::string_view local) {
  XmlWalk walk(top);
  while (walk.Next()) {
    if (walk.step() == XmlWalk::Step::kEnter && walk.node().local_name() == local) return true;
  }
  return false;
}

std::size_t Number(std::string_view text, std::size_t otherwise) {
  auto number = vault::ParseDecimal(text);
  if (!number.ok()) return otherwise;
  return std::min<std::uint64_t>(number.value(), kMaxCellsInRow);
}

// Symbol fonts draw check boxes; other symbols are decoration.
std::string_view SymbolText(XmlNode symbol) {
  std::string_view code = Attribute(symbol, "char");
  for (std::string_view ticked : {"F0FE", "F0FD", "F078", "F0FC", "F052", "F053", "2612", "2611"}) {
    if (code == ticked) return kBoxTicked;
  }
  for (std::string_view empty : {"F0A8", "F06F", "F0A3", "2610"}) {
    if (code == empty) return kBoxEmpty;
  }
  return "";
}

// The old form fields keep their answer in their definition.
std::string FieldText(XmlNode definition) {
  if (XmlNode box = Child(definition, "checkBox")) {
    XmlNode state = Child(box, "checked");
    if (!state) state = Child(box, "default");
    return std::string(IsOn(state) ? kBoxTicked : kBoxEmpty);
  }
  XmlNode list = Child(definition, "ddList");
  if (!list) return "";
  XmlNode chosen = Child(list, "result");
  if (!chosen) chosen = Child(list, "default");
  std::size_t wanted = chosen ? Number(Attribute(chosen, "val"), 0) : 0;
  for (XmlNode entry = list.first_element(); entry; entry = entry.next_element()) {
    if (entry.local_name() != "listEntry") continue;
    if (wanted == 0) return std::string(Attribute(entry, "val"));
    --wanted;
  }
  return "";
}

// Control is a content control we are inside of.
struct Control {
  bool muted = false;    // shows its prompt, not an answer
  std::string_view box;  // a check box: the mark that replaces its text
  bool box_written = false;
};

struct Table {
  std::size_t number = 0;
  bool is_answer = false;  // in a later cell of a row: its text belongs to that cell
  std::string answer;      // the text gathered then
  std::vector<WordCell> row;
  bool row_deleted = false;
  std::size_t column = 0;
  WordCell cell;
  std::size_t span = 1;
  bool in_cell = false;
  bool paragraph_ended = false;
  bool merge_begins = false;
  std::map<std::size_t, std::string> above;  // texts that merged cells repeat, by column
};

class Reader {
 public:
  // Read gives a reason when the text is too complex.
  std::optional<Unreadable> Read(XmlNode body);
  WordText Take() && { return std::move(text_); }

 private:
  void Enter(XmlWalk& walk);
  void EnterControl(XmlNode node);
  void EnterRun(XmlWalk& walk);
  void EnterTable();
  void EnterRow(XmlNode node);
  void EnterCell(XmlWalk& walk);
  void Leave(XmlNode node);
  void LeaveTable();
  void LeaveRow();
  void LeaveCell();
  void LeaveParagraph();
  void Append(std::string_view text);
  void AppendPlain(std::string_view text);
  void Emit(WordLine line);

  WordText text_;
  std::vector<Table> tables_;
  std::vector<Control> controls_;
  std::string paragraph_;
  std::size_t next_table_ = 1;
  bool too_complex_ = false;
};

std::optional<Unreadable> Reader::Read(XmlNode body) {
  XmlWalk walk(body);
  while (!too_complex_ && walk.Next()) {
    if (walk.step() == XmlWalk::Step::kEnter) Enter(walk);
    if (walk.step() == XmlWalk::Step::kLeave) Leave(walk.node());
  }
  if (too_complex_) return Unreadable::kTooComplex;
  return std::nullopt;
}

void Reader::Enter(XmlWalk& walk) {
  XmlNode node = walk.node();
  std::string_view name = node.local_name();
  if (name == "t") {
    Append(node.text());
    walk.SkipBelow();
  } else if (name == "r") {
    EnterRun(walk);
  } else if (name == "p") {
    if (!tables_.empty() && tables_.back().in_cell && tables_.back().paragraph_ended) {
      AppendPlain("\n");
      tables_.back().paragraph_ended = false;
    }
  } else if (name == "tbl") {
    EnterTable();
  } else if (name == "tr") {
    EnterRow(node);
  } else if (name == "tc") {
    EnterCell(walk);
  } else if (name == "tab" || name == "ptab") {
    Append("\t");
  } else if (name == "br" || name == "cr") {
    Append("\n");
  } else if (name == "noBreakHyphen") {
    Append("-");
  } else if (name == "sym") {
    Append(SymbolText(node));
  } else if (name == "fldChar") {
    if (XmlNode definition = Child(node, "ffData")) Append(FieldText(definition));
    walk.SkipBelow();
  } else if (name == "sdt") {
    EnterControl(node);
  } else if (name == "ins" || name == "moveTo") {
    text_.tracked_changes = true;
  } else if (name == "del" || name == "moveFrom") {
    text_.tracked_changes = true;
    walk.SkipBelow();
  } else if (name == "commentReference") {
    text_.comments = true;
  } else if (name == "footnoteReference" || name == "endnoteReference" || name == "altChunk" ||
             name == "object") {
    text_.unread_parts = true;
    walk.SkipBelow();
  } else if (name == "drawing" || name == "pict") {
    // A picture says nothing a form asks for; a text box might.
    if (Holds(node, "txbxContent")) text_.unread_parts = true;
    walk.SkipBelow();
  } else if (name == "instrText" || name == "delText" || name == "delInstrText" ||
             name == "Fallback" || name == "rPr" || name == "pPr" || name == "tblPr" ||
             name == "trPr" || name == "tcPr" || name == "tblGrid" || name == "sectPr" ||
             name == "sdtPr" || name == "sdtEndPr" || name == "tblPrEx") {
    walk.SkipBelow();
  }
}

void Reader::EnterControl(XmlNode node) {
  Control control;
  XmlNode properties = Child(node, "sdtPr");
  control.muted = IsOn(Child(properties, "showingPlcHdr"));
  if (XmlNode box = Child(properties, "checkbox")) {
    control.muted = false;
    control.box = Child(box, "checked") && IsOn(Child(box, "checked")) ? kBoxTicked : kBoxEmpty;
  }
  controls_.push_back(control);
}

void Reader::EnterRun(XmlWalk& walk) {
  XmlNode node = walk.node();
  if (!IsOn(Child(Child(node, "rPr"), "vanish"))) return;
  if (Holds(node, "t")) text_.hidden_text = true;
  walk.SkipBelow();
}

void Reader::EnterTable() {
  Table table;
  table.number = next_table_++;
  if (!tables_.empty() && tables_.back().in_cell) {
    Table& outer = tables_.back();
    table.is_answer = outer.is_answer || !outer.row.empty();
    if (!table.is_answer && !TidyText(outer.cell.text).empty()) {
      // Layout: what stands above the inner table is read before it.
      WordLine line{outer.number, {outer.cell}};
      Emit(std::move(line));
    }
    if (!table.is_answer) outer.cell.text.clear();
  }
  tables_.push_back(std::move(table));
  if (tables_.size() > kMaxTableDepth) too_complex_ = true;
}

void Reader::EnterRow(XmlNode node) {
  if (tables_.empty()) return;
  Table& table = tables_.back();
  table.row.clear();
  table.column = 0;
  table.row_deleted = false;
  XmlNode properties = Child(node, "trPr");
  if (!properties) return;
  if (XmlNode before = Child(properties, "gridBefore")) {
    table.column = Number(Attribute(before, "val"), 0);
  }
  if (Child(properties, "ins")) text_.tracked_changes = true;
  if (Child(properties, "del")) {
    text_.tracked_changes = true;
    table.row_deleted = true;
  }
}

void Reader::EnterCell(XmlWalk& walk) {
  if (tables_.empty()) return;
  Table& table = tables_.back();
  table.cell = WordCell{};
  table.cell.column = table.column;
  table.span = 1;
  table.merge_begins = false;
  table.paragraph_ended = false;
  table.in_cell = true;
  XmlNode properties = Child(walk.node(), "tcPr");
  if (XmlNode span = Child(properties, "gridSpan")) {
    table.span = std::max<std::size_t>(1, Number(Attribute(span, "val"), 1));
  }
  if (XmlNode merge = Child(properties, "vMerge")) {
    table.merge_begins = Attribute(merge, "val") == "restart";
    table.cell.continued = !table.merge_begins;
  }
  if (Child(properties, "cellDel")) {
    text_.tracked_changes = true;
    walk.SkipBelow();
  }
  if (table.row.size() >= kMaxCellsInRow) too_complex_ = true;
}

void Reader::Leave(XmlNode node) {
  std::string_view name = node.local_name();
  if (name == "p") {
    LeaveParagraph();
  } else if (name == "tc") {
    LeaveCell();
  } else if (name == "tr") {
    LeaveRow();
  } else if (name == "tbl") {
    LeaveTable();
  } else if (name == "sdt" && !controls_.empty()) {
    // A check box drawn without any text still has its state.
    if (!controls_.back().box.empty()) Append("");
    controls_.pop_back();
  }
}

void Reader::LeaveParagraph() {
  if (tables_.empty()) {
    if (!TidyText(paragraph_).empty()) Emit({0, {WordCell{0, paragraph_, false}}});
    paragraph_.clear();
  } else {
    tables_.back().paragraph_ended = true;
  }
}

void Reader::LeaveCell() {
  if (tables_.empty() || !tables_.back().in_cell) return;
  Table& table = tables_.back();
  if (table.cell.continued) {
    auto repeated = table.above.find(table.column);
    // Word leaves the hidden cells of a merge empty; others have been seen to fill them.
    if (repeated != table.above.end()) table.cell.text = repeated->second;
  } else if (table.merge_begins && table.cell.text.size() <= kMaxRepeated) {
    table.above[table.column] = table.cell.text;
  } else {
    table.above.erase(table.column);
  }
  table.column += table.span;
  table.row.push_back(std::move(table.cell));
  table.cell = WordCell{};
  table.in_cell = false;
}

void Reader::LeaveRow() {
  if (tables_.empty()) return;
  Table& table = tables_.back();
  if (!table.row_deleted && !table.row.empty()) {
    if (table.is_answer) {
      if (!table.answer.empty()) table.answer += '\n';
      for (std::size_t i = 0; i < table.row.size(); ++i) {
        if (i != 0) table.answer += '\t';
        table.answer += table.row[i].text;
      }
    } else {
      Emit({table.number, std::move(table.row)});
    }
  }
  table.row.clear();
}

void Reader::LeaveTable() {
  if (tables_.empty()) return;
  Table done = std::move(tables_.back());
  tables_.pop_back();
  if (tables_.empty()) return;
  Table& outer = tables_.back();
  if (done.is_answer && outer.in_cell) {
    if (outer.paragraph_ended) outer.cell.text += '\n';
    outer.cell.text += done.answer;
  }
  // The empty paragraph that Word demands after an inner table adds no line worth keeping.
  outer.paragraph_ended = !outer.cell.text.empty();
}

void Reader::Append(std::string_view text) {
  for (Control& control : controls_) {
    if (control.muted) return;
    if (control.box.empty()) continue;
    if (control.box_written) return;
    control.box_written = true;
    AppendPlain(control.box);
    return;
  }
  AppendPlain(text);
}

void Reader::AppendPlain(std::string_view text) {
  if (tables_.empty()) {
    paragraph_ += text;
  } else if (tables_.back().in_cell) {
    tables_.back().cell.text += text;
  }
}

void Reader::Emit(WordLine line) {
  for (WordCell& cell : line.cells) cell.text = TidyText(cell.text);
  text_.lines.push_back(std::move(line));
  if (text_.lines.size() > kMaxRows) too_complex_ = true;
}

vault::XmlLimits PartLimits() {
  return {kMaxTextPart, kMaxXmlDepth, kMaxXmlNodes, kMaxXmlAttributes};
}

bool IsMacroPart(std::string_view name) {
  std::size_t slash = name.rfind('/');
  std::string file(slash == std::string_view::npos ? name : name.substr(slash + 1));
  for (char& c : file) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return file.starts_with("vbaproject") || file == "vbadata.xml";
}

// MainPart finds the document's text by the list of content types: most programs call it
// word/document.xml, some document2.xml.
Parsed<std::string> MainPart(const ZipArchive& archive) {
  auto list = archive.Unpack("[Content_Types].xml", kMaxContentTypes);
  if (!list.ok()) return list.reason();
  auto xml = vault::XmlDocument::Parse(list.value().view(), PartLimits());
  if (!xml.ok()) return Unreadable::kDamaged;
  std::string main;
  for (XmlNode row = xml.value().root().first_element(); row; row = row.next_element()) {
    std::string_view type = Attribute(row, "ContentType");
    std::string_view part = Attribute(row, "PartName");
    if (type.find("macroEnabled") != std::string_view::npos ||
        type.find("vbaProject") != std::string_view::npos) {
      return Unreadable::kMacros;
    }
    bool is_main = type.ends_with("wordprocessingml.document.main+xml") ||
                   type.ends_with("wordprocessingml.template.main+xml");
    if (is_main && part.starts_with('/') && main.empty()) main = part.substr(1);
  }
  if (!main.empty() && archive.Has(main)) return main;
  // Some generators declare the type by extension alone.
  if (archive.Has("word/document.xml")) return std::string("word/document.xml");
  bool other = archive.Has("xl/workbook.xml") || archive.Has("ppt/presentation.xml");
  return other ? Unreadable::kOtherOffice : Unreadable::kArchive;
}

}  // namespace

Parsed<WordText> ReadWord(const ZipArchive& archive) {
  for (const ZipPart& part : archive.parts()) {
    if (IsMacroPart(part.name)) return Unreadable::kMacros;
  }
  if (!archive.Has("[Content_Types].xml")) {
    if (!archive.Has("mimetype")) return Unreadable::kArchive;
    auto type = archive.Unpack("mimetype", kMaxPartName);
    bool open = type.ok() && type.value().text().starts_with("application/vnd.oasis.opendocument.");
    return open ? Unreadable::kOpenDocument : Unreadable::kArchive;
  }
  auto main = MainPart(archive);
  if (!main.ok()) return main.reason();
  auto xml = archive.Unpack(main.value(), kMaxTextPart);
  if (!xml.ok()) return xml.reason();
  auto text = ReadWordXml(xml.value().view());
  if (text.ok() && archive.Has("word/comments.xml")) text.value().comments = true;
  return text;
}

Parsed<WordText> ReadWordXml(vault::ByteView xml) {
  auto document = vault::XmlDocument::Parse(xml, PartLimits());
  if (!document.ok()) return Unreadable::kDamaged;
  XmlNode body = Child(document.value().root(), "body");
  if (!body) return Unreadable::kDamaged;
  Reader reader;
  if (auto reason = reader.Read(body)) return *reason;
  return std::move(reader).Take();
}

std::string TidyText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  auto end_line = [&] {
    while (!out.empty() && (out.back() == ' ' || out.back() == '\t')) out.pop_back();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto byte = static_cast<unsigned char>(text[i]);
    std::string_view rest = text.substr(i);
    if (byte == '\n') {
      end_line();
      if (!out.empty()) out += '\n';
    } else if (byte == '\t') {
      out += '\t';
    } else if (byte < 0x20 || byte == 0x7f) {
      continue;
    } else if (rest.starts_with("\u00a0")) {  // no-break space
      out += ' ';
      i += 1;
    } else if (rest.starts_with("\u00ad")) {  // soft hyphen
      i += 1;
    } else if (rest.starts_with("\u200b") || rest.starts_with("\ufeff")) {  // no width
      i += 2;
    } else if (rest.starts_with("\u3000") || rest.starts_with("\u202f") ||
               (rest.size() >= 3 && rest.starts_with("\xe2\x80") &&
                static_cast<unsigned char>(rest[2]) >= 0x80 &&
                static_cast<unsigned char>(rest[2]) <= 0x8a)) {  // en space … hair space
      out += ' ';
      i += 2;
    } else {
      out += text[i];
    }
  }
  while (!out.empty() && (out.back() == ' ' || out.back() == '\t' || out.back() == '\n')) {
    out.pop_back();
  }
  std::size_t begin = out.find_first_not_of(" \t\n");
  return begin == std::string::npos ? std::string() : out.substr(begin);
}

}  // namespace ingest
