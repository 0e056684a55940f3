// Links, as those see them who were sent one: a page without names, a PIN, documents.
#include <algorithm>

#include "daemon/api/content.h"
#include "daemon/api/door.h"
#include "daemon/api/routes.h"
#include "daemon/api/words.h"
#include "vault/base/text.h"

namespace service {

using vault::Result;

namespace {

constexpr std::size_t kPinDigits = 8;

// One page for every link: it must not tell whether a link exists. It has no script and no style,
// so a strict policy costs nothing.
constexpr std::string_view kPage = R"(<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A document is shared with you</title>
</head>
<body>
<main>
<h1>A document is shared with you</h1>
<p>Somebody sent you a link to a document. It opens with the program <strong>strongroom</strong> and
an eight-digit PIN, which you were given in another way, for example by telephone.</p>
<ol>
<li>Copy the whole address of this page, with everything after the number sign.</li>
<li>Write the PIN, and nothing else, into a text file named <code>pin.txt</code>.</li>
<li>Open a terminal and enter, with the address between the quotation marks:
<pre>strongroom share open 'ADDRESS' --pin-file pin.txt -o document</pre></li>
</ol>
<p>After five wrong PINs the link ends. It also ends at its time, and when it has been used as often
as was agreed. If it has ended, or you have no PIN, ask the person who sent you the link.</p>
</main>
</body>
</html>
)";

Result<Response> Page(Door& door) {
  TRY_VOID(door.request().OnlyQuery({}));
  return Response::Of(200, "text/html; charset=utf-8", kPage)
      .Add("Content-Security-Policy",
           "default-src 'none'; base-uri 'none'; form-action 'none'; "
           "frame-ancestors 'none'");
}

Result<Response> OpenLink(Door& door) {
  TRY(const Json body, door.Body({"secret", "pin"}));
  TRY(const vault::Plaintext secret, Secret(body, "secret"));
  TRY(const vault::Plaintext pin, Secret(body, "pin"));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string_view digits = pin.text();
  if (digits.size() != kPinDigits || !std::all_of(digits.begin(), digits.end(), is_digit)) {
    return vault::Invalid("a PIN has eight digits");
  }
  TRY(const VaultGate::Pass pass, door.EnterUnsigned(Anchoring::kNeeded));
  const std::string& link = door.request().Capture("link");
  TRY(Attempt attempt, Attempt::Begin(door, door.context().links,
                                      {AddressKey(door.request()), "link " + link.substr(0, 64)}));
  auto redeemed =
      Hidden(pass.vault().shares().Redeem(link, secret.text(), pin.view()), "no such link");
  attempt.Settle(redeemed);
  if (!redeemed.ok()) return redeemed.error();
  const vault::Reservation& reservation = redeemed.value();
  Json documents = Json::Array();
  for (const vault::SharedDocument& document : reservation.documents) {
    documents.Add(
        Json::Object({{"n", document.number}, {"name", document.name}, {"size", document.size}}));
  }
  return JsonAnswer(Json::Object({{"reservation", reservation.token.text()},
                                  {"documents", documents},
                                  {"until", TimeJson(reservation.until)}}));
}

Result<Response> GetShared(Door& door) {
  TRY(const Json body, door.Body({"secret", "reservation"}));
  TRY(const vault::Plaintext secret, Secret(body, "secret"));
  TRY(const vault::Plaintext reservation, Secret(body, "reservation"));
  TRY(const VaultGate::Pass pass, door.EnterUnsigned(Anchoring::kNeeded));
  const std::string& link = door.request().Capture("link");
  const auto number = vault::ParseDecimal(door.request().Capture("n"));
  if (!number.ok() || number.value() > 0xFFFF) return vault::NotFound("no such link");
  // No limiter here: nobody guesses 256 bits, and many ranges may be fetched at once.
  TRY(vault::DocumentStream stream,
      Hidden(pass.vault().shares().Open(link, secret.text(), reservation.text(),
                                        static_cast<std::uint32_t>(number.value())),
             "no such link"));
  return ContentAnswer(door, pass, std::move(stream), link + "-" + std::to_string(number.value()));
}

}  // namespace

void AddLinkRoutes(Router& router, Context& context) {
  const BodyRule json = SmallBody(kMaxJsonSize);
  router.Add({Verb::kGet, "/s/{link}", NoBody(), Answered(context, Page)});
  router.Add({Verb::kPost, "/api/v1/links/{link}/open", json, Answered(context, OpenLink)});
  router.Add(
      {Verb::kPost, "/api/v1/links/{link}/documents/{n}", json, Answered(context, GetShared)});
}

}  // namespace service
