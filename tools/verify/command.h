// Command: strongroom-verify, the offline checker. It needs no network, vault, key or clock.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace tools {

// RunVerify runs the program on its arguments (without its name) and gives its exit code:
// 0 verified, 1 refused, 2 wrong usage.
int RunVerify(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace tools
