#include "vault/base/xml.h"

#include <algorithm>
#include <pugixml.hpp>

#include "vault/base/text.h"
#include "vault/base/wiped.h"

namespace vault {

// XmlText keeps the text, the tree inside it and where its lines begin.
class XmlText {
 public:
  explicit XmlText(std::string_view text) : buffer_(text.begin(), text.end()) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
    // The parser writes into the buffer, so which bytes continue a character is kept apart, with a
    // running count at every block: a long line must not make each question long.
    continues_.resize(text.size());
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i % kBlock == 0) counts_.push_back(count);
      if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) continue;
      continues_[i] = true;
      ++count;
    }
    counts_.push_back(count);
  }

  XmlPosition At(std::size_t offset) const {
    auto line = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset) - 1;
    XmlPosition position;
    position.line = static_cast<std::size_t>(line - line_starts_.begin()) + 1;
    position.column = CharactersBefore(offset) - CharactersBefore(*line) + 1;
    return position;
  }
  // OffsetOf is where a pointer the parser gave out stands in the text.
  std::size_t OffsetOf(const char* pointer) const {
    return static_cast<std::size_t>(pointer - buffer_.data());
  }

  char* data() { return buffer_.data(); }
  std::size_t size() const { return buffer_.size(); }
  pugi::xml_document& tree() { return tree_; }

 private:
  static constexpr std::size_t kBlock = 1024;

  std::size_t CharactersBefore(std::size_t offset) const {
    std::size_t block = offset / kBlock;
    std::size_t skipped = counts_[block];
    for (std::size_t i = block * kBlock; i < offset; ++i) skipped += continues_[i] ? 1 : 0;
    return offset - skipped;
  }

  std::vector<char, WipingAllocator<char>> buffer_;
  std::vector<std::size_t> line_starts_;
  std::vector<bool> continues_;
  std::vector<std::size_t> counts_;  // continuing bytes before each block
  pugi::xml_document tree_;          // points into buffer_
};

namespace {

// A fault before it has a line and column.
struct RawFault {
  std::size_t offset;
  const char* sentence;
};
using Scanned = std::optional<RawFault>;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Scanner walks over the text once and refuses what the tree builder would let pass or would pay
// for: depth, number of nodes, document types, entities. It runs before any node exists.
class Scanner {
 public:
  Scanner(std::string_view text, const XmlLimits& limits) : text_(text), limits_(limits) {}

  Scanned Run() {
    bool in_text = false;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '<') {
        in_text = false;
        if (auto fault = Markup()) return fault;
        continue;
      }
      if (!in_text) {
        in_text = true;
        if (auto fault = CountNode()) return fault;
      }
      if (depth_ == 0 && !IsSpace(c)) return Fault("there is text outside the root element");
      if (auto fault = Character()) return fault;
    }
    if (depth_ != 0) return Fault("the text ends inside an element");
    if (roots_ == 0) return Fault("there is no root element");
    return std::nullopt;
  }

 private:
  Scanned Fault(const char* sentence) const { return RawFault{at_, sentence}; }
  bool Sees(std::string_view token) const { return text_.substr(at_).starts_with(token); }

  Scanned CountNode() {
    if (++nodes_ > limits_.nodes) return Fault("the text has too many parts");
    return std::nullopt;
  }

  // One character of text or of an attribute's value.
  Scanned Character() {
    char c = text_[at_];
    if (static_cast<unsigned char>(c) < 0x20 && !IsSpace(c)) {
      return Fault("a control character is not allowed");
    }
    if (c != '&') {
      ++at_;
      return std::nullopt;
    }
    std::size_t end = text_.substr(at_, 12).find(';');
    if (end == std::string_view::npos) return Fault("an ampersand must be written &amp;");
    std::string_view name = text_.substr(at_ + 1, end - 1);
    if (!IsKnownReference(name)) return Fault("this entity is not allowed");
    at_ += end + 1;
    return std::nullopt;
  }

  static bool IsKnownReference(std::string_view name) {
    if (name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos") {
      return true;
    }
    if (!name.starts_with('#')) return false;
    name.remove_prefix(1);
    bool hex = name.starts_with('x');
    if (hex) name.remove_prefix(1);
    if (name.empty() || name.size() > 8) return false;
    std::uint64_t value = 0;
    for (char c : name) {
      unsigned digit = 99;
      if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
      if (hex && c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
      if (hex && c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
      if (digit == 99) return false;
      value = value * (hex ? 16U : 10U) + digit;
    }
    if (value < 0x20) return value == 9 || value == 10 || value == 13;
    return value <= 0xD7FF || (value >= 0xE000 && value <= 0xFFFD) ||
           (value >= 0x10000 && value <= 0x10FFFF);
  }

  Scanned Markup() {
    if (Sees("<!--")) return Past("-->", "a comment does not end");
    if (Sees("<![CDATA[")) {
      if (depth_ == 0) return Fault("there is text outside the root element");
      if (auto fault = CountNode()) return fault;
      return Past("]]>", "a CDATA section does not end");
    }
    if (Sees("<!DOCTYPE")) return Fault("a document type declaration is not allowed");
    if (Sees("<!")) return Fault("this declaration is not allowed");
    if (Sees("<?")) return Instruction();
    if (Sees("</")) {
      if (depth_ == 0) return Fault("an element ends that did not begin");
      --depth_;
      return Past(">", "a tag does not end");
    }
    return StartTag();
  }

  Scanned Past(std::string_view end, const char* sentence) {
    std::size_t found = text_.find(end, at_);
    if (found == std::string_view::npos) return Fault(sentence);
    for (char c : text_.substr(at_, found - at_)) {
      if (static_cast<unsigned char>(c) < 0x20 && !IsSpace(c)) {
        return Fault("a control character is not allowed");
      }
    }
    at_ = found + end.size();
    return std::nullopt;
  }

  Scanned Instruction() {
    std::size_t start = at_;
    bool declaration = Sees("<?xml") && at_ + 5 < text_.size() && IsSpace(text_[at_ + 5]);
    if (declaration && at_ != 0) return Fault("the XML declaration must come first");
    if (auto fault = Past("?>", "an instruction does not end")) return fault;
    if (!declaration) return std::nullopt;
    std::string_view body = text_.substr(start, at_ - start);
    std::size_t named = body.find("encoding");
    if (named == std::string_view::npos) return std::nullopt;
    std::size_t quote = body.find_first_of("'\"", named);
    if (quote == std::string_view::npos) return RawFault{start, "the XML declaration is not valid"};
    std::string_view rest = body.substr(quote + 1);
    std::string encoding = FoldAddress(rest.substr(0, rest.find(body[quote])));
    if (encoding != "utf-8" && encoding != "us-ascii") {
      return RawFault{start, "the text must be UTF-8"};
    }
    return std::nullopt;
  }

  Scanned StartTag() {
    if (depth_ == 0 && ++roots_ > 1) return Fault("there is more than one root element");
    if (depth_ + 1 > limits_.depth) return Fault("elements are nested too deeply");
    if (auto fault = CountNode()) return fault;
    std::size_t start = at_++;
    std::size_t attributes = 0;
    while (at_ < text_.size() && text_[at_] != '>') {
      char c = text_[at_];
      if (c == '<') return Fault("a tag does not end");
      if (c == '=') {
        if (++attributes > limits_.attributes) return Fault("an element has too many attributes");
        if (auto fault = CountNode()) return fault;
      }
      if (c == '"' || c == '\'') {
        if (auto fault = Quoted(c)) return fault;
        continue;
      }
      if (static_cast<unsigned char>(c) < 0x20 && !IsSpace(c)) {
        return Fault("a control character is not allowed");
      }
      ++at_;
    }
    if (at_ >= text_.size()) return RawFault{start, "a tag does not end"};
    if (text_[at_ - 1] != '/') ++depth_;
    ++at_;
    return std::nullopt;
  }

  Scanned Quoted(char quote) {
    std::size_t start = at_++;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '<') return Fault("an attribute's value must not contain <");
      if (auto fault = Character()) return fault;
    }
    if (at_ >= text_.size()) return RawFault{start, "an attribute's value does not end"};
    ++at_;
    return std::nullopt;
  }

  std::string_view text_;
  XmlLimits limits_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  std::size_t roots_ = 0;
  std::size_t nodes_ = 0;
};

const char* Sentence(pugi::xml_parse_status status) {
  switch (status) {
    case pugi::status_end_element_mismatch:
      return "a tag ends another element than the one begun last";
    case pugi::status_bad_attribute:
      return "an attribute is not written name=\"value\"";
    case pugi::status_bad_start_element:
      return "a start tag is not valid";
    case pugi::status_bad_end_element:
      return "an end tag is not valid";
    default:
      return "the text is not well-formed XML";
  }
}

bool IsTextType(pugi::xml_node_type type) {
  return type == pugi::node_pcdata || type == pugi::node_cdata;
}

}  // namespace

XmlLimits XmlTemplateLimits() { return {std::size_t{1} << 20, 32, 50'000, 32}; }
XmlLimits XmlDocumentLimits() { return {std::size_t{64} << 20, 256, 4'000'000, 256}; }

std::string XmlFaultText(XmlPosition position, std::string_view sentence) {
  std::string out = "line " + std::to_string(position.line) + ", column " +
                    std::to_string(position.column) + ": ";
  out += sentence;
  return out;
}

XmlPosition XmlAttribute::position() const { return text_->At(text_->OffsetOf(name_)); }

// --- XmlNode ---

bool XmlNode::is_element() const { return pugi::xml_node(node_).type() == pugi::node_element; }
bool XmlNode::is_text() const { return IsTextType(pugi::xml_node(node_).type()); }
std::string_view XmlNode::name() const { return pugi::xml_node(node_).name(); }
std::string_view XmlNode::local_name() const {
  std::string_view whole = name();
  std::size_t colon = whole.find(':');
  return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}
std::string_view XmlNode::value() const { return pugi::xml_node(node_).value(); }

std::string XmlNode::text() const {
  if (is_text()) return std::string(value());
  std::string out;
  for (XmlNode child = first_child(); child; child = child.next_sibling()) {
    if (child.is_text()) out += child.value();
  }
  return out;
}

std::optional<std::string_view> XmlNode::attribute(std::string_view attribute_name) const {
  for (pugi::xml_attribute a = pugi::xml_node(node_).first_attribute(); a; a = a.next_attribute()) {
    if (attribute_name == a.name()) return std::string_view(a.value());
  }
  return std::nullopt;
}

std::vector<XmlAttribute> XmlNode::attributes() const {
  std::vector<XmlAttribute> out;
  for (pugi::xml_attribute a = pugi::xml_node(node_).first_attribute(); a; a = a.next_attribute()) {
    out.push_back(XmlAttribute(a.name(), a.value(), text_));
  }
  return out;
}

XmlNode XmlNode::parent() const {
  pugi::xml_node up = pugi::xml_node(node_).parent();
  if (up.type() != pugi::node_element) return {};
  return {up.internal_object(), text_};
}
XmlNode XmlNode::first_child() const {
  return {pugi::xml_node(node_).first_child().internal_object(), text_};
}
XmlNode XmlNode::next_sibling() const {
  return {pugi::xml_node(node_).next_sibling().internal_object(), text_};
}

XmlNode XmlNode::first_element() const {
  XmlNode child = first_child();
  return !child || child.is_element() ? child : child.next_element();
}
XmlNode XmlNode::next_element() const {
  XmlNode next = next_sibling();
  while (next && !next.is_element()) next = next.next_sibling();
  return next;
}
XmlNode XmlNode::first_element(std::string_view element_name) const {
  XmlNode child = first_element();
  return !child || child.name() == element_name ? child : child.next_element(element_name);
}
XmlNode XmlNode::next_element(std::string_view element_name) const {
  XmlNode next = next_element();
  while (next && next.name() != element_name) next = next.next_element();
  return next;
}
std::vector<XmlNode> XmlNode::elements() const {
  std::vector<XmlNode> out;
  for (XmlNode child = first_element(); child; child = child.next_element()) out.push_back(child);
  return out;
}

XmlPosition XmlNode::position() const {
  if (!node_) return {};
  pugi::xml_node node(node_);
  if (IsTextType(node.type())) return text_->At(text_->OffsetOf(node.value()));
  return text_->At(text_->OffsetOf(node.name()) - 1);  // the "<" stands before the name
}

// --- XmlDocument ---

XmlDocument::XmlDocument(std::unique_ptr<XmlText> text) : text_(std::move(text)) {}
XmlDocument::XmlDocument(XmlDocument&&) noexcept = default;
XmlDocument& XmlDocument::operator=(XmlDocument&&) noexcept = default;
XmlDocument::~XmlDocument() = default;

Result<XmlDocument> XmlDocument::Parse(ByteView bytes, const XmlLimits& limits) {
  if (bytes.size() > limits.bytes) {
    return Invalid(
        XmlFaultText({}, "the text is larger than " + std::to_string(limits.bytes) + " bytes"));
  }
  std::string_view text = AsText(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!IsUtf8(text)) return Invalid(XmlFaultText({}, "the text is not UTF-8"));

  auto kept = std::make_unique<XmlText>(text);
  auto fault = [&kept](std::size_t offset, const char* sentence) {
    return Invalid(XmlFaultText(kept->At(offset), sentence));
  };
  if (auto found = Scanner(text, limits).Run()) return fault(found->offset, found->sentence);

  // Blanks between runs are text in office documents, so none is dropped.
  unsigned options = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_wconv_attribute |
                     pugi::parse_eol | pugi::parse_ws_pcdata;
  pugi::xml_parse_result parsed =
      kept->tree().load_buffer_inplace(kept->data(), kept->size(), options, pugi::encoding_utf8);
  if (!parsed) {
    std::size_t offset = parsed.offset < 0 ? 0 : static_cast<std::size_t>(parsed.offset);
    return fault(std::min(offset, text.size()), Sentence(parsed.status));
  }

  XmlDocument document(std::move(kept));
  XmlWalk walk(document.root());
  while (walk.Next()) {
    if (walk.step() != XmlWalk::Step::kEnter) continue;
    std::vector<XmlAttribute> attributes = walk.node().attributes();
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (attributes[i].name() != attributes[k].name()) continue;
        return Invalid(XmlFaultText(attributes[i].position(), "an attribute is given twice"));
      }
    }
  }
  return document;
}

XmlNode XmlDocument::root() const {
  return {text_->tree().document_element().internal_object(), text_.get()};
}

// --- XmlWalk ---

bool XmlWalk::Next() {
  if (!node_) {
    if (!top_ || depth_ != 0) return false;
    node_ = top_;
    depth_ = 1;
    step_ = node_.is_text() ? Step::kText : Step::kEnter;
    return true;
  }
  if (step_ == Step::kEnter) {
    XmlNode child = skip_ ? XmlNode() : node_.first_child();
    skip_ = false;
    if (!child) {
      step_ = Step::kLeave;
      return true;
    }
    node_ = child;
    ++depth_;
    step_ = node_.is_text() ? Step::kText : Step::kEnter;
    return true;
  }
  if (node_ == top_) {
    node_ = {};
    return false;
  }
  XmlNode next = node_.next_sibling();
  if (next) {
    node_ = next;
    step_ = node_.is_text() ? Step::kText : Step::kEnter;
    return true;
  }
  node_ = node_.parent();
  --depth_;
  step_ = Step::kLeave;
  return true;
}

}  // namespace vault
