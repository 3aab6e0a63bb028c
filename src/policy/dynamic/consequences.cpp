#include <algorithm>
#include <utility>

#include "policy/dynamic/dynamic_set.h"

namespace axonflow::policy {
namespace {

void AddOnce(std::vector<std::string>& texts, std::string text) {
  if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
}

// "[a b c]", the way the wire spells a list inside a text.
std::string Bracketed(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ' ';
    out += text;
  }
  return out + "]";
}

// The reason of a step, else of its policy.
std::string ReasonOf(const DynamicPolicy& policy, const StepConfig& config) {
  if (!config.reason.empty()) return config.reason;
  return policy.policy.description.empty() ? policy.policy.name : policy.policy.description;
}

void Intersect(std::optional<std::vector<std::string>>& allowed,
               const std::vector<std::string>& with) {
  if (!allowed) {
    allowed.emplace();
    for (const std::string& provider : with) AddOnce(*allowed, provider);
    return;
  }
  std::erase_if(*allowed, [&](const std::string& provider) {
    return std::ranges::find(with, provider) == with.end();
  });
}

void AddStep(const DynamicPolicy& policy, const ActionStep& step, Consequences& sum) {
  if (step.type == DynamicAction::kAllow || step.type == DynamicAction::kLog ||
      step.type == DynamicAction::kAlert || step.type == DynamicAction::kWarn ||
      step.type == DynamicAction::kRateLimit) {
    return;
  }
  StepConfig config = ReadConfig(step);
  switch (step.type) {
    case DynamicAction::kBlock:
      AddOnce(sum.required_actions, "blocked: " + ReasonOf(policy, config));
      return;
    case DynamicAction::kRedact:
      AddOnce(sum.required_actions, "redact: " + Bracketed(config.fields));
      for (std::string& field : config.fields) AddOnce(sum.redact_fields, std::move(field));
      return;
    case DynamicAction::kRequireApproval:
      AddOnce(sum.required_actions, "require_approval");
      AddOnce(sum.required_actions, "approval_reason: " + ReasonOf(policy, config));
      return;
    case DynamicAction::kRoute:
      if (config.allowed_providers) Intersect(sum.allowed_providers, *config.allowed_providers);
      if (!config.preferred_provider.empty()) {
        sum.preferred_provider = std::move(config.preferred_provider);
      }
      return;
    case DynamicAction::kModifyRisk:
      if (config.modifier) sum.risk_score *= *config.modifier;
      if (config.add) sum.risk_score += *config.add;
      // Kept in bounds after every step, so that one extreme step cannot drown the others.
      sum.risk_score = std::clamp(sum.risk_score, 0.0, 1.0);
      return;
    default:
      return;
  }
}

}  // namespace

Consequences AddUp(std::span<const DynamicPolicy* const> matched, double risk_score) {
  Consequences sum;
  sum.risk_score = std::clamp(risk_score, 0.0, 1.0);
  for (const DynamicPolicy* policy : matched) {
    for (const ActionStep& step : policy->actions) AddStep(*policy, step, sum);
  }
  return sum;
}

}  // namespace axonflow::policy
