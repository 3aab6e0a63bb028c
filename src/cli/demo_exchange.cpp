#include "cli/demo_exchange.h"

#include <algorithm>

#include "base/json.h"
#include "base/json_writer.h"

namespace axonflow::cli {
namespace {

Error WrongShape(std::string_view what) {
  return Error{ErrorCode::kUnavailable,
               "the server's answer is not as expected: " + std::string(what)};
}

std::string TextOf(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  const auto text = member ? member->AsString() : std::nullopt;
  return std::string(text.value_or(""));
}

bool FlagOf(const JsonValue& object, std::string_view name) {
  const auto member = object.Find(name);
  return member && member->AsBool().value_or(false);
}

// The id goes into the path of the next request.
bool IsPathSafe(std::string_view id) {
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool AnyStartsWith(const std::vector<std::string>& policies, std::string_view prefix) {
  return std::any_of(policies.begin(), policies.end(),
                     [prefix](const std::string& id) { return id.starts_with(prefix); });
}

}  // namespace

const std::vector<DemoPrompt>& DemoPrompts() {
  static const std::vector<DemoPrompt> kPrompts = {
      {"harmless", "Write two friendly sentences that thank a customer for their patience.",
       Expectation::kPasses},
      {"card number", "Please refund the order that was paid with card 4111 1111 1111 1111.",
       Expectation::kCardIsKeptBack},
      {"SQL injection",
       "Look up the order of customer ' OR '1'='1' UNION SELECT name, password FROM accounts --",
       Expectation::kSqlInjectionIsBlocked},
  };
  return kPrompts;
}

std::string PreCheckBody(std::string_view query, std::string_view client_id) {
  JsonWriter json;
  json.BeginObject().Field("query", query).Field("client_id", client_id).EndObject();
  return std::move(json).Take();
}

std::string SearchBody(std::string_view decision_id) {
  JsonWriter json;
  json.BeginObject().Field("decision_id", decision_id).Field("limit", 10).EndObject();
  return std::move(json).Take();
}

Result<PreCheckAnswer> ReadPreCheckAnswer(std::string_view json) {
  JsonDocument document;
  const Result<JsonValue> root = document.Parse(json);
  if (!root) return WrongShape(root.error().message);
  const auto approved = root->Find("approved");
  if (!approved || !approved->AsBool()) return WrongShape("\"approved\" is missing");

  PreCheckAnswer answer;
  answer.decision_id = TextOf(*root, "decision_id");
  if (answer.decision_id.empty()) answer.decision_id = TextOf(*root, "context_id");
  if (answer.decision_id.empty()) return WrongShape("\"context_id\" is missing");
  if (!IsPathSafe(answer.decision_id)) return WrongShape("the decision id is not a plain word");
  if (const auto policies = root->Find("policies")) {
    policies->ForEachElement(
        [&answer](JsonValue id) { answer.policies.emplace_back(id.AsString().value_or("")); });
  }
  if (*approved->AsBool()) {
    answer.verdict = FlagOf(*root, "requires_redaction") ? "redacted" : "allowed";
  } else {
    const bool waits = TextOf(*root, "block_reason") == "require_approval";
    answer.verdict = waits ? "needs_approval" : "blocked";
  }
  return answer;
}

Result<std::vector<AuditEntry>> ReadSearchAnswer(std::string_view json) {
  JsonDocument document;
  const Result<JsonValue> root = document.Parse(json);
  if (!root) return WrongShape(root.error().message);
  const auto list = root->Find("entries");
  if (!list || list->type() != JsonType::kArray) return WrongShape("\"entries\" is missing");
  std::vector<AuditEntry> entries;
  list->ForEachElement([&entries](JsonValue entry) {
    entries.push_back({TextOf(entry, "decision_id"), TextOf(entry, "policy_decision")});
  });
  return entries;
}

Result<Explanation> ReadExplanation(std::string_view json) {
  JsonDocument document;
  const Result<JsonValue> root = document.Parse(json);
  if (!root) return WrongShape(root.error().message);
  Explanation explanation{TextOf(*root, "decision_id"), TextOf(*root, "decision"), {}};
  const auto matches = root->Find("policy_matches");
  if (!matches || matches->type() != JsonType::kArray) {
    return WrongShape("\"policy_matches\" is missing");
  }
  matches->ForEachElement([&explanation](JsonValue match) {
    explanation.policies.push_back(TextOf(match, "policy_id"));
  });
  return explanation;
}

std::optional<std::string> JudgeVerdict(Expectation expectation, const PreCheckAnswer& answer) {
  switch (expectation) {
    case Expectation::kPasses:
      if (answer.verdict != "allowed") return "a harmless prompt was not allowed";
      return std::nullopt;
    case Expectation::kCardIsKeptBack:
      if (answer.policies.empty()) return "the card number was not found";
      if (answer.verdict == "allowed") {
        return "the card number was found but may pass: PII_ACTION of the server is not redact or "
               "block";
      }
      return std::nullopt;
    case Expectation::kSqlInjectionIsBlocked:
      if (!AnyStartsWith(answer.policies, "sys_sqli_")) return "the SQL injection was not found";
      if (answer.verdict != "blocked") {
        return "the SQL injection was found but may pass: SQLI_ACTION of the server is not block";
      }
      return std::nullopt;
  }
  return "unknown expectation";
}

std::optional<std::string> JudgeRecord(const PreCheckAnswer& answer,
                                       const std::vector<AuditEntry>& entries,
                                       const Explanation& explanation) {
  if (entries.empty()) return "the decision has no audit record";
  if (entries.size() > 1) return "the decision has more than one audit record";
  if (entries.front().decision_id != answer.decision_id) {
    return "the audit record is of another decision";
  }
  if (entries.front().verdict != answer.verdict) {
    return "the audit record says \"" + entries.front().verdict + "\"";
  }
  if (explanation.decision_id != answer.decision_id) {
    return "the explanation is of another decision";
  }
  if (explanation.verdict != answer.verdict) {
    return "the explanation says \"" + explanation.verdict + "\"";
  }
  for (const std::string& policy : answer.policies) {
    if (std::find(explanation.policies.begin(), explanation.policies.end(), policy) ==
        explanation.policies.end()) {
      return "the explanation does not name " + policy;
    }
  }
  return std::nullopt;
}

}  // namespace axonflow::cli
