// strongroom-verify: see tools/verify/command.h.
#include <iostream>
#include <string>
#include <vector>

#include "tools/verify/command.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  const int code = tools::RunVerify(arguments, std::cout, std::cerr);
  std::cout.flush();
  // An answer that did not reach its reader is none.
  return std::cout.good() ? code : 1;
}
