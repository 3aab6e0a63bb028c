#include "policy_admin/policy_fields.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "policy/catalogue.h"
#include "policy/detect_input.h"
#include "policy/dynamic/dynamic_json.h"
#include "policy/pattern_check.h"

namespace axonflow::policy_admin {
namespace {

using policy::Action;
using policy::Severity;

constexpr std::size_t kSlugBytesMax = 128;
constexpr std::size_t kSegmentBytesMax = 128;
constexpr std::size_t kUuidBytes = 36;
constexpr std::string_view kSystemPrefix = "sys_";

struct TextBounds {
  std::size_t characters_min;
  std::size_t characters_max;
};
constexpr TextBounds kStaticName{1, 255};
constexpr TextBounds kStaticDescription{0, 1'000};
constexpr TextBounds kDynamicName{3, 100};
constexpr TextBounds kDynamicDescription{0, 500};

struct LegacyCategory {
  std::string_view old_name;
  std::string_view name;
};
constexpr LegacyCategory kLegacyCategories[] = {
    {"sql_injection", "security-sqli"},
    {"dangerous_queries", "security-sqli"},
    {"admin_access", "security-admin"},
    {"pii_detection", "pii-global"},
};

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

// Characters of well-formed UTF-8; nothing for other bytes.
std::optional<std::size_t> CharactersOf(std::string_view text) {
  std::size_t characters = 0;
  while (!text.empty()) {
    const std::size_t length = Utf8SequenceLength(text);
    if (length == 0) return std::nullopt;
    text.remove_prefix(length);
    ++characters;
  }
  return characters;
}

// Collects problems while the fields of one change are read.
class Reader {
 public:
  void Problem(std::string_view field, std::string message) {
    problems_.push_back({std::string(field), std::move(message)});
  }
  std::vector<FieldProblem> Take() && { return std::move(problems_); }

  void Required(std::string_view field, bool present) {
    if (!present) Problem(field, std::string(field) + " is required");
  }

  void Text(std::string_view field, const std::optional<std::string>& value, TextBounds bounds,
            std::string& out) {
    if (!value) return;
    const auto characters = CharactersOf(*value);
    if (!characters) return Problem(field, std::string(field) + " is not UTF-8");
    if (value->find('\0') != std::string::npos) {
      return Problem(field, std::string(field) + " holds a NUL");
    }
    if (*characters < bounds.characters_min || *characters > bounds.characters_max ||
        (bounds.characters_min > 0 && IsBlank(*value))) {
      return Problem(field, std::string(field) + " must have " +
                                std::to_string(bounds.characters_min) + " to " +
                                std::to_string(bounds.characters_max) + " characters");
    }
    out = *value;
  }

  void ActionWord(std::string_view field, const std::string& value, bool allow_too, Action& out) {
    const auto action = policy::ParseAction(value);
    if (action && (allow_too || *action != Action::kAllow)) {
      out = *action;
      return;
    }
    Problem(field, "unknown action \"" + value + "\"; accepted: " + (allow_too ? "allow, " : "") +
                       "log, warn, redact, require_approval, block");
  }

  void PhaseAction(std::string_view field, const std::optional<std::string>& value,
                   std::optional<Action>& out) {
    if (!value) return;
    if (value->empty()) {
      out.reset();
      return;
    }
    Action action = Action::kLog;
    ActionWord(field, *value, true, action);
    out = action;
  }

  void SeverityWord(std::string_view field, const std::optional<std::string>& value,
                    Severity& out) {
    if (!value) return;
    const auto severity = policy::ParseSeverity(*value);
    if (severity) {
      out = *severity;
    } else {
      Problem(field, "unknown word \"" + *value + "\"; accepted: low, medium, high, critical");
    }
  }

  void Priority(const std::optional<std::int64_t>& value, int priority_max, int& out) {
    if (!value) return;
    if (*value < 0 || *value > priority_max) {
      return Problem("priority", "priority must be 0 to " + std::to_string(priority_max));
    }
    out = static_cast<int>(*value);
  }

  void Texts(std::string_view field, const std::optional<std::vector<std::string>>& value,
             std::size_t texts_max, std::size_t bytes_max, std::vector<std::string>& out) {
    if (!value) return;
    if (value->size() > texts_max) {
      return Problem(field, "at most " + std::to_string(texts_max) + " texts");
    }
    for (std::size_t i = 0; i < value->size(); ++i) {
      const std::string& text = (*value)[i];
      if (text.empty() || text.size() > bytes_max || !CharactersOf(text)) {
        Problem(std::string(field) + "[" + std::to_string(i) + "]",
                "must be 1 to " + std::to_string(bytes_max) + " bytes of UTF-8");
      }
    }
    out = *value;
  }

  void Metadata(const std::optional<std::string>& value, std::string& out) {
    if (!value) return;
    if (value->size() > kMetadataBytesMax) {
      return Problem("metadata", "metadata has at most 16 KiB");
    }
    JsonDocument document;
    const auto root = document.Parse(*value);
    if (!root || root->type() != JsonType::kObject) {
      return Problem("metadata", "metadata must be a JSON object");
    }
    out = root->ToString();
  }

  // What the two kinds of policies have in common, beside the texts with bounds of their own.
  template <typename Change>
  void Common(const Change& change, bool creating, int priority_max, PolicyRow& row) {
    policy::Policy& policy = row.policy;
    Identity(change, creating, policy);
    const Severity severity_before = policy.severity;
    SeverityWord("severity", change.severity, policy.severity);
    // The risk goes with the severity until somebody says otherwise.
    if (creating || policy.risk_level == severity_before) policy.risk_level = policy.severity;
    SeverityWord("risk_level", change.risk_level, policy.risk_level);
    Priority(change.priority, priority_max, policy.priority);
    if (change.enabled) policy.enabled = *change.enabled;
    if (change.allow_override) policy.allow_override = *change.allow_override;
    if (policy.risk_level == Severity::kCritical) {
      if (change.allow_override.value_or(false)) {
        Problem("allow_override", "a policy of critical risk allows no override");
      }
      policy.allow_override = false;
    }
    if (change.mode) {
      const auto mode = policy::ParseMode(*change.mode);
      if (mode) policy.mode = *mode;
      if (!mode)
        Problem("mode", "unknown mode \"" + *change.mode + "\"; accepted: enforce, shadow");
    }
    Text("segment_id", change.segment, {0, kSegmentBytesMax}, policy.segment);
    Texts("tags", change.tags, kTagsMax, kTagBytesMax, row.tags);
    Metadata(change.metadata, row.metadata);
  }

 private:
  // Slug and tier are given once and stay.
  template <typename Change>
  void Identity(const Change& change, bool creating, policy::Policy& policy) {
    if (change.slug) {
      if (!creating && *change.slug != policy.id) {
        Problem("policy_id", "policy_id cannot be changed");
      } else if (creating && !IsOwnSlug(*change.slug)) {
        Problem("policy_id",
                "policy_id must be 2 to 128 characters a-z 0-9 _ -, begin with a letter, not with "
                "sys_, and not look like a UUID");
      } else {
        policy.id = *change.slug;
      }
    }
    if (!change.tier) return;
    const auto tier = policy::ParseTier(*change.tier);
    if (!tier || (creating && *tier == policy::Tier::kSystem)) {
      Problem("tier", "unknown tier \"" + *change.tier + "\"; accepted: organization, tenant");
    } else if (!creating && *tier != policy.tier) {
      Problem("tier", "tier cannot be changed");
    } else {
      policy.tier = *tier;
    }
  }

  std::vector<FieldProblem> problems_;
};

// Tries the pattern on the policy's own texts.
void CheckExamples(const policy::Policy& policy, Reader& reader) {
  if (policy.must_match.empty() && policy.must_not_match.empty()) return;
  for (const bool wanted : {true, false}) {
    const auto& texts = wanted ? policy.must_match : policy.must_not_match;
    const auto test = policy::TestPattern(policy.pattern, texts);
    const std::string_view list = wanted ? "must_match" : "must_not_match";
    if (!test.error.empty()) reader.Problem(list, test.error);
    for (std::size_t i = 0; i < test.results.size(); ++i) {
      if (test.results[i].finished && test.results[i].matched == wanted) continue;
      reader.Problem(
          std::string(list) + "[" + std::to_string(i) + "]",
          wanted ? "the pattern does not match this text" : "the pattern matches this text");
    }
  }
}

void ReadPhase(const std::optional<std::string>& value, policy::Policy& policy, Reader& reader) {
  if (!value) return;
  if (*value != "request" && *value != "response" && *value != "both") {
    return reader.Problem("phase",
                          "unknown phase \"" + *value + "\"; accepted: request, response, both");
  }
  policy.on_request = *value != "response";
  policy.on_response = *value != "request";
}

// After the category: where redaction changes nothing, no strategy says anything.
void ReadStrategy(const std::optional<std::string>& value, policy::Policy& policy, Reader& reader) {
  if (value) {
    policy.strategy = policy::ParseStrategy(*value);
    if (policy.strategy == policy::Strategy::kNone) policy.strategy.reset();
    if (!value->empty() && !policy.strategy) {
      return reader.Problem("redaction_strategy",
                            "unknown strategy \"" + *value +
                                "\"; accepted: partial, mask, tokenize, hash, remove, "
                                "remove_statement");
    }
  }
  if (policy.strategy && !policy::IsRedactable(policy)) {
    reader.Problem("redaction_strategy",
                   "what a policy of the category " + policy.category + " finds is never redacted");
  }
}

void ReadStaticCategory(const std::optional<std::string>& value, policy::Policy& policy,
                        Reader& reader) {
  if (!value) return;
  const auto category = CurrentCategory(*value);
  if (!policy::IsCategory(category)) {
    return reader.Problem("category", "unknown category \"" + *value + "\"");
  }
  policy.category = category;
}

// The category that goes with a type where the change names none.
std::string_view CategoryOfType(std::string_view type) {
  if (type == "cost") return "dynamic-cost";
  if (type == "user") return "dynamic-access";
  if (type == "content") return "dynamic-security";
  if (type == "media") return "media-safety";
  return "dynamic-risk";
}

void ReadDynamicKind(const DynamicChange& change, bool creating, PolicyRow& row, Reader& reader) {
  if (change.type) {
    if (policy::IsDynamicType(*change.type)) {
      row.type = *change.type;
      if (creating) row.policy.category = CategoryOfType(row.type);
    } else {
      reader.Problem("type", "unknown type \"" + *change.type +
                                 "\"; accepted: content, user, risk, cost, media");
    }
  }
  if (!change.category) return;
  if (policy::IsDynamicCategory(*change.category)) {
    row.policy.category = *change.category;
  } else {
    reader.Problem("category", "unknown category \"" + *change.category +
                                   "\"; it must be one that begins with dynamic- or media-");
  }
}

// A list in the shape of the wire, read and written again, so that what is stored has one form.
template <typename Read, typename Write>
void ReadList(std::string_view field, const std::optional<std::string>& json, Reader& reader,
              Read read, Write write, std::string& out) {
  if (!json) return;
  JsonDocument document;
  const auto root = document.Parse(*json);
  if (!root || root->type() != JsonType::kArray) {
    return reader.Problem(field, std::string(field) + " must be a list");
  }
  std::vector<FieldProblem> problems;
  const auto list = read(*root, problems);
  for (auto& problem : problems) reader.Problem(problem.field, std::move(problem.message));
  if (!problems.empty()) return;
  if (list.empty()) return reader.Problem(field, std::string(field) + " must not be empty");
  JsonWriter writer;
  write(list, writer);
  out = std::move(writer).Take();
}

}  // namespace

std::string_view CurrentCategory(std::string_view category) {
  for (const auto& legacy : kLegacyCategories) {
    if (legacy.old_name == category) return legacy.name;
  }
  return category;
}

bool IsOwnSlug(std::string_view slug) {
  if (slug.size() < 2 || slug.size() > kSlugBytesMax || slug.starts_with(kSystemPrefix)) {
    return false;
  }
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto inside = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (!letter(slug[0]) || !std::ranges::all_of(slug, inside)) return false;
  const bool looks_like_uuid = slug.size() == kUuidBytes && slug[8] == '-' && slug[13] == '-' &&
                               slug[18] == '-' && slug[23] == '-';
  return !looks_like_uuid;
}

Refusal Invalid(std::vector<FieldProblem> problems) {
  std::string message = "the policy is not valid";
  if (!problems.empty()) message = problems.front().field + ": " + problems.front().message;
  return {Error{ErrorCode::kInvalidArgument, std::move(message)}, Reason::kValidation,
          std::move(problems)};
}

std::vector<FieldProblem> ReadStatic(const StaticChange& change, bool creating, PolicyRow& row) {
  Reader reader;
  policy::Policy& policy = row.policy;
  row.kind = PolicyKind::kStatic;
  if (creating) {
    policy.tier = policy::Tier::kTenant;
    policy.priority = 100;
    reader.Required("name", change.name.has_value());
    reader.Required("category", change.category.has_value());
    reader.Required("pattern", change.pattern.has_value());
    reader.Required("action", change.action.has_value());
  }
  reader.Common(change, creating, kStaticPriorityMax, row);
  reader.Text("name", change.name, kStaticName, policy.name);
  reader.Text("description", change.description, kStaticDescription, policy.description);
  ReadStaticCategory(change.category, policy, reader);
  if (change.action) reader.ActionWord("action", *change.action, false, policy.action);
  reader.PhaseAction("action_request", change.action_request, policy.action_request);
  reader.PhaseAction("action_response", change.action_response, policy.action_response);
  ReadStrategy(change.redaction_strategy, policy, reader);
  ReadPhase(change.phase, policy, reader);
  reader.Texts("must_match", change.must_match, kExamplesMax, kExampleBytesMax, policy.must_match);
  reader.Texts("must_not_match", change.must_not_match, kExamplesMax, kExampleBytesMax,
               policy.must_not_match);
  bool pattern_good = !creating || change.pattern.has_value();
  if (change.pattern && (creating || *change.pattern != policy.pattern)) {
    const Status checked = policy::CheckTenantPattern(*change.pattern);
    pattern_good = checked.ok();
    if (checked) policy.pattern = *change.pattern;
    if (!checked) reader.Problem("pattern", checked.error().message);
  }
  const bool texts_or_pattern = change.pattern || change.must_match || change.must_not_match;
  if (pattern_good && texts_or_pattern) CheckExamples(policy, reader);
  return std::move(reader).Take();
}

std::vector<FieldProblem> ReadDynamic(const DynamicChange& change, bool creating, PolicyRow& row) {
  Reader reader;
  row.kind = PolicyKind::kDynamic;
  if (creating) {
    row.policy.tier = policy::Tier::kTenant;
    row.policy.priority = 0;
    row.policy.allow_override = false;
    reader.Required("name", change.name.has_value());
    reader.Required("type", change.type.has_value());
    reader.Required("conditions", change.conditions.has_value());
    reader.Required("actions", change.actions.has_value());
  }
  reader.Common(change, creating, kDynamicPriorityMax, row);
  reader.Text("name", change.name, kDynamicName, row.policy.name);
  reader.Text("description", change.description, kDynamicDescription, row.policy.description);
  ReadDynamicKind(change, creating, row, reader);
  ReadList(
      "conditions", change.conditions, reader,
      [](JsonValue list, std::vector<FieldProblem>& problems) {
        return policy::ReadConditions(list, policy::PatternCheck::kTrial, problems);
      },
      policy::WriteConditions, row.conditions);
  ReadList(
      "actions", change.actions, reader,
      [&row](JsonValue list, std::vector<FieldProblem>& problems) {
        auto steps = policy::ReadActions(list, problems);
        row.policy.action = StrictestOf(steps);
        return steps;
      },
      policy::WriteActions, row.actions);
  return std::move(reader).Take();
}

}  // namespace axonflow::policy_admin
