#include <algorithm>
#include <string>

#include "api/endpoints.h"
#include "api/query_string.h"
#include "api/store_reads.h"
#include "audit/audit_store.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

// No licence limits this server, so the page of the highest tier applies.
constexpr std::int64_t kListLimitMax = 1000;
constexpr std::int64_t kListLimit = 100;
constexpr std::size_t kListContextKeys = 5;
constexpr std::string_view kNotFound = "Decision not found";
constexpr std::string_view kVerdicts[] = {"allowed", "blocked", "redacted", "needs_approval",
                                          "error"};

struct Explanation {
  audit::Record record;
  std::int64_t hits = 0;
};

Result<audit::SearchFilter> ParseList(const QueryString& query) {
  audit::SearchFilter filter;
  filter.decisions_only = true;
  if (const auto since = query.Get("since"); !since.empty()) {
    const auto time = ParseRfc3339(since);
    if (!time) return Error{ErrorCode::kInvalidArgument, "since must be an RFC 3339 time"};
    filter.start_time = *time;
  }
  const auto decision = query.Get("decision");
  if (!decision.empty() && std::ranges::find(kVerdicts, decision) == std::end(kVerdicts)) {
    return Error{ErrorCode::kInvalidArgument,
                 "decision must be one of: allowed, blocked, redacted, needs_approval, error"};
  }
  filter.action = decision;
  filter.policy_name = query.Get("policy_id");
  filter.tool_signature = query.Get("tool_signature");
  const auto limit = query.Integer("limit", kListLimit, 1, INT64_MAX);
  if (!limit) return limit.error();
  filter.limit = *limit;
  return filter;
}

net::Response OverListLimit() {
  JsonWriter json;
  json.BeginObject().Field("error", "limit is above the largest page of 1000 decisions");
  json.Field("limit_type", "decision_list_size").Field("tier", "Enterprise");
  json.Field("limit", kListLimitMax).Field("remaining", 0).Key("upgrade").BeginObject();
  json.Field("tier", "").Field("wording", "Ask for 1000 decisions or fewer, and use since");
  json.Field("compare_url", "").Field("buy_url", "").EndObject().EndObject();
  net::Response response;
  response.status = 429;
  response.body = std::move(json).Take();
  response.headers.emplace_back("X-Axonflow-Tier-Limit", "decision_list_size");
  response.headers.emplace_back("X-Axonflow-Upgrade-URL", "");
  return response;
}

void WriteContext(JsonWriter& json, const audit::Record& record, std::size_t keys_max) {
  json.Key("context").BeginObject();
  std::size_t written = 0;
  for (const auto& [key, value] : record.context) {
    if (written++ == keys_max) break;
    json.Field(key, value);
  }
  json.EndObject();
}

void WriteSummary(JsonWriter& json, const audit::Record& record) {
  json.BeginObject().Field("decision_id", record.decision_id.str());
  json.Field("timestamp", FormatRfc3339(record.timestamp)).Field("decision", record.verdict);
  json.Field("policy_id", record.matches.empty() ? std::string_view{}
                                                 : std::string_view(record.matches[0].policy_id));
  json.Field("tool_signature", record.tool_signature);
  WriteContext(json, record, kListContextKeys);
  json.EndObject();
}

// What a matched policy looks for, in the words of the catalogue in force.
std::string_view DescriptionOf(const audit::PolicyMatch& match,
                               const policy::PolicyView* policies) {
  const auto* policy = policies == nullptr ? nullptr : policies->Find(match.policy_id);
  return policy == nullptr ? std::string_view(match.description)
                           : std::string_view(policy->description);
}

void WritePolicyMatches(JsonWriter& json, const audit::Record& record,
                        const policy::PolicyView* policies) {
  json.Key("policy_matches").BeginArray();
  for (const auto& match : record.matches) {
    json.BeginObject().Field("policy_id", match.policy_id).Field("policy_name", match.policy_name);
    json.Field("action", match.action).Field("risk_level", match.risk_level);
    json.Field("allow_override", match.allow_override);
    json.Field("policy_description", DescriptionOf(match, policies)).EndObject();
  }
  json.EndArray();
  // The rule says what was looked for and how often it stood in the text, never what stood there.
  json.Key("matched_rules").BeginArray();
  for (const auto& match : record.matches) {
    json.BeginObject().Field("policy_id", match.policy_id).Field("rule_id", match.policy_id);
    json.Field("rule_text", DescriptionOf(match, policies))
        .Field("matched_on", "query")
        .EndObject();
  }
  json.EndArray();
}

net::Response WriteExplanation(const Explanation& explanation, const policy::PolicyView* policies) {
  const auto& record = explanation.record;
  const bool overridable = std::ranges::any_of(record.matches, [](const auto& match) {
    return match.allow_override && match.risk_level != "critical";
  });
  JsonWriter json;
  json.BeginObject().Field("decision_id", record.decision_id.str());
  json.Field("timestamp", FormatRfc3339(record.timestamp));
  WritePolicyMatches(json, record, policies);
  json.Field("decision", record.verdict);
  json.Field("reason", record.reason.empty() ? std::string_view("No policy stopped this request")
                                             : std::string_view(record.reason));
  json.Field("risk_level", record.risk_level.empty() ? std::string_view("low")
                                                     : std::string_view(record.risk_level));
  json.Field("override_available", overridable);
  for (const auto& [key, value] : record.context) {
    if (key == "override_id") json.Field("override_existing_id", value);
  }
  json.Field("historical_hit_count_session", explanation.hits);
  if (!record.tool_signature.empty()) json.Field("tool_signature", record.tool_signature);
  if (!record.matches.empty()) {
    json.Field("policy_version_at_decision", record.matches[0].version);
    const auto* latest =
        policies == nullptr ? nullptr : policies->Find(record.matches[0].policy_id);
    if (latest != nullptr) json.Field("latest_policy_version", latest->version);
  }
  json.Field("plane", record.plane).Field("stage", record.stage);
  json.Field("correlation_id", record.correlation_id);
  WriteContext(json, record, record.context.size());
  json.Field("context_truncated", record.context_truncated).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  return response;
}

Result<Explanation> ReadExplanation(store::Database& database, const store::OrgScope& scope,
                                    const Call& call) {
  auto found = audit::FindDecision(database, scope, DecisionId(std::string(call.path_parameter)));
  if (!found) return found.error();
  Explanation explanation{std::move(found->record), 0};
  const bool own_only = call.principal.read_scope == identity::ReadScope::kOwnRows;
  if (call.principal.read_scope == identity::ReadScope::kNone ||
      (own_only && explanation.record.user_email != call.principal.user_email)) {
    return Error{ErrorCode::kNotFound, std::string(kNotFound)};
  }
  if (!explanation.record.matches.empty()) {
    const auto hits =
        audit::CountPolicyHits(database, scope, explanation.record.matches[0].policy_id,
                               explanation.record.user_email, Now() - std::chrono::hours(24));
    if (!hits) return hits.error();
    explanation.hits = *hits;
  }
  return explanation;
}

}  // namespace

Task<net::Response> ListDecisions(Api& api, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return Refusal(call.route.errors, 400, query.error().message, call);
  auto filter = ParseList(*query);
  if (!filter) co_return Refusal(call.route.errors, 400, filter.error().message, call);
  if (filter->limit > kListLimitMax) co_return OverListLimit();
  Result<audit::SearchPage> page = audit::SearchPage{};
  if (call.principal.read_scope == identity::ReadScope::kOwnRows) {
    filter->owner_email = call.principal.user_email;
  }
  if (call.principal.read_scope != identity::ReadScope::kNone) {
    page = co_await ReadStore<audit::SearchPage>(
        api, call, [&filter](store::Database& database, const store::OrgScope& scope) {
          return audit::Search(database, scope, *filter);
        });
  }
  if (!page) {
    co_return Refusal(call.route.errors, StatusOf(page.error().code), page.error().message, call);
  }
  JsonWriter json;
  json.BeginObject().Key("decisions").BeginArray();
  for (const auto& stored : page->records) WriteSummary(json, stored.record);
  json.EndArray().EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  StampReadScope(call, response);
  co_return response;
}

Task<net::Response> ExplainDecision(Api& api, Call& call) {
  const auto explanation = co_await ReadStore<Explanation>(
      api, call, [&call](store::Database& database, const store::OrgScope& scope) {
        return ReadExplanation(database, scope, call);
      });
  if (!explanation) {
    const bool missing = explanation.error().code == ErrorCode::kNotFound;
    auto refusal =
        Refusal(call.route.errors, StatusOf(explanation.error().code),
                missing ? kNotFound : std::string_view(explanation.error().message), call);
    if (missing) StampReadScope(call, refusal);
    co_return refusal;
  }
  const auto view =
      co_await api.services().governor.ViewOf(explanation->record.org, explanation->record.tenant);
  auto response = WriteExplanation(*explanation, view ? view->get() : nullptr);
  StampReadScope(call, response);
  co_return response;
}

}  // namespace axonflow::api
