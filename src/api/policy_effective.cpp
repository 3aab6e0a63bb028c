#include <algorithm>
#include <map>
#include <string>

#include "api/policy_body.h"
#include "api/policy_endpoints.h"
#include "api/policy_json.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

using policy_admin::EffectiveDynamic;
using policy_admin::EffectiveStatic;
using policy_admin::EffectiveView;
using policy_admin::PolicyDirectory;

struct Filter {
  std::string category;
  bool include_disabled = false;
  bool include_overridden = true;

  template <typename Entry>
  bool Takes(const Entry& entry, const policy::Policy& policy) const {
    if (!category.empty() && policy.category != category) return false;
    if (!include_disabled && !entry.enabled) return false;
    return include_overridden || !entry.overrides.any();
  }
};

Result<Filter> ReadFilter(const Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) return query.error();
  const auto disabled = ReadFlag(*query, "include_disabled");
  if (!disabled) return disabled.error();
  const auto overridden = ReadFlag(*query, "include_overridden");
  if (!overridden) return overridden.error();
  return Filter{std::string(query->Get("category")), disabled->value_or(false),
                overridden->value_or(true)};
}

Task<policy_admin::Outcome<EffectiveView>> ReadEffective(Api& api, const Call& call) {
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) { return directory.Effective(actor); };
  auto view = co_await AskDirectory(api, work);
  co_return view;
}

std::vector<const EffectiveStatic*> Select(const std::vector<EffectiveStatic>& entries,
                                           const Filter& filter) {
  std::vector<const EffectiveStatic*> taken;
  for (const auto& entry : entries) {
    if (filter.Takes(entry, entry.record.policy)) taken.push_back(&entry);
  }
  return taken;
}

std::vector<const EffectiveDynamic*> Select(const std::vector<EffectiveDynamic>& entries,
                                            const Filter& filter) {
  std::vector<const EffectiveDynamic*> taken;
  for (const auto& entry : entries) {
    if (filter.Takes(entry, entry.record.policy.policy)) taken.push_back(&entry);
  }
  return taken;
}

void WriteCounts(JsonWriter& json, std::string_view name,
                 const std::map<std::string, std::uint64_t>& counts) {
  json.Key(name).BeginObject();
  for (const auto& [word, count] : counts) json.Field(word, count);
  json.EndObject();
}

}  // namespace

Task<PolicyReply> EffectiveStaticPolicies(Api& api, Call& call) {
  const auto filter = ReadFilter(call);
  if (!filter) co_return ProblemOf(filter.error());
  const auto view = co_await ReadEffective(api, call);
  if (!view) co_return ProblemOf(view.refusal());
  JsonWriter json;
  json.BeginObject().Key("static").BeginArray();
  for (const auto* entry : Select(view->static_policies, *filter)) {
    WriteEffectiveStatic(json, *entry);
  }
  json.EndArray().Key("dynamic").BeginArray();
  for (const auto* entry : Select(view->dynamic_policies, *filter)) {
    WriteEffectiveDynamic(json, *entry);
  }
  json.EndArray().Field("tenant_id", call.principal.tenant.str());
  json.Field("organization_id", call.principal.org.str());
  json.Field("computed_at", FormatRfc3339(view->computed_at)).EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> ListEffectivePolicies(Api& api, Call& call) {
  const auto filter = ReadFilter(call);
  if (!filter) co_return ProblemOf(filter.error());
  const auto view = co_await ReadEffective(api, call);
  if (!view) co_return ProblemOf(view.refusal());
  const auto entries = Select(view->static_policies, *filter);
  std::map<std::string, std::uint64_t> by_tier;
  std::map<std::string, std::uint64_t> by_category;
  JsonWriter json;
  json.BeginObject().Key("policies").BeginArray();
  for (const auto* entry : entries) {
    WriteEffectiveStatic(json, *entry);
    ++by_tier[std::string(policy::ToString(entry->record.policy.tier))];
    ++by_category[entry->record.policy.category];
  }
  json.EndArray().Key("summary").BeginObject();
  json.Field("total", static_cast<std::uint64_t>(entries.size()));
  WriteCounts(json, "by_tier", by_tier);
  WriteCounts(json, "by_category", by_category);
  json.EndObject().EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

// All of them in one answer, lowest priority first, as clients expect; a page would hide the rest
// from those that ask for no other.
Task<PolicyReply> EffectiveTenantPolicies(Api& api, Call& call) {
  const auto filter = ReadFilter(call);
  if (!filter) co_return ProblemOf(filter.error());
  const auto view = co_await ReadEffective(api, call);
  if (!view) co_return ProblemOf(view.refusal());
  auto entries = Select(view->dynamic_policies, *filter);
  std::ranges::stable_sort(entries, {}, [](const EffectiveDynamic* entry) {
    return entry->record.policy.policy.priority;
  });
  JsonWriter json;
  json.BeginObject().Key("policies").BeginArray();
  for (const auto* entry : entries) WriteEffectiveDynamic(json, *entry);
  json.EndArray();
  WritePagination(json, {0, std::max<std::size_t>(entries.size(), 1)}, entries.size());
  json.EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

// A bare array: the oldest clients read no envelope here.
Task<PolicyReply> ActiveTenantPolicies(Api& api, Call& call) {
  const auto view = co_await ReadEffective(api, call);
  if (!view) co_return ProblemOf(view.refusal());
  JsonWriter json;
  json.BeginArray();
  for (const auto* entry : Select(view->dynamic_policies, Filter{})) {
    WriteEffectiveDynamic(json, *entry);
  }
  json.EndArray();
  co_return JsonAnswer(200, std::move(json).Take());
}

}  // namespace axonflow::api
