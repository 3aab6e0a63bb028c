#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace axonflow::store::internal {

// Parameters as libpq takes them. Valid as long as this and the values it was made of.
class PostgresParameters {
 public:
  explicit PostgresParameters(const std::vector<Value>& values);

  int count() const { return static_cast<int>(addresses_.size()); }
  const char* const* addresses() const { return addresses_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void AddText(std::string_view text);
  void AddBytes(std::string_view bytes);
  void AddCopy(std::string text);

  std::vector<const char*> addresses_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<std::string> copies_;
};

// `text` with U+FFFD in place of zero bytes and of bytes that are no UTF-8.
std::string AsPostgresText(std::string_view text);

// The value of PostgreSQL's binary numeric format, without its fraction; saturates.
std::int64_t IntegerOfNumeric(std::string_view bytes);

}  // namespace axonflow::store::internal
