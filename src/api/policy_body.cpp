#include "api/policy_body.h"

#include <algorithm>
#include <utility>

#include "base/json_writer.h"

namespace axonflow::api {
namespace {

using policy_admin::SortBy;

constexpr std::int64_t kOffsetMax = 10'000'000;
constexpr std::size_t kSearchBytesMax = 100;

constexpr std::pair<std::string_view, SortBy> kSortWords[] = {
    {"name", SortBy::kName},
    {"created_at", SortBy::kCreatedAt},
    {"updated_at", SortBy::kUpdatedAt},
    {"priority", SortBy::kPriority},
};

Error Invalid(std::string message) {
  return Error{ErrorCode::kInvalidArgument, std::move(message)};
}

Status ReadOrder(const QueryString& query, policy_admin::ListQuery& list) {
  if (const auto word = query.Get("sort_by"); !word.empty()) {
    const auto* found =
        std::ranges::find_if(kSortWords, [&](const auto& known) { return known.first == word; });
    if (found == std::end(kSortWords)) {
      return Invalid("sort_by must be one of: name, created_at, updated_at, priority");
    }
    list.sort_by = found->second;
  }
  const auto newer = query.Get("sort_dir");
  const auto direction = newer.empty() ? query.Get("sort_order") : newer;
  if (direction.empty()) return {};
  if (direction != "asc" && direction != "desc") return Invalid("sort_dir must be asc or desc");
  list.descending = direction == "desc";
  return {};
}

Status ReadTierAndSeverity(const QueryString& query, policy_admin::ListQuery& list) {
  if (const auto word = query.Get("tier"); !word.empty()) {
    list.tier = policy::ParseTier(word);
    if (!list.tier) return Invalid("tier must be one of: system, organization, tenant");
  }
  if (const auto word = query.Get("severity"); !word.empty()) {
    list.severity = policy::ParseSeverity(word);
    if (!list.severity) return Invalid("severity must be one of: low, medium, high, critical");
  }
  return {};
}

}  // namespace

std::optional<JsonValue> BodyReader::Find(std::string_view name, JsonType type,
                                          std::string_view expected) {
  const auto member = object_.Find(name);
  if (!member) return std::nullopt;
  if (member->type() == type) return member;
  Problem(name, "must be " + std::string(expected));
  return std::nullopt;
}

void BodyReader::Problem(std::string_view name, std::string message) {
  problems_.push_back({prefix_ + std::string(name), std::move(message)});
}

std::optional<std::string> BodyReader::Text(std::string_view name) {
  const auto member = Find(name, JsonType::kString, "a string");
  if (!member) return std::nullopt;
  return std::string(*member->AsString());
}

std::optional<std::int64_t> BodyReader::Integer(std::string_view name) {
  const auto member = Find(name, JsonType::kNumber, "a whole number");
  if (!member) return std::nullopt;
  const auto value = member->AsInt();
  if (!value) Problem(name, "must be a whole number");
  return value;
}

std::optional<bool> BodyReader::Bool(std::string_view name) {
  const auto member = Find(name, JsonType::kBool, "true or false");
  return member ? member->AsBool() : std::nullopt;
}

std::optional<std::vector<std::string>> BodyReader::Texts(std::string_view name) {
  const auto member = Find(name, JsonType::kArray, "an array of strings");
  if (!member) return std::nullopt;
  std::vector<std::string> texts;
  bool all_texts = true;
  member->ForEachElement([&](JsonValue element) {
    const auto text = element.AsString();
    all_texts = all_texts && text.has_value();
    if (text) texts.emplace_back(*text);
  });
  if (all_texts) return texts;
  Problem(name, "must be an array of strings");
  return std::nullopt;
}

std::optional<Time> BodyReader::Moment(std::string_view name) {
  const auto text = Text(name);
  if (!text) return std::nullopt;
  const auto time = ParseRfc3339(*text);
  if (!time) Problem(name, "must be an RFC 3339 time such as 2026-01-31T12:00:00Z");
  return time;
}

std::optional<std::string> BodyReader::Json(std::string_view name, JsonType type) {
  const auto member = Find(name, type, type == JsonType::kArray ? "an array" : "an object");
  if (!member) return std::nullopt;
  return member->ToString();
}

std::variant<JsonValue, PolicyProblem> ParsePolicyBody(std::string_view body) {
  auto root = ParseObject(body);
  if (root) return *root;
  return PolicyProblem{400, "INVALID_JSON", root.error().message, {}};
}

std::optional<PolicyProblem> CheckOwner(JsonValue body, const Call& call) {
  const std::pair<std::string_view, std::string_view> claims[] = {
      {"organization_id", call.principal.org.str()},
      {"org_id", call.principal.org.str()},
      {"tenant_id", call.principal.tenant.str()},
  };
  for (const auto& [name, own] : claims) {
    const auto member = body.Find(name);
    const auto claimed = member ? member->AsString() : std::nullopt;
    if (!member || (claimed && (claimed->empty() || *claimed == own))) continue;
    return PolicyProblem{403,
                         name == "tenant_id" ? "TENANT_IMPERSONATION" : "ORG_IMPERSONATION",
                         "The " + std::string(name) + " of the body is not the caller's",
                         {}};
  }
  return std::nullopt;
}

policy_admin::StaticChange ReadStaticChange(BodyReader& body) {
  policy_admin::StaticChange change;
  change.slug = body.Text("policy_id");
  change.tier = body.Text("tier");
  change.name = body.Text("name");
  change.description = body.Text("description");
  change.category = body.Text("category");
  change.pattern = body.Text("pattern");
  change.action = body.Text("action");
  change.action_request = body.Text("action_request");
  change.action_response = body.Text("action_response");
  change.redaction_strategy = body.Text("redaction_strategy");
  change.phase = body.Text("phase");
  change.severity = body.Text("severity");
  change.risk_level = body.Text("risk_level");
  change.allow_override = body.Bool("allow_override");
  change.priority = body.Integer("priority");
  change.enabled = body.Bool("enabled");
  change.mode = body.Text("mode");
  change.segment = body.Text("segment_id");
  change.tags = body.Texts("tags");
  change.metadata = body.Json("metadata", JsonType::kObject);
  change.must_match = body.Texts("must_match");
  change.must_not_match = body.Texts("must_not_match");
  return change;
}

policy_admin::DynamicChange ReadDynamicChange(BodyReader& body) {
  policy_admin::DynamicChange change;
  change.slug = body.Text("policy_id");
  change.tier = body.Text("tier");
  change.name = body.Text("name");
  change.description = body.Text("description");
  change.type = body.Text("type");
  change.category = body.Text("category");
  change.conditions = body.Json("conditions", JsonType::kArray);
  change.actions = body.Json("actions", JsonType::kArray);
  change.priority = body.Integer("priority");
  change.enabled = body.Bool("enabled");
  change.severity = body.Text("severity");
  change.risk_level = body.Text("risk_level");
  change.allow_override = body.Bool("allow_override");
  change.mode = body.Text("mode");
  change.segment = body.Text("segment_id");
  change.tags = body.Texts("tags");
  change.metadata = body.Json("metadata", JsonType::kObject);
  return change;
}

Result<PageQuery> ReadPage(const QueryString& query) {
  const auto page_size = query.Integer("page_size", 20, 1, kOffsetMax);
  if (!page_size) return page_size.error();
  const auto limit = query.Integer("limit", *page_size, 1, kOffsetMax);
  if (!limit) return limit.error();
  const auto size = std::min(*limit, kPageSizeMax);
  const auto page = query.Integer("page", 1, 1, kOffsetMax);
  if (!page) return page.error();
  const auto offset = query.Integer("offset", (*page - 1) * size, 0, kOffsetMax * kPageSizeMax);
  if (!offset) return offset.error();
  return PageQuery{static_cast<std::size_t>(*offset), static_cast<std::size_t>(size)};
}

Result<policy_admin::ListQuery> ReadListQuery(const QueryString& query, const Call& call,
                                              SortBy default_sort) {
  policy_admin::ListQuery list;
  list.sort_by = default_sort;
  const auto page = ReadPage(query);
  if (!page) return page.error();
  list.offset = page->offset;
  list.limit = page->size;
  if (auto read = ReadOrder(query, list); !read) return read.error();
  if (auto read = ReadTierAndSeverity(query, list); !read) return read.error();
  const auto enabled = ReadFlag(query, "enabled");
  if (!enabled) return enabled.error();
  list.enabled = *enabled;
  list.category = query.Get("category");
  list.type = query.Get("type");
  list.search = query.Get("search");
  if (list.search.size() > kSearchBytesMax) return Invalid("search is longer than 100 bytes");
  const auto org = query.Get("organization_id");
  if (!org.empty() && org != call.principal.org.str()) {
    return Error{ErrorCode::kPermissionDenied, "organization_id is not the caller's"};
  }
  return list;
}

Result<std::optional<bool>> ReadFlag(const QueryString& query, std::string_view name) {
  const auto text = query.Get(name);
  if (text.empty()) return std::optional<bool>{};
  if (text != "true" && text != "false") {
    return Invalid(std::string(name) + " must be true or false");
  }
  return std::optional<bool>(text == "true");
}

void WritePagination(JsonWriter& json, const PageQuery& page, std::size_t total) {
  const auto count = static_cast<std::uint64_t>(total);
  json.Key("pagination").BeginObject();
  json.Field("page", static_cast<std::uint64_t>(page.offset / page.size + 1));
  json.Field("page_size", static_cast<std::uint64_t>(page.size));
  json.Field("limit", static_cast<std::uint64_t>(page.size));
  json.Field("offset", static_cast<std::uint64_t>(page.offset));
  json.Field("total", count).Field("total_items", count);
  json.Field("total_pages", static_cast<std::uint64_t>((total + page.size - 1) / page.size));
  json.EndObject();
}

}  // namespace axonflow::api
