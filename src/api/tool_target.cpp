#include "api/tool_target.h"

#include <algorithm>

namespace axonflow::api {
namespace {

constexpr std::string_view kSqlProducts[] = {"postgres", "mysql",     "mariadb",   "sqlite",
                                             "mssql",    "sqlserver", "oracle",    "snowflake",
                                             "redshift", "bigquery",  "cockroach", "sql"};

bool ContainsWithoutCase(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return !std::ranges::search(text, word, [&](char a, char b) { return lower(a) == b; }).empty();
}

}  // namespace

bool IsSqlCapable(std::string_view name) {
  return std::ranges::any_of(
      kSqlProducts, [&](std::string_view product) { return ContainsWithoutCase(name, product); });
}

std::string ToolSignature(std::string_view server, std::string_view tool) {
  if (server.empty()) return std::string(tool);
  if (tool.empty()) return std::string(server);
  return std::string(server) + "/" + std::string(tool);
}

}  // namespace axonflow::api
