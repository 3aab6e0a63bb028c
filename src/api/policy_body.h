#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/policy_http.h"
#include "api/query_string.h"
#include "base/json.h"
#include "base/time.h"
#include "policy_admin/requests.h"

namespace axonflow::api {

// Reads the members of a JSON object and remembers every one that has the wrong type, so that the
// caller learns of all of them at once. Absent and null members read as nothing.
class BodyReader {
 public:
  // `prefix` stands before the field names in problems: "policies[3].".
  explicit BodyReader(JsonValue object, std::string prefix = {})
      : object_(object), prefix_(std::move(prefix)) {}

  std::optional<std::string> Text(std::string_view name);
  std::optional<std::int64_t> Integer(std::string_view name);
  std::optional<bool> Bool(std::string_view name);
  std::optional<std::vector<std::string>> Texts(std::string_view name);
  std::optional<Time> Moment(std::string_view name);  // RFC 3339
  // The member as JSON text, when it is of `type`.
  std::optional<std::string> Json(std::string_view name, JsonType type);

  void Problem(std::string_view name, std::string message);
  JsonValue object() const { return object_; }
  std::vector<policy_admin::FieldProblem>& problems() { return problems_; }

 private:
  std::optional<JsonValue> Find(std::string_view name, JsonType type, std::string_view expected);

  JsonValue object_;
  std::string prefix_;
  std::vector<policy_admin::FieldProblem> problems_;
};

// The body as a JSON object, or INVALID_JSON. As ParseObject, it is this thread's own.
std::variant<JsonValue, PolicyProblem> ParsePolicyBody(std::string_view body);

// A body may name its organization and tenant, and then they must be the caller's. Nothing else of
// it says whose the request is.
std::optional<PolicyProblem> CheckOwner(JsonValue body, const Call& call);

policy_admin::StaticChange ReadStaticChange(BodyReader& body);
policy_admin::DynamicChange ReadDynamicChange(BodyReader& body);

// Which part of a list the caller asks for.
struct PageQuery {
  std::size_t offset = 0;
  std::size_t size = 20;
};

inline constexpr std::int64_t kPageSizeMax = 100;

// `page` and `page_size`, or `limit` (which wins over page_size) and `offset` (over page). Sizes
// above kPageSizeMax count as that; the answer says what was used.
Result<PageQuery> ReadPage(const QueryString& query);

// Filters, order and page of a list of policies. `default_sort` applies where the query names none.
Result<policy_admin::ListQuery> ReadListQuery(const QueryString& query, const Call& call,
                                              policy_admin::SortBy default_sort);

// "true" or "false"; nothing when absent.
Result<std::optional<bool>> ReadFlag(const QueryString& query, std::string_view name);

// {"page","page_size","limit","offset","total","total_items","total_pages"} as member "pagination".
void WritePagination(JsonWriter& json, const PageQuery& page, std::size_t total);

}  // namespace axonflow::api
