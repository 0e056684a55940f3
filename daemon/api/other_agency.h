// OtherAgency: whether a form that comes in for one agency says that it is of another.
#pragma once

#include <string_view>
#include <vector>

#include "vault/agencies.h"
#include "vault/base/ids.h"

namespace service {

// SaysOtherAgency holds what a form says of its agency against those that are registered, their
// codes and names, without case and punctuation. It is true only when the words are all of another
// one's: not of the owner's, nor of one that the owner followed or that followed it. Words that
// name nobody registered, or somebody among other words, say nothing.
bool SaysOtherAgency(std::string_view said, const vault::AgencyId& owner,
                     const std::vector<vault::AgencyView>& registered);

}  // namespace service
