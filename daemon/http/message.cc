#include "daemon/http/message.h"

#include <algorithm>
#include <array>

#include "vault/base/civil.h"

namespace service {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> kMethods = {{
    {Method::kGet, "GET"},
    {Method::kHead, "HEAD"},
    {Method::kPost, "POST"},
    {Method::kPut, "PUT"},
    {Method::kPatch, "PATCH"},
    {Method::kDelete, "DELETE"},
    {Method::kOptions, "OPTIONS"},
}};

constexpr std::array<std::pair<int, std::string_view>, 29> kPhrases = {{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No content"},
    {206, "Partial content"},
    {303, "See other"},
    {304, "Not modified"},
    {400, "Bad request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not found"},
    {405, "Method not allowed"},
    {406, "Not acceptable"},
    {408, "Request timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length required"},
    {413, "Content too large"},
    {414, "URI too long"},
    {415, "Unsupported media type"},
    {416, "Range not satisfiable"},
    {417, "Expectation failed"},
    {422, "Unprocessable content"},
    {429, "Too many requests"},
    {431, "Request header fields too large"},
    {500, "Internal server error"},
    {501, "Not implemented"},
    {503, "Service unavailable"},
    {505, "HTTP version not supported"},
}};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsTokenCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), IsTokenCharacter);
}

bool IsHeaderValue(std::string_view value) {
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); });
}

bool HasNoBody(int status) { return status == 204 || status == 304; }

// What every answer carries unless the handler set its own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kSecurityHeaders = {{
    {"Strict-Transport-Security", "max-age=31536000"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cache-Control", "no-store"},
    {"Referrer-Policy", "no-referrer"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
}};

void AppendLine(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void AppendTwoDigits(std::string& out, std::int64_t value) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

}  // namespace

std::string_view MethodName(Method method) {
  for (const auto& [value, name] : kMethods) {
    if (value == method) return name;
  }
  CHECK(false && "unknown method");
  return {};
}

std::optional<Method> MethodFromName(std::string_view name) {
  for (const auto& [value, text] : kMethods) {
    if (text == name) return value;
  }
  return std::nullopt;
}

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return Lower(x) == Lower(y); });
}

void Headers::Add(std::string_view name, std::string_view value) {
  all_.push_back({std::string(name), std::string(value)});
}

void Headers::Set(std::string_view name, std::string_view value) {
  std::erase_if(all_, [&](const Header& h) { return SameName(h.name, name); });
  Add(name, value);
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (const Header& header : all_) {
    if (SameName(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::size_t Headers::Count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      all_.begin(), all_.end(), [&](const Header& h) { return SameName(h.name, name); }));
}

const std::string& Request::Capture(std::string_view name) const {
  const auto found = std::find_if(captures.begin(), captures.end(),
                                  [&](const NamedValue& c) { return c.name == name; });
  CHECK(found != captures.end());
  return found->value;
}

std::optional<std::string_view> Request::Query(std::string_view name) const {
  for (const NamedValue& parameter : query) {
    if (parameter.name == name) return parameter.value;
  }
  return std::nullopt;
}

vault::Status Request::OnlyQuery(std::initializer_list<std::string_view> names) const {
  for (const NamedValue& parameter : query) {
    if (std::find(names.begin(), names.end(), parameter.name) == names.end()) {
      return vault::Invalid("the query has a parameter this route does not know");
    }
  }
  return vault::Ok();
}

std::optional<std::string_view> Request::Cookie(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const Header& header : headers.all()) {
    if (!SameName(header.name, "Cookie")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      while (pair.ends_with(' ')) pair.remove_suffix(1);
      const std::size_t equals = pair.find('=');
      if (equals == std::string_view::npos || pair.substr(0, equals) != name) continue;
      // Two of one name: somebody planted one, and we cannot tell which.
      if (found.has_value()) return std::nullopt;
      found = pair.substr(equals + 1);
    }
  }
  return found;
}

Response Response::Of(int status, std::string_view content_type, std::string_view body) {
  Response response(status);
  response.headers_.Add("Content-Type", content_type);
  response.content_ = vault::Plaintext::CopyOf(vault::AsBytes(body));
  return response;
}

Response Response::OfJson(int status, std::string_view json) {
  return Of(status, "application/json", json);
}

Response Response::Streaming(int status, std::string_view content_type, Stream stream) {
  CHECK(stream.source != nullptr);
  Response response(status);
  response.headers_.Add("Content-Type", content_type);
  response.content_ = std::move(stream);
  return response;
}

Response Response::Empty(int status) { return Response(status); }

Response& Response::Add(std::string_view name, std::string_view value) & {
  headers_.Add(name, value);
  return *this;
}

Response&& Response::Add(std::string_view name, std::string_view value) && {
  headers_.Add(name, value);
  return std::move(*this);
}

Response& Response::Set(std::string_view name, std::string_view value) & {
  headers_.Set(name, value);
  return *this;
}

std::string_view StatusPhrase(int status) {
  for (const auto& [value, phrase] : kPhrases) {
    if (value == status) return phrase;
  }
  return "Unknown";
}

std::string AttachmentDisposition(std::string_view file_name) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "attachment; filename*=UTF-8''";
  for (char c : file_name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '.' || c == '_';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string ResponseHead(Response& response, const HeadFacts& facts) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status()) + " ";
  out += StatusPhrase(response.status());
  out += "\r\n";
  AppendLine(out, "Date", facts.date);
  for (const auto& [name, value] : kSecurityHeaders) {
    if (!response.headers().Find(name).has_value()) AppendLine(out, name, value);
  }
  for (const Header& header : response.headers().all()) {
    CHECK(IsHeaderName(header.name));
    CHECK(IsHeaderValue(header.value));
    for (std::string_view ours : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
      CHECK(!SameName(header.name, ours));
    }
    AppendLine(out, header.name, header.value);
  }
  if (const Response::Stream* stream = response.stream()) {
    CHECK(!HasNoBody(response.status()));
    if (stream->length.has_value()) {
      AppendLine(out, "Content-Length", std::to_string(*stream->length));
    } else if (!facts.without_body) {
      AppendLine(out, "Transfer-Encoding", "chunked");
    }
  } else if (HasNoBody(response.status())) {
    CHECK(response.whole()->size() == 0);
  } else {
    AppendLine(out, "Content-Length", std::to_string(response.whole()->size()));
  }
  if (facts.close) AppendLine(out, "Connection", "close");
  out += "\r\n";
  return out;
}

std::string HttpDate(std::int64_t unix_seconds) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::int64_t kDay = 86400;
  const std::int64_t number = (unix_seconds - ((unix_seconds % kDay) + kDay) % kDay) / kDay;
  const std::int64_t second = unix_seconds - number * kDay;
  const vault::Day day = vault::Day::FromNumber(static_cast<std::int32_t>(number));
  std::string out(kDays[day.weekday()]);
  out += ", ";
  AppendTwoDigits(out, day.day_of_month());
  out += ' ';
  out += kMonths[day.month() - 1];
  out += ' ';
  out += std::to_string(day.year());
  out += ' ';
  AppendTwoDigits(out, second / 3600);
  out += ':';
  AppendTwoDigits(out, second / 60 % 60);
  out += ':';
  AppendTwoDigits(out, second % 60);
  out += " GMT";
  return out;
}

}  // namespace service
