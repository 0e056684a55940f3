// WordForm: builds audit forms in Word as a council would send them. Everything in them is
// invented. The same description gives the same bytes.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/zip_maker.h"
#include "vault/base/bytes.h"

namespace ingest {

struct WordPerson {
  std::string pseudonym;
  std::string relationship;
  std::string known;  // "Yes", "No" or nothing
  std::string information;
};

struct WordSection {
  std::string grade;  // "O", "G", "RI", "I", "NA" or whatever is to be written
  std::string rationale;
  std::string evidence;
  std::string good_practice;
  std::string improvement;
  std::string recommendation;
};

// WordForm describes one form. Section 0 has only its rationale.
struct WordForm {
  std::string reference = "MACFA-2026-01";
  std::string theme = "Self-neglect and hoarding";
  std::string subject;
  std::string agency;
  std::string auditor;
  std::string auditor_role;
  std::string independent = "Yes";
  std::string period = "26 Jan 2025 to 26 Jan 2026";
  std::string records = "Case record";
  std::string circulated = "2026-02-27";
  std::string due = "2026-03-26";
  std::string returned = "2026-03-25";
  std::string standards_read = "Yes";
  std::vector<WordPerson> people;
  std::string people_note;  // written instead of a list
  std::array<WordSection, 9> sections;
  std::string immediate_concern = "No";
  std::string concern;
  std::string referred_to;
  std::string concern_date;
  std::string concern_time;
  std::string practice_issue;
  std::string sensitive = "No";
  std::string sensitive_contact;
  std::string signed_by;
  std::string checked_by;
  std::string signed_date;
  std::string note;  // a paragraph at the end, outside all tables
};

inline constexpr std::array<std::string_view, 9> kWordSectionTitles = {
    "Summary of this agency's involvement and key events",
    "Recognition and response: were needs and risks seen and acted on in time?",
    "Assessment: were risks identified, assessed and managed?",
    "Planning and intervention: were statutory functions and standards met?",
    "Joint working and information sharing, from this agency's side",
    "Person's voice and person-centred practice",
    "Management oversight, supervision, recording",
    "Impact for the person",
    "Overall grade for this agency"};

// CommentBank gives a rationale for a section 1 to 8 and a grade's code.
inline std::string CommentBank(std::size_t section, std::string_view grade) {
  struct Row {
    std::string_view outstanding, good, improvement, inadequate;
  };
  static constexpr std::array<Row, 8> kBank = {{
      {"Hoarding identified at first visit, clutter rating recorded and shared the same day; new "
       "approach since adopted as practice.",
       "Signs of self-neglect were recognised and acted on within the service standard.",
       "Concerns were recorded at three contacts before any response was considered.",
       "No record that self-neglect was considered although the environment was described as "
       "hazardous."},
      {"Fire-risk assessment repeated jointly with the person and informed by research on "
       "hoarding.",
       "Risk assessment complete, reviewed, and shared with the lead professional.",
       "Risk was named but capacity for the specific decision was not recorded.",
       "No assessment on file."},
      {"Plan built by the person with agreed small steps; outcomes exceeded.",
       "Plan addressed each risk with owner and date.",
       "Plan existed but was not reviewed after refusal of service.",
       "No plan followed the assessment."},
      {"Convened partners without being asked; information reached all within one working day.",
       "Attended both meetings and shared relevant information.",
       "Invitation declined without a report being sent.",
       "Two information requests were not answered."},
      {"The person's own words shape the record and the plan.",
       "Views and wishes recorded at each review.", "Views recorded once, not at later decisions.",
       "The person's view is absent from the record."},
      {"Reflective supervision recorded and led to a change of plan.",
       "Case discussed in supervision at the required interval.",
       "Supervision took place; decisions not recorded.", "No management oversight in the period."},
      {"Sustained change, person reports feeling safe.", "Risk reduced within three months.",
       "Short-lived improvement, risk returned.", "No impact; crisis admission followed."},
      {"Exceeds the standard in most sections.", "Meets the standard; minor gaps.",
       "Standard met in part.", "Standard not met."},
  }};
  if (section < 1 || section > 8) return "";
  const Row& row = kBank[section - 1];
  if (grade == "O") return std::string(row.outstanding);
  if (grade == "G") return std::string(row.good);
  if (grade == "RI") return std::string(row.improvement);
  if (grade == "I") return std::string(row.inadequate);
  if (grade == "NA") return "No direct influence on the person in this area.";
  return "";
}

// GradedForm fills a form from eight grades and the comment bank.
inline WordForm GradedForm(std::string agency, std::string subject,
                           const std::vector<std::string>& grades) {
  WordForm form;
  form.agency = std::move(agency);
  form.subject = std::move(subject);
  form.auditor = "L. Hughes";
  form.auditor_role = "Senior Practitioner";
  form.people_note = "none known to this agency";
  form.sections[0].rationale = "Known to this agency since 2019; eleven contacts in the period.";
  for (std::size_t i = 1; i <= 8 && i <= grades.size(); ++i) {
    form.sections[i].grade = grades[i - 1];
    form.sections[i].rationale = CommentBank(i, grades[i - 1]);
  }
  form.signed_by = "L. Hughes";
  form.checked_by = "R. Okafor";
  form.signed_date = "2026-03-24";
  return form;
}

// AdultElmForm is the example audit's one form in full: the mental health trust on Adult Elm.
inline WordForm AdultElmForm() {
  WordForm form;
  form.subject = "Adult Elm";
  form.agency = "Marl Mental Health NHS Foundation Trust";
  form.auditor = "J. Price";
  form.auditor_role = "Lead Practitioner";
  form.records = "electronic care record, clinic letters";
  form.people_note = "none known to this agency";
  auto set = [&](std::size_t n, std::string grade, std::string rationale, std::string evidence) {
    form.sections[n].grade = std::move(grade);
    form.sections[n].rationale = std::move(rationale);
    form.sections[n].evidence = std::move(evidence);
  };
  set(0, "",
      "Open to community team Feb\u2013Jul 2025, two home visits, closed after three missed "
      "contacts; re-referred Nov 2025, triaged to waiting list.",
      "");
  set(1, "RI",
      "State of home described in the visit note of 4 Mar 2025 but not named as self-neglect; no "
      "safeguarding concern raised.",
      "note 04/03");
  set(2, "I",
      "No risk assessment after the March visit; no capacity assessment for refusal of support.",
      "absence checked in record");
  set(3, "RI", "Discharge plan existed; did not say what would prompt re-opening.", "");
  set(4, "RI", "Letter to GP sent; adult social care not told of closure.", "");
  set(5, "RI", "Wish \u201cto be left alone\u201d recorded once, not explored.", "");
  set(6, "RI", "Discussed in caseload supervision in May; closure decision not signed off.", "");
  set(7, "I", "No change; situation worse at re-referral.", "");
  set(8, "RI", "Some standards met (contact attempts, GP letter).", "");
  form.sections[8].good_practice = "Two out-of-hours contact attempts to fit the person's routine.";
  form.sections[8].improvement = "Decision-specific capacity prompt.";
  form.sections[8].recommendation = "Closure check with partners.";
  form.signed_by = "J. Price";
  form.checked_by = "S. Kaur";
  form.signed_date = "2026-03-25";
  return form;
}

inline std::string EscapeXml(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

// WordParagraph writes a paragraph; each line of the text but the first follows a break.
inline std::string WordParagraph(std::string_view text) {
  std::string out = "<w:p><w:r>";
  for (std::size_t at = 0;;) {
    std::size_t end = text.find('\n', at);
    out += "<w:t xml:space=\"preserve\">" + EscapeXml(text.substr(at, end - at)) + "</w:t>";
    if (end == std::string_view::npos) break;
    out += "<w:br/>";
    at = end + 1;
  }
  return out + "</w:r></w:p>";
}
inline std::string WordCellXml(std::string_view content, int span) {
  std::string properties = "<w:tcW w:w=\"0\" w:type=\"auto\"/>";
  if (span > 1) properties += "<w:gridSpan w:val=\"" + std::to_string(span) + "\"/>";
  return "<w:tc><w:tcPr>" + properties + "</w:tcPr>" + std::string(content) + "</w:tc>";
}
inline std::string WordRow(const std::vector<std::string>& cells) {
  std::string out = "<w:tr>";
  for (const auto& cell : cells) out += WordCellXml(WordParagraph(cell), 1);
  return out + "</w:tr>";
}
inline std::string WordHeadingRow(std::string_view text, int span) {
  return "<w:tr>" + WordCellXml(WordParagraph(text), span) + "</w:tr>";
}
inline std::string WordTable(std::string_view rows) {
  return "<w:tbl><w:tblPr><w:tblW w:w=\"5000\" w:type=\"pct\"/></w:tblPr>" + std::string(rows) +
         "</w:tbl><w:p/>";
}

// WordDocumentXml wraps a body into a document part.
inline std::string WordDocumentXml(std::string_view body) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
         "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" "
         "xmlns:w14=\"http://schemas.microsoft.com/office/word/2010/wordml\" "
         "xmlns:mc=\"http://schemas.openxmlformats.org/markup-compatibility/2006\">"
         "<w:body>" +
         std::string(body) + "<w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/></w:sectPr></w:body>" +
         "</w:document>";
}

inline constexpr std::string_view kWordContentTypes =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">"
    "<Default Extension=\"rels\" "
    "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
    "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    "<Override PartName=\"/word/document.xml\" "
    "ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    "\"/></Types>";
inline constexpr std::string_view kWordRelations =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
    "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">"
    "<Relationship Id=\"rId1\" "
    "Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" "
    "Target=\"word/document.xml\"/></Relationships>";

// WordFile packs a document part into a .docx.
inline vault::Bytes WordFile(std::string_view document_xml) {
  return ZipMaker()
      .Add("[Content_Types].xml", std::string(kWordContentTypes))
      .Add("_rels/.rels", std::string(kWordRelations))
      .Add("word/document.xml", std::string(document_xml))
      .Make();
}

// WordFormBody writes the form's tables: header, connected people, one table a section, concern,
// sign-off.
inline std::string WordFormBody(const WordForm& form) {
  static const std::map<std::string, std::string, std::less<>> kGradeWords = {
      {"O", "Outstanding"},
      {"G", "Good"},
      {"RI", "Requires Improvement"},
      {"I", "Inadequate"},
      {"NA", "Not applicable: no direct influence"}};
  std::string body = WordParagraph("Multi-Agency Case File Audit (MACFA): audit form");
  body += WordTable(
      WordRow({"Audit reference", form.reference, "Theme", form.theme}) +
      WordRow({"Subject pseudonym", form.subject, "Agency", form.agency}) +
      WordRow({"Auditor", form.auditor, "Role", form.auditor_role}) +
      WordRow({"Independent of the case?", form.independent, "Period audited", form.period}) +
      WordRow({"Records examined", form.records, "Date circulated", form.circulated}) +
      WordRow({"Date due", form.due, "Date returned", form.returned}) +
      WordRow({"Standards and procedures read", form.standards_read, "", ""}));
  std::string people = WordHeadingRow("Connected people", 4);
  people += WordRow({"Pseudonym", "Relationship", "Known to this agency?", "Relevant information"});
  for (const auto& person : form.people) {
    people += WordRow({person.pseudonym, person.relationship, person.known, person.information});
  }
  if (!form.people_note.empty()) people += WordRow({form.people_note, "", "", ""});
  body += WordTable(people);
  for (std::size_t n = 0; n < form.sections.size(); ++n) {
    const WordSection& section = form.sections[n];
    std::string rows = WordHeadingRow(
        "Section " + std::to_string(n) + ". " + std::string(kWordSectionTitles[n]), 2);
    if (n == 0) {
      rows += WordRow({"Summary", section.rationale});
    } else {
      auto word = kGradeWords.find(section.grade);
      rows += WordRow({"Grade", word == kGradeWords.end() ? section.grade : word->second});
      rows += WordRow({"Rationale for grade", section.rationale});
      rows += WordRow({"Evidence reference", section.evidence});
      rows += WordRow({"Good practice", section.good_practice});
      rows += WordRow({"Area for improvement", section.improvement});
      rows += WordRow({"Recommendation", section.recommendation});
    }
    body += WordTable(rows);
  }
  body += WordTable(WordHeadingRow("Section 9. Immediate safeguarding concern", 2) +
                    WordRow({"Immediate safeguarding concern?", form.immediate_concern}) +
                    WordRow({"Details of the concern", form.concern}) +
                    WordRow({"If yes: referred to", form.referred_to}) +
                    WordRow({"Date", form.concern_date}) + WordRow({"Time", form.concern_time}));
  std::string practice = WordHeadingRow("Section 10. Practice issue about a named worker", 2);
  practice += WordHeadingRow("Report it inside the agency; do not write it here.", 2);
  if (!form.practice_issue.empty()) practice += WordRow({"Details", form.practice_issue});
  body += WordTable(practice);
  body += WordTable(WordHeadingRow("Section 11. Sensitive content not for circulation", 2) +
                    WordRow({"Sensitive content not for circulation?", form.sensitive}) +
                    WordRow({"Contact person", form.sensitive_contact}));
  body += WordTable(WordHeadingRow("Sign-off", 2) + WordRow({"Auditor", form.signed_by}) +
                    WordRow({"Quality-checked by co-ordinator", form.checked_by}) +
                    WordRow({"Date", form.signed_date}));
  if (!form.note.empty()) body += WordParagraph(form.note);
  return body;
}

// WordFormFile is the form as a .docx.
inline vault::Bytes WordFormFile(const WordForm& form) {
  return WordFile(WordDocumentXml(WordFormBody(form)));
}

}  // namespace ingest
