// Xml: the one door to the XML parser. Strict, without document types, entities or recursion.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vault/base/bytes.h"
#include "vault/base/result.h"

namespace pugi {
struct xml_node_struct;
}

namespace vault {

// XmlLimits bounds what one text may cost, before a tree is built.
struct XmlLimits {
  std::size_t bytes = 0;       // the size of the text
  std::size_t depth = 0;       // elements inside each other; the root is 1
  std::size_t nodes = 0;       // elements, attributes and runs of text together
  std::size_t attributes = 0;  // on one element
};

// XmlTemplateLimits suits texts that people write: 1 MiB, depth 32.
XmlLimits XmlTemplateLimits();
// XmlDocumentLimits suits parts of office documents: 64 MiB, depth 256.
XmlLimits XmlDocumentLimits();

// XmlPosition counts from 1; a column is a character, not a byte.
struct XmlPosition {
  std::size_t line = 1;
  std::size_t column = 1;
};
// XmlFaultText writes "line L, column C: sentence".
std::string XmlFaultText(XmlPosition position, std::string_view sentence);

class XmlText;

// XmlAttribute is one attribute of an element in a document that must outlive it.
class XmlAttribute {
 public:
  std::string_view name() const { return name_; }
  std::string_view value() const { return value_; }
  // position is where the name begins.
  XmlPosition position() const;

 private:
  friend class XmlNode;
  XmlAttribute(const char* name, const char* value, const XmlText* text)
      : name_(name), value_(value), text_(text) {}
  const char* name_;
  const char* value_;
  const XmlText* text_;
};

// XmlNode points at an element or a run of text in a document that must outlive it. A default
// node is the absent one: it answers every question with nothing.
class XmlNode {
 public:
  XmlNode() = default;

  explicit operator bool() const { return node_ != nullptr; }
  bool operator==(const XmlNode& other) const { return node_ == other.node_; }
  bool is_element() const;
  bool is_text() const;
  // name is as written, with its prefix ("w:tbl"); empty for text.
  std::string_view name() const;
  // local_name is the name after its prefix ("tbl").
  std::string_view local_name() const;
  // value is a text run's text; empty for elements.
  std::string_view value() const;
  // text joins the runs of text directly inside this element.
  std::string text() const;
  std::optional<std::string_view> attribute(std::string_view attribute_name) const;
  std::vector<XmlAttribute> attributes() const;

  XmlNode parent() const;  // absent at the root
  XmlNode first_child() const;
  XmlNode next_sibling() const;
  // The same over elements alone; the named forms skip elements of other names.
  XmlNode first_element() const;
  XmlNode next_element() const;
  XmlNode first_element(std::string_view element_name) const;
  XmlNode next_element(std::string_view element_name) const;
  std::vector<XmlNode> elements() const;

  // position is where the element's "<" or the text begins.
  XmlPosition position() const;
  std::size_t line() const { return position().line; }
  std::size_t column() const { return position().column; }

 private:
  friend class XmlDocument;
  XmlNode(pugi::xml_node_struct* node, const XmlText* text) : node_(node), text_(text) {}
  pugi::xml_node_struct* node_ = nullptr;
  const XmlText* text_ = nullptr;
};

// XmlDocument is a parsed text; its memory is wiped when it goes.
class XmlDocument {
 public:
  // Parse reads a whole UTF-8 text.
  // Errors: kInvalid not well formed, over a limit, another encoding, a document type declaration,
  // an entity other than the five and character references, two attributes of one name. The detail
  // is "line L, column C: sentence" and quotes nothing of the text.
  static Result<XmlDocument> Parse(ByteView bytes, const XmlLimits& limits);

  XmlDocument(XmlDocument&&) noexcept;
  XmlDocument& operator=(XmlDocument&&) noexcept;
  ~XmlDocument();

  XmlNode root() const;

 private:
  explicit XmlDocument(std::unique_ptr<XmlText> text);
  std::unique_ptr<XmlText> text_;
};

// XmlWalk visits a node and all below it in the order of the text, without recursion.
class XmlWalk {
 public:
  enum class Step { kEnter, kText, kLeave };

  explicit XmlWalk(XmlNode top) : top_(top) {}
  // Next moves on; false when the top has been left.
  bool Next();
  XmlNode node() const { return node_; }
  Step step() const { return step_; }
  // depth is 1 at the top.
  std::size_t depth() const { return depth_; }
  // SkipBelow leaves out what is inside the element just entered; its kLeave still comes.
  void SkipBelow() { skip_ = true; }

 private:
  XmlNode top_;
  XmlNode node_;
  Step step_ = Step::kEnter;
  std::size_t depth_ = 0;
  bool skip_ = false;
};

}  // namespace vault
