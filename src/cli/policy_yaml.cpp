#include "cli/policy_yaml.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "policy/types.h"

namespace axonflow::cli {
namespace {

using policy::Policy;
using policy::Severity;

constexpr int kEntryIndent = 4;  // of the keys of a policy
constexpr int kStaticPriorityDefault = 100;
constexpr int kDynamicPriorityDefault = 0;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t Digits(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - at;
}

// The grammar of RFC 8259, section 6.
bool IsJsonNumber(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = Digits(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = Digits(text, at + 1);
    if (fraction == 0) return false;
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = Digits(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

bool IsJsonWord(std::string_view text) {
  return text == "true" || text == "false" || text == "null";
}

std::string QuotedJson(std::string_view text) {
  JsonWriter json;
  json.String(text);
  return std::move(json).Take();
}

// Words that other readers of YAML take for something else than a text are put in quotes as well.
bool IsSpecialWord(std::string_view text) {
  constexpr std::string_view kWords[] = {"yes",   "no",   "on", "off", "true",
                                         "false", "null", "y",  "n"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::find(kWords, lower) != std::end(kWords);
}

bool IsPlain(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto inside = [&](char c) {
    return letter(c) || IsDigit(c) || c == '_' || c == '-' || c == '.' || c == ',' || c == ' ' ||
           c == '/' || c == '(' || c == ')' || c == ';';
  };
  return !text.empty() && letter(text.front()) && text.back() != ' ' &&
         std::ranges::all_of(text, inside) && !IsSpecialWord(text);
}

void WriteValue(JsonValue value, int indent, std::string& out);

// The members of an object or the elements of an array, a line each.
void WriteMembers(JsonValue object, int indent, bool first_stands, std::string& out) {
  bool first = first_stands;
  object.ForEachMember([&](std::string_view key, JsonValue value) {
    if (!first) out.append(static_cast<std::size_t>(indent), ' ');
    first = false;
    out += TextAsYaml(key) + ":";
    WriteValue(value, indent + 2, out);
  });
}

void WriteElements(JsonValue array, int indent, std::string& out) {
  array.ForEachElement([&](JsonValue value) {
    out.append(static_cast<std::size_t>(indent), ' ');
    out += '-';
    if (value.type() == JsonType::kObject && value.size() > 0) {
      out += ' ';
      WriteMembers(value, indent + 2, true, out);
    } else {
      WriteValue(value, indent + 2, out);
    }
  });
}

// From after a colon or dash to the end of the value's last line.
void WriteValue(JsonValue value, int indent, std::string& out) {
  switch (value.type()) {
    case JsonType::kObject:
      if (value.size() == 0) break;
      out += '\n';
      return WriteMembers(value, indent, false, out);
    case JsonType::kArray:
      if (value.size() == 0) break;
      out += '\n';
      return WriteElements(value, indent, out);
    case JsonType::kString:
      out += " " + TextAsYaml(*value.AsString()) + "\n";
      return;
    default:
      break;
  }
  out += " " + value.ToString() + "\n";
}

// Writes the keys of one policy.
class EntryWriter {
 public:
  explicit EntryWriter(std::string& out) : out_(out) {}

  void Id(const std::string& id) { out_ += "  - id: " + TextAsYaml(id) + "\n"; }
  void Line(std::string_view key, std::string_view value) {
    out_.append(kEntryIndent, ' ');
    out_ += std::string(key) + ": " + std::string(value) + "\n";
  }
  void Text(std::string_view key, std::string_view text) { Line(key, TextAsYaml(text)); }
  void Json(std::string_view key, std::string_view json) {
    out_.append(kEntryIndent, ' ');
    out_ += std::string(key) + ":" + JsonAsYaml(json, kEntryIndent + 2);
  }
  void Texts(std::string_view key, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    out_.append(kEntryIndent, ' ');
    out_ += std::string(key) + ":\n";
    for (const auto& text : texts) {
      out_.append(kEntryIndent + 2, ' ');
      out_ += "- " + TextAsYaml(text) + "\n";
    }
  }
  void Action(std::string_view key, const std::optional<policy::Action>& action) {
    if (action) Text(key, policy::ToString(*action));
  }

  void Head(const Policy& policy) {
    Id(policy.id);
    Text("name", policy.name);
    if (!policy.description.empty()) Text("description", policy.description);
  }

  // What both kinds have; the defaults are those of policy_admin/requests.h.
  void Rest(const Policy& policy, bool allow_override_default, int priority_default,
            const policy_admin::RowFacts& facts) {
    if (policy.severity != Severity::kMedium) {
      Text("severity", policy::ToString(policy.severity));
    }
    if (policy.risk_level != policy.severity) {
      Text("risk_level", policy::ToString(policy.risk_level));
    }
    const bool may_be_overridden =
        allow_override_default && policy.risk_level != Severity::kCritical;
    if (policy.allow_override != may_be_overridden) {
      Line("allow_override", policy.allow_override ? "true" : "false");
    }
    if (policy.priority != priority_default) Line("priority", std::to_string(policy.priority));
    if (!policy.enabled) Line("enabled", "false");
    if (policy.mode != policy::Mode::kEnforce) Text("mode", policy::ToString(policy.mode));
    if (!policy.segment.empty()) Text("segment", policy.segment);
    Texts("tags", facts.tags);
    if (facts.metadata != "{}") Json("metadata", facts.metadata);
  }

 private:
  std::string& out_;
};

void WriteStatic(const policy_admin::StaticRecord& record, std::string& out) {
  const Policy& policy = record.policy;
  EntryWriter entry(out);
  entry.Head(policy);
  entry.Text("category", policy.category);
  entry.Text("pattern", policy.pattern);
  entry.Action("action", policy.action);
  entry.Action("action_request", policy.action_request);
  entry.Action("action_response", policy.action_response);
  if (policy.strategy) entry.Text("redaction_strategy", policy::ToString(*policy.strategy));
  if (!policy.on_response) entry.Line("phase", "request");
  if (!policy.on_request) entry.Line("phase", "response");
  entry.Rest(policy, true, kStaticPriorityDefault, record);
  entry.Texts("must_match", policy.must_match);
  entry.Texts("must_not_match", policy.must_not_match);
}

void WriteDynamic(const policy_admin::DynamicRecord& record, std::string& out) {
  const Policy& policy = record.policy.policy;
  EntryWriter entry(out);
  entry.Head(policy);
  entry.Text("type", record.policy.type);
  entry.Text("category", policy.category);
  entry.Json("conditions", record.conditions_json);
  entry.Json("actions", record.actions_json);
  entry.Rest(policy, false, kDynamicPriorityDefault, record);
}

}  // namespace

std::string ScalarAsJson(std::string_view scalar, bool quoted) {
  if (!quoted && (IsJsonNumber(scalar) || IsJsonWord(scalar))) return std::string(scalar);
  return QuotedJson(scalar);
}

std::string TextAsYaml(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  // Within double quotes every text has a form; in single ones patterns keep their backslashes.
  const bool has_control = std::ranges::any_of(text, [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
  if (has_control) return QuotedJson(text);
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

std::string JsonAsYaml(std::string_view json, int indent) {
  JsonDocument document;
  const auto root = document.Parse(json);
  if (!root) return "";
  std::string out;
  WriteValue(*root, indent, out);
  return out;
}

std::string PolicyFileText(const policy_admin::OwnedPolicies& owned, std::string_view heading) {
  std::string out;
  while (!heading.empty()) {
    const std::string_view line = heading.substr(0, heading.find('\n'));
    out += "# " + std::string(line) + "\n";
    heading.remove_prefix(std::min(line.size() + 1, heading.size()));
  }
  out += owned.static_policies.empty() ? "static_policies: []\n" : "static_policies:\n";
  for (const auto& record : owned.static_policies) WriteStatic(record, out);
  out += owned.dynamic_policies.empty() ? "dynamic_policies: []\n" : "dynamic_policies:\n";
  for (const auto& record : owned.dynamic_policies) WriteDynamic(record, out);
  return out;
}

}  // namespace axonflow::cli
