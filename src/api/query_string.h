#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace axonflow::api {

// The parameters of a query string, decoded ('+' is a space). The first of several equal names
// wins.
class QueryString {
 public:
  // Fails on a bad percent escape, on U+0000 and on text that is not UTF-8.
  static Result<QueryString> Parse(std::string_view text);

  std::string_view Get(std::string_view name) const;  // "" when absent

  // A whole number in [min, max]; `fallback` when absent; kInvalidArgument naming it otherwise.
  Result<std::int64_t> Integer(std::string_view name, std::int64_t fallback, std::int64_t min,
                               std::int64_t max) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace axonflow::api
