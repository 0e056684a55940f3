#include "daemon/api/share_desk.h"

#include <string>
#include <utility>

namespace service {

// Counted on the clock that nobody can set.
void ShareDesk::ForgetOld() {
  if (clock_.Boottime() - last_given_ > kKeptFor) shares_.clear();
}

vault::Status ShareDesk::Give(std::vector<vault::UnsealShare> shares) {
  ForgetOld();
  // A new set of shares makes those of the old one useless, and there is none of both.
  if (!shares_.empty() && !shares.empty() && shares_.front().set != shares.front().set) {
    shares_.clear();
  }
  const std::size_t before = shares_.size();
  for (vault::UnsealShare& share : shares) {
    for (const vault::UnsealShare& there : shares_) {
      if (there.point.x != share.point.x) continue;
      const std::string number = std::to_string(share.point.x);
      shares_.resize(before);
      return vault::Conflict("share " + number + " has been given already: another one is needed");
    }
    shares_.push_back(std::move(share));
  }
  last_given_ = clock_.Boottime();
  return vault::Ok();
}

std::size_t ShareDesk::given() {
  ForgetOld();
  return shares_.size();
}

bool ShareDesk::enough() {
  ForgetOld();
  return !shares_.empty() && shares_.size() >= shares_.front().threshold;
}

std::vector<vault::UnsealShare> ShareDesk::Take() {
  std::vector<vault::UnsealShare> taken = std::move(shares_);
  shares_.clear();
  CHECK(!taken.empty() && taken.size() >= taken.front().threshold);
  taken.resize(taken.front().threshold);
  return taken;
}

}  // namespace service
