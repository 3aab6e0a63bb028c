#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// What the demo sends, how it reads the answers and what it expects of them. Pure: no socket.
namespace axonflow::cli {

enum class Expectation { kPasses, kCardIsKeptBack, kSqlInjectionIsBlocked };

struct DemoPrompt {
  std::string_view label;
  std::string_view text;
  Expectation expectation;
};

// A harmless prompt, one with the card networks' published test number, one with SQL injection.
const std::vector<DemoPrompt>& DemoPrompts();

// Body of POST /api/policy/pre-check.
std::string PreCheckBody(std::string_view query, std::string_view client_id);
// Body of POST /api/v1/audit/search for the records of one decision.
std::string SearchBody(std::string_view decision_id);

struct PreCheckAnswer {
  std::string verdict;  // allowed, redacted, needs_approval, blocked: as the audit record spells it
  std::vector<std::string> policies;
  std::string decision_id;
};

// Each reader fails with kUnavailable when the text is not JSON of the expected shape.
Result<PreCheckAnswer> ReadPreCheckAnswer(std::string_view json);

struct AuditEntry {
  std::string decision_id;
  std::string verdict;
};
Result<std::vector<AuditEntry>> ReadSearchAnswer(std::string_view json);

struct Explanation {
  std::string decision_id;
  std::string verdict;
  std::vector<std::string> policies;
};
Result<Explanation> ReadExplanation(std::string_view json);

// What is wrong with the answer or its records, as a sentence; nothing when all is as expected.
std::optional<std::string> JudgeVerdict(Expectation expectation, const PreCheckAnswer& answer);
std::optional<std::string> JudgeRecord(const PreCheckAnswer& answer,
                                       const std::vector<AuditEntry>& entries,
                                       const Explanation& explanation);

}  // namespace axonflow::cli
