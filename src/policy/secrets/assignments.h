#pragma once

#include <cstddef>
#include <string_view>

#include "policy/secrets/secrets_detector.h"

namespace axonflow::policy::secrets {

struct Assignment {
  bool found = false;
  Rule rule = Rule::kCount;
  std::size_t begin = 0;  // of the value, without quotes
  std::size_t end = 0;
  float confidence = 0;
};

// Judges the '=', ':', ',' or '(' at `at`: a name that says "secret" before it, a value behind it
// that looks random or, for passwords as literals, at least like nobody's placeholder. Also the
// parts of connection strings (AccountKey=, Password=, sig=). Reads at most 64 bytes before and 512
// behind.
Assignment JudgeAssignment(std::string_view text, std::size_t at);

}  // namespace axonflow::policy::secrets
