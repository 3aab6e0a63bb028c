#include <algorithm>
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
using policy_admin::Outcome;
using policy_admin::PolicyDirectory;

constexpr std::string_view kStaticPrefix = "static-";
constexpr std::string_view kStaticType = "static";

// One policy of either kind; exactly one pointer is set.
struct Entry {
  const EffectiveStatic* of_static = nullptr;
  const EffectiveDynamic* of_dynamic = nullptr;

  const policy::Policy& policy() const {
    return of_static != nullptr ? of_static->record.policy : of_dynamic->record.policy.policy;
  }
  const policy_admin::RowFacts& facts() const {
    if (of_static != nullptr) return of_static->record;
    return of_dynamic->record;
  }
  bool enabled() const { return of_static != nullptr ? of_static->enabled : of_dynamic->enabled; }
  std::string_view type() const {
    return of_static != nullptr ? kStaticType : std::string_view(of_dynamic->record.policy.type);
  }
  std::string_view source() const { return of_static != nullptr ? "agent" : "orchestrator"; }
  policy::Action action() const {
    return of_static != nullptr ? of_static->action : of_dynamic->action;
  }
};

struct Query {
  PageQuery page;
  std::string type;
  std::string source = "all";
  std::optional<bool> enabled;
  std::string search;  // in lower case
  std::string sort_by = "priority";
  bool descending = true;
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower;
}

Error Invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

Result<Query> ReadQuery(const Call& call) {
  const auto text = QueryString::Parse(call.request.query);
  if (!text) return text.error();
  Query query;
  const auto page = ReadPage(*text);
  if (!page) return page.error();
  query.page = *page;
  const auto enabled = ReadFlag(*text, "enabled");
  if (!enabled) return enabled.error();
  query.enabled = *enabled;
  query.type = text->Get("type");
  query.search = Lower(text->Get("search"));
  if (query.search.size() > 100) return Invalid("search is longer than 100 bytes");
  if (const auto word = text->Get("source"); !word.empty()) query.source = word;
  if (query.source != "all" && query.source != "agent" && query.source != "orchestrator") {
    return Invalid("source must be one of: all, agent, orchestrator");
  }
  if (const auto word = text->Get("sort_by"); !word.empty()) query.sort_by = word;
  constexpr std::string_view kSorts[] = {"name", "created_at", "updated_at", "priority", "source"};
  if (std::ranges::find(kSorts, query.sort_by) == std::end(kSorts)) {
    return Invalid("sort_by must be one of: name, created_at, updated_at, priority, source");
  }
  const auto direction = text->Get("sort_dir");
  if (!direction.empty() && direction != "asc" && direction != "desc") {
    return Invalid("sort_dir must be asc or desc");
  }
  query.descending = direction != "asc";
  return query;
}

bool Fits(const Entry& entry, const Query& query) {
  if (query.source != "all" && query.source != entry.source()) return false;
  if (!query.type.empty() && query.type != entry.type()) return false;
  if (query.enabled && *query.enabled != entry.enabled()) return false;
  if (query.search.empty()) return true;
  return Lower(entry.policy().name).find(query.search) != std::string::npos ||
         Lower(entry.policy().description).find(query.search) != std::string::npos;
}

// Less than zero when `a` comes before `b` in ascending order.
int Compare(const Entry& a, const Entry& b, std::string_view sort_by) {
  const auto order = [](const auto& x, const auto& y) { return x < y ? -1 : (y < x ? 1 : 0); };
  if (sort_by == "name") return order(a.policy().name, b.policy().name);
  if (sort_by == "created_at") return order(a.facts().created_at, b.facts().created_at);
  if (sort_by == "updated_at") return order(a.facts().updated_at, b.facts().updated_at);
  if (sort_by == "source") return order(a.source(), b.source());
  return order(a.policy().priority, b.policy().priority);
}

std::vector<Entry> Select(const EffectiveView& view, const Query& query) {
  std::vector<Entry> entries;
  for (const auto& entry : view.static_policies) entries.push_back({&entry, nullptr});
  for (const auto& entry : view.dynamic_policies) entries.push_back({nullptr, &entry});
  std::erase_if(entries, [&](const Entry& entry) { return !Fits(entry, query); });
  std::ranges::stable_sort(entries, [&](const Entry& a, const Entry& b) {
    const int order = Compare(a, b, query.sort_by);
    return query.descending ? order > 0 : order < 0;
  });
  return entries;
}

// The id under which the entry is got: a static one by the slug where that is the program's and
// unique, else by its uuid.
std::string UnifiedId(const Entry& entry) {
  if (entry.of_static == nullptr) return entry.facts().uuid;
  const bool system = entry.policy().tier == policy::Tier::kSystem;
  return std::string(kStaticPrefix) + (system ? entry.policy().id : entry.facts().uuid);
}

void WriteEntry(JsonWriter& json, const Entry& entry) {
  const auto& policy = entry.policy();
  const auto& facts = entry.facts();
  json.BeginObject().Field("policy_id", UnifiedId(entry)).Field("slug", policy.id);
  json.Field("name", policy.name).Field("description", policy.description);
  json.Field("type", entry.type()).Field("category", policy.category);
  json.Field("tier", policy::ToString(policy.tier)).Field("source", entry.source());
  json.Field("priority", policy.priority).Field("enabled", entry.enabled());
  json.Field("is_static", entry.of_static != nullptr);
  json.Field("action", policy::ToString(entry.action()));
  json.Field("severity", policy::ToString(policy.severity));
  if (entry.of_static != nullptr) {
    json.Field("pattern", policy.pattern);
    if (!policy.detector.empty()) json.Field("detector", policy.detector);
  } else {
    json.Key("conditions").Raw(entry.of_dynamic->record.conditions_json);
    json.Key("actions").Raw(entry.of_dynamic->record.actions_json);
  }
  json.Field("mode", policy::ToString(policy.mode)).Field("version", policy.version);
  json.Key("metadata").Raw(facts.metadata.empty() ? "{}" : facts.metadata);
  json.Field("created_at", FormatRfc3339(facts.created_at));
  json.Field("updated_at", FormatRfc3339(facts.updated_at)).EndObject();
}

std::uint64_t CountEnabled(const EffectiveView& view) {
  const auto enabled = [](const auto& entry) { return entry.enabled; };
  return static_cast<std::uint64_t>(std::ranges::count_if(view.static_policies, enabled) +
                                    std::ranges::count_if(view.dynamic_policies, enabled));
}

// The entry that the id in the path names, or nothing.
std::optional<Entry> Find(const EffectiveView& view, std::string_view id) {
  if (id.starts_with(kStaticPrefix)) {
    const auto name = id.substr(kStaticPrefix.size());
    for (const auto& entry : view.static_policies) {
      const bool system = entry.record.policy.tier == policy::Tier::kSystem;
      if (entry.record.uuid == name || (system && entry.record.policy.id == name)) {
        return Entry{&entry, nullptr};
      }
    }
    return std::nullopt;
  }
  for (const auto& entry : view.dynamic_policies) {
    if (entry.record.uuid == Lower(id)) return Entry{nullptr, &entry};
  }
  return std::nullopt;
}

}  // namespace

Task<PolicyReply> ListUnifiedPolicies(Api& api, Call& call) {
  const auto query = ReadQuery(call);
  if (!query) co_return ProblemOf(query.error());
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) { return directory.Effective(actor); };
  const auto view = co_await AskDirectory(api, work);
  if (!view) co_return ProblemOf(view.refusal());
  const auto entries = Select(*view, *query);
  const auto begin = std::min(query->page.offset, entries.size());
  const auto end = std::min(begin + query->page.size, entries.size());
  JsonWriter json;
  json.BeginObject().Key("policies").BeginArray();
  for (auto i = begin; i < end; ++i) WriteEntry(json, entries[i]);
  json.EndArray();
  WritePagination(json, query->page, entries.size());
  json.Key("summary").BeginObject();
  json.Field("total_static", static_cast<std::uint64_t>(view->static_policies.size()));
  json.Field("total_dynamic", static_cast<std::uint64_t>(view->dynamic_policies.size()));
  json.Field("total_enabled", CountEnabled(*view)).EndObject().EndObject();
  co_return JsonAnswer(200, std::move(json).Take());
}

Task<PolicyReply> GetUnifiedPolicy(Api& api, Call& call) {
  if (auto problem = CheckPathId(call)) co_return std::move(*problem);
  const auto actor = ActorOf(call.principal);
  auto work = [&](PolicyDirectory& directory) { return directory.Effective(actor); };
  const auto view = co_await AskDirectory(api, work);
  if (!view) co_return ProblemOf(view.refusal());
  const auto entry = Find(*view, call.path_parameter);
  if (!entry) co_return ProblemOf(Error{ErrorCode::kNotFound, ""});
  JsonWriter json;
  WriteEntry(json, *entry);
  co_return JsonAnswer(200, std::move(json).Take());
}

}  // namespace axonflow::api
