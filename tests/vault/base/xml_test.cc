#include "vault/base/xml.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vault {
namespace {

XmlDocument Parsed(std::string_view text) {
  auto parsed = XmlDocument::Parse(AsBytes(text), XmlTemplateLimits());
  EXPECT_TRUE(parsed.ok()) << (parsed.ok() ? "" : parsed.error().detail);
  CHECK(parsed.ok());
  return std::move(parsed).value();
}

std::string Fault(std::string_view text) {
  auto parsed = XmlDocument::Parse(AsBytes(text), XmlTemplateLimits());
  if (parsed.ok()) return "no fault";
  EXPECT_EQ(parsed.error().code, Errc::kInvalid);
  return parsed.error().detail;
}

TEST(Xml, ReadsNamesAttributesAndText) {
  auto document = Parsed(
      "<?xml version='1.0' encoding='UTF-8'?>\n<w:p a='1' w:b='x &amp; y'>"
      "one<w:r/>two<![CDATA[<3>]]></w:p>");
  XmlNode root = document.root();
  EXPECT_EQ(root.name(), "w:p");
  EXPECT_EQ(root.local_name(), "p");
  EXPECT_EQ(root.attribute("a"), "1");
  EXPECT_EQ(root.attribute("w:b"), "x & y");
  EXPECT_EQ(root.attribute("b"), std::nullopt);
  EXPECT_EQ(root.text(), "onetwo<3>");
  EXPECT_FALSE(root.parent());
  EXPECT_EQ(root.first_element("w:r").parent(), root);
}

TEST(Xml, KeepsBlanksBetweenRuns) {
  auto document = Parsed("<p><s>a</s> <s> </s></p>");
  std::string joined;
  XmlWalk walk(document.root());
  while (walk.Next()) {
    if (walk.step() == XmlWalk::Step::kText) joined += walk.node().value();
  }
  EXPECT_EQ(joined, "a  ");
}

TEST(Xml, SelectsElementsByNameAndInOrder) {
  auto document = Parsed("<r> <a n='1'/>t<b n='2'/><!-- c --><a n='3'/></r>");
  std::vector<std::string> seen;
  for (XmlNode e : document.root().elements()) seen.emplace_back(*e.attribute("n"));
  EXPECT_EQ(seen, (std::vector<std::string>{"1", "2", "3"}));
  XmlNode a = document.root().first_element("a");
  EXPECT_EQ(a.next_element("a").attribute("n"), "3");
  EXPECT_FALSE(a.next_element("a").next_element("a"));
  EXPECT_EQ(document.root().first_element("b").attribute("n"), "2");
}

TEST(Xml, AbsentNodeAnswersEveryQuestionWithNothing) {
  XmlNode none;
  EXPECT_FALSE(none);
  EXPECT_EQ(none.name(), "");
  EXPECT_EQ(none.text(), "");
  EXPECT_FALSE(none.first_element("x").next_element());
  EXPECT_TRUE(none.attributes().empty());
  EXPECT_EQ(none.line(), 1u);
}

TEST(Xml, GivesLineAndColumnInCharacters) {
  auto document =
      Parsed("\xEF\xBB\xBF<r>\n  <\xC3\xA9t\xC3\xA9/><b  x='1' y='2'/>text\r\n<c/></r>");
  auto elements = document.root().elements();
  ASSERT_EQ(elements.size(), 3u);
  EXPECT_EQ(document.root().line(), 1u);
  EXPECT_EQ(document.root().column(), 1u);
  EXPECT_EQ(elements[0].line(), 2u);
  EXPECT_EQ(elements[0].column(), 3u);
  EXPECT_EQ(elements[1].column(), 9u);
  auto attributes = elements[1].attributes();
  ASSERT_EQ(attributes.size(), 2u);
  EXPECT_EQ(attributes[0].position().column, 13u);
  EXPECT_EQ(attributes[1].position().column, 19u);
  EXPECT_EQ(elements[1].next_sibling().column(), 26u);
  EXPECT_EQ(elements[2].line(), 3u);
  EXPECT_EQ(elements[2].column(), 1u);
}

TEST(Xml, CountsColumnsOnALongLineAcrossBlocks) {
  std::string text = "<r>";
  for (int i = 0; i < 3000; ++i) text += "\xE2\x82\xAC";
  text += "<a/></r>";
  auto document = Parsed(text);
  EXPECT_EQ(document.root().first_element().column(), 3004u);
}

TEST(Xml, RefusesDocumentTypesAndEntities) {
  EXPECT_EQ(Fault("<?xml version='1.0'?>\n<!DOCTYPE r [<!ENTITY a 'b'>]>\n<r/>"),
            "line 2, column 1: a document type declaration is not allowed");
  EXPECT_EQ(Fault("<r>\n &a;</r>"), "line 2, column 2: this entity is not allowed");
  EXPECT_EQ(Fault("<r a='&b;'/>"), "line 1, column 7: this entity is not allowed");
  EXPECT_EQ(Fault("<r>a & b</r>"), "line 1, column 6: an ampersand must be written &amp;");
  EXPECT_EQ(Fault("<r>&#0;</r>"), "line 1, column 4: this entity is not allowed");
  EXPECT_EQ(Fault("<r>&#xD800;</r>"), "line 1, column 4: this entity is not allowed");
  EXPECT_EQ(Parsed("<r>&lt;&gt;&quot;&apos;&amp;&#65;&#x20AC;</r>").root().text(),
            "<>\"'&A\xE2\x82\xAC");
}

TEST(Xml, RefusesWhatIsNotWellFormed) {
  EXPECT_EQ(Fault(""), "line 1, column 1: there is no root element");
  EXPECT_EQ(Fault("  \n"), "line 2, column 1: there is no root element");
  EXPECT_EQ(Fault("<a/>\n<b/>"), "line 2, column 1: there is more than one root element");
  EXPECT_EQ(Fault("<a/>x"), "line 1, column 5: there is text outside the root element");
  EXPECT_EQ(Fault("<a>\n<b></a>"), "line 2, column 8: the text ends inside an element");
  EXPECT_EQ(Fault("<a></a></b>"), "line 1, column 8: an element ends that did not begin");
  EXPECT_EQ(Fault("<a b='1' c='2' b='3'/>"), "line 1, column 16: an attribute is given twice");
  EXPECT_EQ(Fault("<a b='<'/>"), "line 1, column 7: an attribute's value must not contain <");
  EXPECT_EQ(Fault("<a b=1/>"), "line 1, column 6: an attribute is not written name=\"value\"");
  EXPECT_EQ(Fault("<a><!-- x</a>"), "line 1, column 4: a comment does not end");
  EXPECT_EQ(Fault("<a b='x"), "line 1, column 6: an attribute's value does not end");
  EXPECT_EQ(Fault("<a"), "line 1, column 1: a tag does not end");
  EXPECT_NE(Fault("<a><b></c></a>"), "no fault");
  EXPECT_EQ(Fault(std::string_view("<a>\0</a>", 8)),
            "line 1, column 4: a control character is not allowed");
  EXPECT_EQ(Fault("<a>\xFF</a>"), "line 1, column 1: the text is not UTF-8");
  EXPECT_EQ(Fault("<?xml version='1.0' encoding='UTF-16'?><a/>"),
            "line 1, column 1: the text must be UTF-8");
}

TEST(Xml, HoldsItsLimitsToTheLast) {
  XmlLimits limits{100, 3, 6, 2};
  auto at = [&limits](std::string_view text) {
    auto parsed = XmlDocument::Parse(AsBytes(text), limits);
    return parsed.ok() ? std::string("read") : parsed.error().detail;
  };
  EXPECT_EQ(at("<a><b><c/></b></a>"), "read");
  EXPECT_EQ(at("<a><b><c><d/></c></b></a>"), "line 1, column 10: elements are nested too deeply");
  EXPECT_EQ(at("<a><b/><b/><b/><b/><b/></a>"), "read");
  EXPECT_EQ(at("<a><b/><b/><b/><b/><b/><b/></a>"),
            "line 1, column 24: the text has too many parts");
  EXPECT_EQ(at("<a x='' y=''/>"), "read");
  EXPECT_EQ(at("<a x='' y='' z=''/>"), "line 1, column 15: an element has too many attributes");
  EXPECT_EQ(at("<a>" + std::string(93, 'x') + "</a>"), "read");
  EXPECT_EQ(at("<a>" + std::string(94, 'x') + "</a>"),
            "line 1, column 1: the text is larger than 100 bytes");
}

TEST(Xml, FaultsQuoteNothingOfTheText) {
  EXPECT_EQ(Fault("<Secret><Name></Secret></Name>").find("Secret"), std::string::npos);
}

// Whatever bytes come, the answer is a fault with a place in the text, or a tree within the limits
// whose every node has such a place.
TEST(Xml, AnyBytesGiveAFaultWithAPlaceOrATreeWithinTheLimits) {
  const std::string seed =
      "<?xml version='1.0'?>\n<a x='1' y=\"&lt;2\"><!-- c --><b>t\xC3\xA9xt<![CDATA[<q>]]></b>\n"
      "<c:d/>&#65;<?p i?><e><f><g/></f></e></a>\n";
  const std::string alphabet = "<>/!?-[]&;#x='\" \nab\x01\xC3:CDT";
  const XmlLimits limits{400, 6, 20, 3};
  std::uint32_t state = 12345;
  auto next = [&state](std::size_t below) {
    state = state * 1664525U + 1013904223U;
    return static_cast<std::size_t>(state >> 8) % below;
  };
  int trees = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seed;
    for (std::size_t changes = 1 + next(4); changes > 0; --changes) {
      const std::size_t at = next(text.size());
      const char c = alphabet[next(alphabet.size())];
      switch (next(3)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1 + next(5));
      }
    }
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    auto parsed = XmlDocument::Parse(AsBytes(text), limits);
    if (!parsed.ok()) {
      ASSERT_EQ(parsed.error().code, Errc::kInvalid);
      ASSERT_TRUE(parsed.error().detail.starts_with("line ")) << parsed.error().detail;
      continue;
    }
    ++trees;
    std::size_t nodes = 0;
    XmlPosition last;
    XmlWalk walk(parsed.value().root());
    while (walk.Next()) {
      if (walk.step() == XmlWalk::Step::kLeave) continue;
      ASSERT_LE(walk.depth(), limits.depth + 1);  // text stands one below its element
      const XmlPosition place = walk.node().position();
      ASSERT_LE(place.line, lines);
      ASSERT_TRUE(place.line > last.line ||
                  (place.line == last.line && place.column >= last.column));
      last = place;
      nodes += 1 + walk.node().attributes().size();
    }
    ASSERT_LE(nodes, limits.nodes);
  }
  EXPECT_GT(trees, 1000);
}

TEST(XmlWalk, VisitsEveryNodeOnceInOrderAndSkipsOnRequest) {
  auto document = Parsed("<a>1<b><c/>2</b><d><e/></d></a>");
  std::string trace;
  XmlWalk walk(document.root());
  while (walk.Next()) {
    if (walk.step() == XmlWalk::Step::kEnter) {
      trace += "<" + std::string(walk.node().name()) + std::to_string(walk.depth());
      if (walk.node().name() == "d") walk.SkipBelow();
    } else if (walk.step() == XmlWalk::Step::kLeave) {
      trace += ">" + std::string(walk.node().name());
    } else {
      trace += "[" + std::string(walk.node().value()) + "]";
    }
  }
  EXPECT_EQ(trace, "<a1[1]<b2<c3>c[2]>b<d2>d>a");
  EXPECT_FALSE(walk.Next());
}

TEST(XmlWalk, StaysBelowItsTop) {
  auto document = Parsed("<a><b><c/></b><d/></a>");
  int entered = 0;
  XmlWalk walk(document.root().first_element("b"));
  while (walk.Next()) entered += walk.step() == XmlWalk::Step::kEnter ? 1 : 0;
  EXPECT_EQ(entered, 2);
}

TEST(XmlWalk, WalksAsDeepAsTheLimitAllowsWithoutRecursion) {
  std::string text;
  constexpr std::size_t kDeep = 200'000;
  for (std::size_t i = 0; i < kDeep; ++i) text += "<a>";
  for (std::size_t i = 0; i < kDeep; ++i) text += "</a>";
  auto parsed = XmlDocument::Parse(AsBytes(text), {text.size(), kDeep, kDeep, 1});
  ASSERT_TRUE(parsed.ok());
  std::size_t deepest = 0;
  XmlWalk walk(parsed.value().root());
  while (walk.Next()) deepest = std::max(deepest, walk.depth());
  EXPECT_EQ(deepest, kDeep);
}

}  // namespace
}  // namespace vault
