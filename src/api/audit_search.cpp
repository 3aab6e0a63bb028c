#include <string>

#include "api/audit_entry.h"
#include "api/endpoints.h"
#include "api/query_string.h"
#include "api/store_reads.h"
#include "audit/audit_store.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::int64_t kSearchLimit = 100;
constexpr std::int64_t kSearchLimitMax = 1000;
constexpr std::int64_t kTenantLimit = 50;
constexpr std::int64_t kOffsetMax = 10'000'000;

Result<std::optional<Time>> ReadTime(const JsonValue& root, std::string_view name) {
  const auto text = OptionalString(root, name);
  if (!text) return text.error();
  if (text->empty()) return std::optional<Time>{};
  const auto time = ParseRfc3339(*text);
  if (!time) {
    return Error{ErrorCode::kInvalidArgument,
                 std::string(name) + " must be an RFC 3339 time such as 2026-01-31T12:00:00Z"};
  }
  return time;
}

Result<std::int64_t> ReadCount(const JsonValue& root, std::string_view name, std::int64_t fallback,
                               std::int64_t min, std::int64_t max) {
  const auto member = root.Find(name);
  if (!member) return fallback;
  const auto value = member->AsInt();
  if (!value || *value < min || *value > max) {
    return Error{ErrorCode::kInvalidArgument, std::string(name) + " must be a whole number from " +
                                                  std::to_string(min) + " to " +
                                                  std::to_string(max)};
  }
  return *value;
}

Result<audit::SearchFilter> ParseSearch(std::string_view body) {
  audit::SearchFilter filter;
  const auto root = ParseObject(body.empty() ? "{}" : body);
  if (!root) return root.error();
  const std::pair<const char*, std::string*> texts[] = {
      {"user_email", &filter.user_email},   {"client_id", &filter.client_id},
      {"action", &filter.action},           {"session_id", &filter.session_id},
      {"decision_id", &filter.decision_id}, {"override_id", &filter.override_id},
      {"policy_name", &filter.policy_name}, {"request_type", &filter.request_type}};
  for (const auto& [name, target] : texts) {
    const auto text = OptionalString(*root, name);
    if (!text) return text.error();
    *target = *text;
  }
  if (!filter.action.empty() && filter.action != "error" &&
      audit::CanonicalVerdict(filter.action) == "error") {
    return Error{ErrorCode::kInvalidArgument,
                 "action must be one of: allowed, blocked, redacted, needs_approval, error"};
  }
  const auto start = ReadTime(*root, "start_time");
  if (!start) return start.error();
  const auto end = ReadTime(*root, "end_time");
  if (!end) return end.error();
  filter.start_time = *start;
  filter.end_time = *end;
  const auto limit = ReadCount(*root, "limit", kSearchLimit, 0, kSearchLimitMax);
  if (!limit) return limit.error();
  filter.limit = *limit == 0 ? kSearchLimit : *limit;
  const auto offset = ReadCount(*root, "offset", 0, 0, kOffsetMax);
  if (!offset) return offset.error();
  filter.offset = *offset;
  return filter;
}

// Narrows the filter to what this caller may see. False when that is nothing at all.
bool ApplyReadScope(const Call& call, audit::SearchFilter& filter) {
  if (call.principal.read_scope == identity::ReadScope::kOwnRows) {
    filter.owner_email = call.principal.user_email;
  }
  return call.principal.read_scope != identity::ReadScope::kNone;
}

Task<Result<audit::SearchPage>> Search(Api& api, const Call& call, audit::SearchFilter filter) {
  if (!ApplyReadScope(call, filter)) co_return audit::SearchPage{};
  auto page = co_await ReadStore<audit::SearchPage>(
      api, call, [&filter](store::Database& database, const store::OrgScope& scope) {
        return audit::Search(database, scope, filter);
      });
  co_return page;
}

void WriteEntries(JsonWriter& json, const audit::SearchPage& page) {
  json.BeginArray();
  for (const auto& stored : page.records) WriteAuditEntry(json, stored.record);
  json.EndArray();
}

}  // namespace

Task<net::Response> SearchAudit(Api& api, Call& call) {
  const auto filter = ParseSearch(call.request.body);
  if (!filter) {
    co_return Refusal(call.route.errors, StatusOf(filter.error().code), filter.error().message,
                      call);
  }
  const auto page = co_await Search(api, call, *filter);
  if (!page) {
    co_return Refusal(call.route.errors, StatusOf(page.error().code), page.error().message, call);
  }
  JsonWriter json;
  json.BeginObject().Key("entries");
  WriteEntries(json, *page);
  json.Field("total", page->total).Field("limit", filter->limit).Field("offset", filter->offset);
  json.EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  StampReadScope(call, response);
  co_return response;
}

Task<net::Response> AuditOfTenant(Api& api, Call& call) {
  if (call.principal.reads_whole_org) {
    call.principal.tenant = TenantId(std::string(call.path_parameter));
    call.principal.reads_whole_org = false;
  }
  if (call.path_parameter != call.principal.tenant.str()) {
    co_return Refusal(call.route.errors, 403, "The tenant in the path is not the caller's", call);
  }
  audit::SearchFilter filter;
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return Refusal(call.route.errors, 400, query.error().message, call);
  // page_size is the deprecated spelling of limit and loses against it.
  const auto page_size = query->Integer("page_size", kTenantLimit, 1, kSearchLimitMax);
  if (!page_size) co_return Refusal(call.route.errors, 400, page_size.error().message, call);
  const auto limit = query->Integer("limit", *page_size, 1, kSearchLimitMax);
  if (!limit) co_return Refusal(call.route.errors, 400, limit.error().message, call);
  const auto offset = query->Integer("offset", 0, 0, kOffsetMax);
  if (!offset) co_return Refusal(call.route.errors, 400, offset.error().message, call);
  filter.limit = *limit;
  filter.offset = *offset;
  const auto page = co_await Search(api, call, filter);
  if (!page) {
    co_return Refusal(call.route.errors, StatusOf(page.error().code), page.error().message, call);
  }
  JsonWriter json;
  WriteEntries(json, *page);
  net::Response response;
  response.body = std::move(json).Take();
  StampReadScope(call, response);
  co_return response;
}

}  // namespace axonflow::api
