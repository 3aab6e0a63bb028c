#include "policy/dynamic/dynamic_json.h"

#include <algorithm>
#include <array>
#include <utility>

#include "policy/dynamic/dynamic_set.h"
#include "policy/dynamic/text_form.h"

namespace axonflow::policy {
namespace {

constexpr std::size_t kNameCharactersMin = 3;
constexpr std::size_t kNameCharactersMax = 100;
constexpr std::size_t kDescriptionCharactersMax = 500;
constexpr std::size_t kSegmentCharactersMax = 128;
constexpr int kPriorityMax = 1'000;
constexpr std::size_t kConfigBytesMax = 16'384;
constexpr std::size_t kProblemsMax = 100;  // more would help nobody

constexpr auto kTypes =
    std::to_array<std::string_view>({"content", "user", "risk", "cost", "media"});
constexpr auto kCategories = std::to_array<std::string_view>(
    {"dynamic-risk", "dynamic-compliance", "dynamic-security", "dynamic-cost", "dynamic-access",
     "dynamic-rate-limit", "dynamic-budget", "dynamic-time-access", "dynamic-role-access",
     "media-safety", "media-biometric", "media-document", "media-pii"});
constexpr std::string_view kOperatorWords =
    "equals, not_equals, contains, not_contains, contains_any, regex, greater_than, less_than, "
    "greater_or_equal, less_or_equal, in, not_in";
constexpr std::string_view kActionWords =
    "allow, log, alert, warn, route, modify_risk, rate_limit, redact, require_approval, block";

// Where problems are told.
class Problems {
 public:
  explicit Problems(std::vector<FieldProblem>& list) : list_(list) {}

  void Add(std::string field, std::string message) {
    if (list_.size() < kProblemsMax) list_.push_back({std::move(field), std::move(message)});
  }

 private:
  std::vector<FieldProblem>& list_;
};

std::string Path(std::string_view list, std::size_t index, std::string_view member) {
  std::string path = std::string(list) + "[" + std::to_string(index) + "]";
  if (!member.empty()) path += "." + std::string(member);
  return path;
}

std::string Unknown(std::string_view what, std::string_view word, std::string_view accepted) {
  constexpr std::size_t kShownMax = 64;
  return "unknown " + std::string(what) + " \"" + std::string(word.substr(0, kShownMax)) +
         "\"; accepted: " + std::string(accepted);
}

// A single value; nothing for null, arrays and objects.
std::optional<ConditionValue> SingleValue(const JsonValue& value) {
  if (const auto text = value.AsString()) return std::string(*text);
  if (const auto boolean = value.AsBool()) return *boolean;
  if (const auto number = value.AsDouble()) return *number;
  return std::nullopt;
}

std::optional<ConditionValue> ReadValue(const JsonValue& value) {
  if (value.type() != JsonType::kArray) return SingleValue(value);
  std::vector<std::string> texts;
  bool all_single = true;
  value.ForEachElement([&](JsonValue element) {
    const auto single = SingleValue(element);
    all_single = all_single && single.has_value();
    if (single) texts.push_back(*TextForm(*single));
  });
  if (!all_single) return std::nullopt;
  return texts;
}

// The text of a required member; tells when it is absent, empty or no text.
std::optional<std::string_view> RequiredText(const JsonValue& object, std::string_view member,
                                             const std::string& path, Problems& problems) {
  const auto value = object.Find(member);
  if (!value) {
    problems.Add(path, "is required");
    return std::nullopt;
  }
  const auto text = value->AsString();
  if (!text || text->empty()) {
    problems.Add(path, text ? "must not be empty" : "must be a text");
    return std::nullopt;
  }
  return text;
}

std::optional<Condition> ReadCondition(const JsonValue& element, std::size_t index,
                                       PatternCheck patterns, Problems& problems) {
  constexpr std::string_view kList = "conditions";
  if (element.type() != JsonType::kObject) {
    problems.Add(Path(kList, index, ""), "must be an object");
    return std::nullopt;
  }
  const auto field = RequiredText(element, "field", Path(kList, index, "field"), problems);
  const auto word = RequiredText(element, "operator", Path(kList, index, "operator"), problems);
  const auto op = word ? ParseOperator(*word) : std::nullopt;
  if (word && !op) {
    problems.Add(Path(kList, index, "operator"), Unknown("operator", *word, kOperatorWords));
  }
  const auto raw = element.Find("value");
  const auto value = raw ? ReadValue(*raw) : std::nullopt;
  if (!value) {
    problems.Add(Path(kList, index, "value"),
                 raw ? "must be a text, a number, a boolean or a list of these" : "is required");
  }
  if (field && !IsField(*field)) {
    problems.Add(Path(kList, index, "field"),
                 Unknown("field", *field,
                         "query, response, request_type, request_id, user.*, client.*, connector, "
                         "environment, risk_score, cost_estimate, context.<key>, media.<key>, "
                         "step.<key>, step_input.<key>"));
    return std::nullopt;
  }
  if (!field || !op || !value) return std::nullopt;
  Condition condition{std::string(*field), *op, *value};
  const auto problem = CheckCondition(condition, patterns);
  if (!problem) return condition;
  problems.Add(Path(kList, index, problem->member), problem->message);
  return std::nullopt;
}

bool IsTextList(const JsonValue& value) {
  if (value.type() != JsonType::kArray) return false;
  bool all_texts = true;
  value.ForEachElement(
      [&](JsonValue element) { all_texts = all_texts && element.type() == JsonType::kString; });
  return all_texts;
}

// Members of a configuration that this engine reads, and their types.
void CheckConfig(DynamicAction type, const JsonValue& config, const std::string& path,
                 Problems& problems) {
  const auto expect = [&](std::string_view member, auto&& is_right, std::string_view what) {
    const auto value = config.Find(member);
    if (!value || is_right(*value)) return;
    problems.Add(path + "." + std::string(member), "must be " + std::string(what));
  };
  const auto is_text = [](const JsonValue& value) { return value.type() == JsonType::kString; };
  const auto is_number = [](const JsonValue& value) { return value.type() == JsonType::kNumber; };
  const auto is_texts = [&](const JsonValue& value) { return is_text(value) || IsTextList(value); };
  expect("reason", is_text, "a text");
  expect("message", is_text, "a text");
  if (type == DynamicAction::kRedact) expect("fields", is_texts, "a list of texts");
  if (type == DynamicAction::kRoute) {
    expect("allowed_providers", IsTextList, "a list of texts");
    expect("preferred_provider", is_text, "a text");
  }
  if (type == DynamicAction::kModifyRisk) {
    expect("add", is_number, "a number");
    expect("modifier", is_number, "a number");
  }
}

std::optional<ActionStep> ReadAction(const JsonValue& element, std::size_t index,
                                     Problems& problems) {
  constexpr std::string_view kList = "actions";
  if (element.type() != JsonType::kObject) {
    problems.Add(Path(kList, index, ""), "must be an object");
    return std::nullopt;
  }
  const auto word = RequiredText(element, "type", Path(kList, index, "type"), problems);
  if (!word) return std::nullopt;
  const auto type = ParseDynamicAction(*word);
  if (!type) {
    problems.Add(Path(kList, index, "type"), Unknown("action", *word, kActionWords));
    return std::nullopt;
  }
  ActionStep step;
  step.type = *type;
  const auto config = element.Find("config");
  if (!config) return step;
  const std::string path = Path(kList, index, "config");
  if (config->type() != JsonType::kObject) {
    problems.Add(path, "must be an object");
    return std::nullopt;
  }
  step.config = config->ToString();
  if (step.config.size() > kConfigBytesMax) {
    problems.Add(path, "has more than " + std::to_string(kConfigBytesMax) + " bytes");
  }
  CheckConfig(*type, *config, path, problems);
  return step;
}

// Whether `list` is an array of 1 to `most` elements; tells when not.
bool CheckList(const JsonValue& list, std::string_view name, std::size_t most, Problems& problems) {
  if (list.type() != JsonType::kArray) {
    problems.Add(std::string(name), "must be a list");
  } else if (list.size() == 0) {
    problems.Add(std::string(name), "at least one is required");
  } else if (list.size() > most) {
    problems.Add(std::string(name), "at most " + std::to_string(most) + " are allowed");
  } else {
    return true;
  }
  return false;
}

std::size_t CharactersOf(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Reads one member after the other. Each call does nothing when the member is absent.
class PolicyReader {
 public:
  PolicyReader(JsonValue body, std::vector<FieldProblem>& problems)
      : body_(body), list_(problems), problems_(problems) {}

  void Require(std::string_view name) {
    if (!body_.Find(name)) problems_.Add(std::string(name), "is required");
  }

  void Text(std::string_view name, std::size_t least, std::size_t most, std::string& out) {
    const auto text = TextOf(name);
    if (!text) return;
    const std::size_t size = CharactersOf(*text);
    if (size < least || size > most) {
      problems_.Add(std::string(name), "must have " + std::to_string(least) + " to " +
                                           std::to_string(most) + " characters");
      return;
    }
    out = *text;
  }

  // `parse` turns the word into an optional value.
  template <typename Parse, typename Out>
  void Word(std::string_view name, Parse&& parse, std::string_view accepted, Out& out) {
    const auto text = TextOf(name);
    if (!text) return;
    const auto value = parse(*text);
    if (value) {
      out = *value;
    } else {
      problems_.Add(std::string(name), Unknown("value", *text, accepted));
    }
  }

  void Boolean(std::string_view name, bool& out) {
    const auto member = body_.Find(name);
    if (!member) return;
    const auto value = member->AsBool();
    if (value) {
      out = *value;
    } else {
      problems_.Add(std::string(name), "must be true or false");
    }
  }

  void Priority(int& out) {
    const auto member = body_.Find("priority");
    if (!member) return;
    const auto value = member->AsInt();
    if (value && *value >= 0 && *value <= kPriorityMax) {
      out = static_cast<int>(*value);
    } else {
      problems_.Add("priority", "must be a whole number from 0 to " + std::to_string(kPriorityMax));
    }
  }

  void Rules(PatternCheck patterns, DynamicPolicy& policy) {
    if (const auto list = body_.Find("conditions")) {
      policy.conditions = ReadConditions(*list, patterns, list_);
    }
    if (const auto list = body_.Find("actions")) policy.actions = ReadActions(*list, list_);
  }

 private:
  std::optional<std::string_view> TextOf(std::string_view name) {
    const auto member = body_.Find(name);
    if (!member) return std::nullopt;
    const auto text = member->AsString();
    if (!text) problems_.Add(std::string(name), "must be a text");
    return text;
  }

  JsonValue body_;
  std::vector<FieldProblem>& list_;
  Problems problems_;
};

std::optional<std::string_view> If(bool known, std::string_view word) {
  return known ? std::optional(word) : std::nullopt;
}

std::optional<Tier> WritableTier(std::string_view word) {
  if (word == ToString(Tier::kOrganization)) return Tier::kOrganization;
  if (word == ToString(Tier::kTenant)) return Tier::kTenant;
  return std::nullopt;
}

template <typename T, typename Read>
Result<T> ParseList(std::string_view json, Read&& read) {
  JsonDocument document;
  const auto root = document.Parse(json);
  if (!root) return root.error();
  std::vector<FieldProblem> problems;
  T list = read(*root, problems);
  if (problems.empty()) return list;
  return Error{ErrorCode::kInvalidArgument, problems[0].field + ": " + problems[0].message};
}

}  // namespace

bool IsDynamicCategory(std::string_view category) {
  return std::ranges::find(kCategories, category) != kCategories.end();
}

bool IsDynamicType(std::string_view type) {
  return std::ranges::find(kTypes, type) != kTypes.end();
}

std::vector<Condition> ReadConditions(JsonValue list, PatternCheck patterns,
                                      std::vector<FieldProblem>& problems) {
  std::vector<Condition> conditions;
  Problems sink(problems);
  if (!CheckList(list, "conditions", DynamicSet::kConditionsMax, sink)) return conditions;
  std::size_t index = 0;
  list.ForEachElement([&](JsonValue element) {
    auto condition = ReadCondition(element, index++, patterns, sink);
    if (condition) conditions.push_back(std::move(*condition));
  });
  return conditions;
}

std::vector<ActionStep> ReadActions(JsonValue list, std::vector<FieldProblem>& problems) {
  std::vector<ActionStep> actions;
  Problems sink(problems);
  if (!CheckList(list, "actions", DynamicSet::kActionsMax, sink)) return actions;
  std::size_t index = 0;
  list.ForEachElement([&](JsonValue element) {
    auto step = ReadAction(element, index++, sink);
    if (step) actions.push_back(std::move(*step));
  });
  return actions;
}

Result<std::vector<Condition>> ParseConditions(std::string_view json) {
  return ParseList<std::vector<Condition>>(json, [](JsonValue root, auto& problems) {
    return ReadConditions(root, PatternCheck::kShape, problems);
  });
}

Result<std::vector<ActionStep>> ParseActions(std::string_view json) {
  return ParseList<std::vector<ActionStep>>(
      json, [](JsonValue root, auto& problems) { return ReadActions(root, problems); });
}

void ReadDynamicPolicy(JsonValue body, Completeness completeness, PatternCheck patterns,
                       DynamicPolicy& policy, std::vector<FieldProblem>& problems) {
  if (body.type() != JsonType::kObject) {
    Problems(problems).Add("", "must be an object");
    return;
  }
  PolicyReader reader(body, problems);
  if (completeness == Completeness::kCreate) {
    policy.policy.priority = 0;
    policy.policy.allow_override = false;
    for (const std::string_view name : {"name", "type", "category", "conditions", "actions"}) {
      reader.Require(name);
    }
  }
  Policy& head = policy.policy;
  reader.Text("name", kNameCharactersMin, kNameCharactersMax, head.name);
  reader.Text("description", 0, kDescriptionCharactersMax, head.description);
  reader.Word(
      "type", [](std::string_view word) { return If(IsDynamicType(word), word); },
      "content, user, risk, cost, media", policy.type);
  reader.Word(
      "category", [](std::string_view word) { return If(IsDynamicCategory(word), word); },
      "dynamic-{risk,compliance,security,cost,access,rate-limit,budget,time-access,role-access}, "
      "media-{safety,biometric,document,pii}",
      head.category);
  reader.Word("tier", WritableTier, "organization, tenant", head.tier);
  reader.Priority(head.priority);
  reader.Boolean("enabled", head.enabled);
  reader.Word("mode", ParseMode, "enforce, shadow", head.mode);
  reader.Text("segment_id", 0, kSegmentCharactersMax, head.segment);
  reader.Word("risk_level", ParseSeverity, "low, medium, high, critical", head.risk_level);
  reader.Boolean("allow_override", head.allow_override);
  // The severity of a policy by conditions is its risk, and a critical one admits no way past it.
  head.severity = head.risk_level;
  if (head.risk_level == Severity::kCritical) head.allow_override = false;
  reader.Rules(patterns, policy);
}

}  // namespace axonflow::policy
