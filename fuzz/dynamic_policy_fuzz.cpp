#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_writer.h"
#include "policy/dynamic/dynamic_json.h"
#include "policy/dynamic/dynamic_set.h"

namespace {

using axonflow::JsonDocument;
using axonflow::JsonWriter;
using axonflow::policy::Completeness;
using axonflow::policy::DynamicPolicy;
using axonflow::policy::DynamicSet;
using axonflow::policy::Facts;
using axonflow::policy::PatternCheck;

// What is written of a policy must be read back without a problem, and then be written the same.
void CheckRoundTrip(const DynamicPolicy& policy) {
  JsonWriter conditions;
  WriteConditions(policy.conditions, conditions);
  JsonWriter actions;
  WriteActions(policy.actions, actions);
  const auto conditions_again = axonflow::policy::ParseConditions(conditions.text());
  const auto actions_again = axonflow::policy::ParseActions(actions.text());
  if (!conditions_again || !actions_again) std::abort();
  JsonWriter twice;
  WriteConditions(*conditions_again, twice);
  if (twice.text() != conditions.text()) std::abort();
}

}  // namespace

// The first line is a policy as the wire has it, the rest a text. A policy that is read without a
// problem must compile and evaluate.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string text(line == std::string_view::npos ? "" : input.substr(line + 1));
  JsonDocument document;
  const auto body = document.Parse(input.substr(0, line));
  if (!body) return 0;
  DynamicPolicy policy;
  std::vector<axonflow::policy::FieldProblem> problems;
  ReadDynamicPolicy(*body, Completeness::kCreate, PatternCheck::kShape, policy, problems);
  if (!problems.empty()) return 0;
  CheckRoundTrip(policy);
  policy.policy.id = "fuzzed";
  const auto set = DynamicSet::Compile({policy});
  if (!set) std::abort();
  Facts facts;
  facts.query = text;
  facts.user_role = text;
  facts.risk_score = 0.5;
  std::vector<std::uint32_t> matched;
  (*set)->Match(facts, matched);
  if (matched.size() > 1) std::abort();
  std::vector<const DynamicPolicy*> policies;
  for (const auto index : matched) policies.push_back(&(*set)->policies()[index]);
  const auto sum = axonflow::policy::AddUp(policies, 0.5);
  if (!(sum.risk_score >= 0 && sum.risk_score <= 1)) std::abort();
  return 0;
}
