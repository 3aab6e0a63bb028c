#include <map>
#include <string>

#include "api/budget_http.h"
#include "api/policy_http.h"
#include "api/query_string.h"
#include "api/store_reads.h"
#include "cost/usage.h"
#include "providers/price.h"

namespace axonflow::api {
namespace {

constexpr std::int64_t kRecordsLimit = 100;
constexpr std::int64_t kRecordsLimitMax = 1'000;
constexpr std::int64_t kOffsetMax = 10'000'000;

struct UsageQuery {
  QueryString query;
  cost::UsageFilter filter;
  std::string period;
};

Result<UsageQuery> Parse(const Call& call) {
  auto query = QueryString::Parse(call.request.query);
  if (!query) return query.error();
  UsageQuery usage;
  usage.query = std::move(*query);
  usage.period = usage.query.Get("period").empty() ? "monthly" : usage.query.Get("period");
  const auto period = cost::ParsePeriod(usage.period);
  if (!period) {
    return Error{ErrorCode::kInvalidArgument,
                 "period must be daily, weekly, monthly, quarterly or yearly"};
  }
  auto& filter = usage.filter;
  const auto span = cost::SpanOf(*period, Now());
  filter.start = span.start;
  filter.end = span.end;
  for (const auto& [name, target] :
       {std::pair{"start_time", &filter.start}, std::pair{"end_time", &filter.end}}) {
    const auto text = usage.query.Get(name);
    if (text.empty()) continue;
    const auto time = ParseRfc3339(text);
    if (!time) {
      return Error{ErrorCode::kInvalidArgument, std::string(name) + " must be an RFC 3339 time"};
    }
    *target = *time;
  }
  filter.org = call.principal.org;
  filter.tenant = call.principal.tenant;
  filter.provider = usage.query.Get("provider");
  filter.model = usage.query.Get("model");
  filter.team_id = usage.query.Get("team_id");
  filter.agent_id = usage.query.Get("agent_id");
  if (call.principal.read_scope == identity::ReadScope::kOwnRows) {
    filter.owner = call.principal.user_email;
  }
  return usage;
}

// Runs `read`(transaction, filter) -> Result<T>; an empty T for who may see nothing.
template <typename T, typename Read>
Task<Result<T>> ReadUsage(Api& api, const Call& call, const cost::UsageFilter& filter, Read read) {
  if (call.principal.read_scope == identity::ReadScope::kNone) co_return T{};
  auto result = co_await ReadStore<T>(
      api, call, [&](store::Database& database, const store::OrgScope& scope) -> Result<T> {
        T found{};
        const Status done = database.Read(scope, [&](store::Transaction& transaction) -> Status {
          auto answer = read(transaction, filter);
          if (!answer) return answer.error();
          found = std::move(*answer);
          return {};
        });
        if (!done) return done.error();
        return found;
      });
  co_return result;
}

void WriteSpan(JsonWriter& json, const UsageQuery& usage) {
  json.Field("period", usage.period);
  json.Field("period_start", FormatRfc3339(usage.filter.start));
  json.Field("period_end", FormatRfc3339(usage.filter.end));
}

void WriteRow(JsonWriter& json, const Call& call, const cost::UsageRow& row) {
  json.BeginObject().Field("id", row.id).Field("request_id", row.request_id);
  json.Field("org_id", call.principal.org.str()).Field("tenant_id", call.principal.tenant.str());
  json.Field("team_id", row.team_id).Field("agent_id", row.agent_id);
  json.Field("user_id", row.user_id).Field("workflow_id", row.workflow_id);
  json.Field("provider", row.provider).Field("model", row.model);
  json.Field("tokens_in", row.tokens_in).Field("tokens_out", row.tokens_out);
  json.Field("cost_usd", cost::ToDollars(row.cost)).Field("latency_ms", row.latency_ms);
  json.Field("success", row.success).Field("error_message", row.error_message);
  json.Field("request_type", "llm-call").Field("cached", false);
  json.Field("timestamp", FormatRfc3339(row.time));
  json.Field("created_at", FormatRfc3339(row.time)).EndObject();
}

void WritePrice(JsonWriter& json, const providers::Price& price) {
  json.Key("pricing").BeginObject().Field("input_per_1k", price.input_per_1k);
  json.Field("output_per_1k", price.output_per_1k).EndObject();
}

}  // namespace

Task<net::Response> UsageSummary(Api& api, Call& call) {
  const auto usage = Parse(call);
  if (!usage) co_return CostRefusal(usage.error());
  const auto total = co_await ReadUsage<cost::UsageTotal>(api, call, usage->filter, cost::SumUsage);
  if (!total) co_return CostRefusal(total.error());
  const double dollars = cost::ToDollars(total->cost);
  JsonWriter json;
  json.BeginObject().Field("total_cost_usd", dollars).Field("total_tokens_in", total->tokens_in);
  json.Field("total_tokens_out", total->tokens_out).Field("total_requests", total->requests);
  json.Field("average_cost_per_request",
             total->requests > 0 ? dollars / static_cast<double>(total->requests) : 0.0);
  WriteSpan(json, *usage);
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<net::Response> UsageBreakdown(Api& api, Call& call) {
  const auto usage = Parse(call);
  if (!usage) co_return CostRefusal(usage.error());
  const auto wanted = usage->query.Get("group_by");
  const std::string group_by(wanted.empty() ? "provider" : wanted);
  const auto dimension = cost::ParseDimension(group_by);
  if (!dimension) {
    co_return CostRefusal(400, "group_by must be provider, model, agent, team, user or workflow");
  }
  const auto read = [&](store::Transaction& transaction, const cost::UsageFilter& filter) {
    return cost::GroupUsage(transaction, filter, *dimension);
  };
  const auto groups =
      co_await ReadUsage<std::vector<cost::UsageTotal>>(api, call, usage->filter, read);
  if (!groups) co_return CostRefusal(groups.error());
  cost::Micros total = 0;
  for (const auto& group : *groups) total += group.cost;
  JsonWriter json;
  json.BeginObject().Field("group_by", group_by).Field("total_cost_usd", cost::ToDollars(total));
  json.Key("items").BeginArray();
  for (const auto& group : *groups) {
    const double share =
        total > 0 ? static_cast<double>(group.cost) * 100 / static_cast<double>(total) : 0.0;
    json.BeginObject().Field("group_by", group_by).Field("group_value", group.value);
    json.Field("cost_usd", cost::ToDollars(group.cost)).Field("tokens_in", group.tokens_in);
    json.Field("tokens_out", group.tokens_out).Field("request_count", group.requests);
    json.Field("percentage", share).EndObject();
  }
  json.EndArray();
  WriteSpan(json, *usage);
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<net::Response> UsageRecords(Api& api, Call& call) {
  const auto usage = Parse(call);
  if (!usage) co_return CostRefusal(usage.error());
  const auto limit = usage->query.Integer("limit", kRecordsLimit, 1, kRecordsLimitMax);
  if (!limit) co_return CostRefusal(limit.error());
  const auto offset = usage->query.Integer("offset", 0, 0, kOffsetMax);
  if (!offset) co_return CostRefusal(offset.error());
  const auto read = [&](store::Transaction& transaction, const cost::UsageFilter& filter) {
    return cost::ListUsage(transaction, filter, *offset, *limit);
  };
  const auto page = co_await ReadUsage<cost::UsagePage>(api, call, usage->filter, read);
  if (!page) co_return CostRefusal(page.error());
  JsonWriter json;
  json.BeginObject().Key("records").BeginArray();
  for (const auto& row : page->rows) WriteRow(json, call, row);
  json.EndArray().Field("total", page->total);
  json.Field("count", static_cast<std::uint64_t>(page->rows.size())).Field("limit", *limit);
  json.Field("offset", *offset).EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<net::Response> Pricing(Api& /*api*/, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return CostRefusal(query.error());
  const std::string provider(query->Get("provider"));
  const std::string model(query->Get("model"));
  JsonWriter json;
  if (!provider.empty() && !model.empty()) {
    const auto price = providers::PriceOf(provider, model);
    if (!price) co_return CostRefusal(404, "The price of this model is not known");
    json.BeginObject().Field("provider", provider).Field("model", model);
    WritePrice(json, *price);
    json.EndObject();
    co_return JsonAnswer(200, std::move(json).Take());
  }
  std::map<std::string_view, std::vector<providers::ListedPrice>> listed;
  for (const auto& price : providers::ListedPrices()) {
    const bool wanted =
        (provider.empty() || price.provider == provider) && (model.empty() || price.model == model);
    if (wanted) listed[price.provider].push_back(price);
  }
  if (listed.empty()) co_return CostRefusal(404, "No price is known for this provider or model");
  json.BeginObject().Field("currency", "USD").Field("as_of", providers::kPricesAsOf);
  json.Key("providers").BeginObject();
  for (const auto& [name, prices] : listed) {
    json.Key(name).BeginObject();
    for (const auto& price : prices) {
      json.Key(price.model).BeginObject().Field("input_per_1k", price.price.input_per_1k);
      json.Field("output_per_1k", price.price.output_per_1k).EndObject();
    }
    json.EndObject();
  }
  json.EndObject().Key("pricing").BeginArray();
  for (const auto& [name, prices] : listed) {
    for (const auto& price : prices) {
      json.BeginObject().Field("provider", name).Field("model", price.model);
      WritePrice(json, price.price);
      json.EndObject();
    }
  }
  json.EndArray().EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

}  // namespace axonflow::api
