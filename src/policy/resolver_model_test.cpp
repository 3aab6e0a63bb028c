// The resolver against a slow, obvious model of the same rules, on random cases.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "policy/resolver.h"
#include "policy/testing.h"

namespace axonflow::policy {
namespace {

constexpr Action kActions[] = {Action::kLog, Action::kWarn, Action::kRedact,
                               Action::kRequireApproval, Action::kBlock};
constexpr const char* kCategories[] = {"security-admin", "security-sqli", "pii-us", "custom"};
constexpr const char* kUsers[] = {"", "ann@example.org", "bob@example.org"};
constexpr const char* kTools[] = {"", "crm/read", "crm/write"};

class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}
  std::uint32_t Below(std::uint32_t bound) {
    return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(engine_);
  }
  bool Once(std::uint32_t in) { return Below(in) == 0; }
  template <typename T, std::size_t N>
  const T& Of(const T (&values)[N]) {
    return values[Below(N)];
  }

 private:
  std::mt19937 engine_;
};

Time At(std::int64_t seconds) { return Time(std::chrono::seconds(1'000'000 + seconds)); }

Policy RandomPolicy(Dice& dice, int number, Tier tier) {
  Policy policy;
  policy.id = "p" + std::to_string(number);
  policy.name = "Name " + policy.id;
  if (!dice.Once(4)) policy.description = "Reason " + policy.id;
  policy.category = dice.Of(kCategories);
  policy.tier = tier;
  policy.builtin = tier == Tier::kSystem && !dice.Once(3);
  policy.severity = static_cast<Severity>(dice.Below(4));
  policy.risk_level = static_cast<Severity>(dice.Below(4));
  policy.priority = static_cast<int>(dice.Below(4)) * 10;
  policy.action = dice.Of(kActions);
  if (dice.Once(3)) policy.action_request = dice.Of(kActions);
  if (dice.Once(3)) policy.action_response = dice.Of(kActions);
  policy.allow_override = dice.Once(2);
  policy.enabled = !dice.Once(5);
  policy.mode = dice.Once(6) ? Mode::kShadow : Mode::kEnforce;
  if (dice.Once(5)) policy.segment = dice.Once(2) ? "finance" : "research";
  if (dice.Once(5)) policy.planes = PlaneSet::None().With(Plane::kGateway).With(Plane::kProxy);
  policy.pattern = policy.id + "!";
  return policy;
}

PolicyView::Parts RandomParts(Dice& dice) {
  std::vector<Policy> tiers[3];
  const int count = 2 + static_cast<int>(dice.Below(7));
  for (int i = 0; i < count; ++i) {
    const auto tier = i == 0 ? Tier::kSystem : static_cast<Tier>(dice.Below(3));
    tiers[static_cast<std::size_t>(tier)].push_back(RandomPolicy(dice, i, tier));
  }
  PolicyView::Parts parts;
  parts.system = *PolicySet::Compile(tiers[0]);
  for (const auto tier : {1, 2}) {
    if (tiers[tier].empty()) continue;
    parts.own.push_back(*PolicySet::Compile(tiers[tier], PolicySet::Kind::kCustom));
  }
  const std::map<std::string, std::string> postures[] = {{},
                                                         {{"AXONFLOW_ENFORCE", "all"}},
                                                         {{"GATEWAY_PII_ACTION", "redact"}},
                                                         {{"SQLI_ACTION", "log"}}};
  parts.posture = std::make_shared<const Posture>(*Posture::FromVariables(dice.Of(postures)));
  for (std::uint32_t i = dice.Below(6); i > 0; --i) {
    AdminOverride each;
    each.id = "o" + std::to_string(i);
    each.policy_id = "p" + std::to_string(dice.Below(static_cast<std::uint32_t>(count) + 1));
    each.tier = dice.Once(2) ? Tier::kOrganization : Tier::kTenant;
    if (!dice.Once(3)) each.action = dice.Of(kActions);
    if (dice.Once(2)) each.enabled = dice.Once(2);
    if (dice.Once(2)) each.expires_at = At(static_cast<std::int64_t>(dice.Below(200)));
    parts.overrides.push_back(each);
  }
  for (std::uint32_t i = dice.Below(4); i > 0; --i) {
    SessionOverride each;
    each.id = "s" + std::to_string(i);
    each.policy_id = "p" + std::to_string(dice.Below(static_cast<std::uint32_t>(count)));
    each.user_email = kUsers[1 + dice.Below(2)];
    each.tool_signature = dice.Of(kTools);
    each.created_at = At(static_cast<std::int64_t>(dice.Below(100)));
    each.expires_at = At(static_cast<std::int64_t>(100 + dice.Below(100)));
    parts.session_overrides.push_back(each);
  }
  return parts;
}

// ---- The model. Written from the rules alone, with maps and loops, in no hurry.

struct Model {
  struct Entry {
    std::string id;
    Action action;
    bool shadow;
    bool overridden;
  };
  std::string outcome = "allowed";
  std::string reason;
  std::vector<Entry> entries;  // deciding first, then the order of evaluation, shadows last
  std::string override_id;
  Severity risk = Severity::kLow;
};

bool Critical(const Policy& policy) { return policy.risk_level == Severity::kCritical; }

Action PostureAction(const PolicyView::Parts& parts, const Policy& policy, const Circumstances& c) {
  if (policy.builtin && policy.category == "security-sqli") {
    return parts.posture->Choice(PostureGroup::kSqli, c.plane).action;
  }
  if (policy.builtin && policy.category == "pii-us") {
    return parts.posture->Choice(PostureGroup::kPii, c.plane).action;
  }
  if (c.phase == Phase::kRequest && policy.action_request) return *policy.action_request;
  if (c.phase == Phase::kResponse && policy.action_response) return *policy.action_response;
  return policy.action;
}

// What all unexpired overrides of one tier say about an attribute: the strictest.
template <typename Value>
std::optional<Value> Said(const PolicyView::Parts& parts, const Policy& policy, Tier tier, Time now,
                          std::optional<Value> AdminOverride::* attribute) {
  std::optional<Value> strictest;
  for (const auto& each : parts.overrides) {
    if (each.policy_id != policy.id || each.tier != tier || !(each.*attribute)) continue;
    if (each.expires_at && *each.expires_at <= now) continue;
    if (!strictest || *strictest < *(each.*attribute)) strictest = each.*attribute;
  }
  return strictest;
}

void ApplyOverrides(const PolicyView::Parts& parts, const Policy& policy, Time now, Action& action,
                    bool& enabled) {
  const Action own_action = action;
  const bool own_enabled = enabled;
  for (const Tier tier : {Tier::kOrganization, Tier::kTenant}) {
    // Overrides are for policies of the tiers above.
    if (policy.tier == Tier::kTenant) continue;
    if (policy.tier == Tier::kOrganization && tier == Tier::kOrganization) continue;
    const auto said_action = Said(parts, policy, tier, now, &AdminOverride::action);
    const auto said_enabled = Said(parts, policy, tier, now, &AdminOverride::enabled);
    const bool organization_spoke =
        tier == Tier::kTenant && policy.tier == Tier::kSystem &&
        Said(parts, policy, Tier::kOrganization, now, &AdminOverride::action).has_value();
    const bool organization_switched =
        tier == Tier::kTenant && policy.tier == Tier::kSystem &&
        Said(parts, policy, Tier::kOrganization, now, &AdminOverride::enabled).has_value();
    if (said_action) action = organization_spoke ? std::max(action, *said_action) : *said_action;
    if (said_enabled) enabled = organization_switched ? enabled || *said_enabled : *said_enabled;
  }
  if (policy.allow_override && !Critical(policy)) return;
  action = std::max(action, own_action);
  enabled = enabled || own_enabled;
}

std::string PassId(const PolicyView::Parts& parts, const Policy& policy, const Circumstances& c) {
  if (!policy.allow_override || Critical(policy) || c.user_email.empty()) return "";
  std::vector<const SessionOverride*> fitting;
  for (const auto& each : parts.session_overrides) {
    if (each.policy_id == policy.id && each.user_email == c.user_email &&
        each.created_at <= c.now && c.now < each.expires_at &&
        (each.tool_signature.empty() || each.tool_signature == c.tool_signature)) {
      fitting.push_back(&each);
    }
  }
  if (fitting.empty()) return "";
  std::stable_sort(fitting.begin(), fitting.end(), [](const auto* a, const auto* b) {
    if (a->tool_signature.empty() != b->tool_signature.empty()) return b->tool_signature.empty();
    return a->created_at > b->created_at;
  });
  return fitting.front()->id;
}

Model Expect(const PolicyView::Parts& parts, const std::set<std::string>& found,
             const Circumstances& c) {
  std::vector<Policy> policies(parts.system->policies().begin(), parts.system->policies().end());
  for (const auto& set : parts.own) {
    policies.insert(policies.end(), set->policies().begin(), set->policies().end());
  }
  std::sort(policies.begin(), policies.end(), [](const Policy& a, const Policy& b) {
    if (a.priority != b.priority) return a.priority > b.priority;
    if (a.tier != b.tier) return a.tier < b.tier;
    return a.id < b.id;
  });
  Model model;
  std::vector<Model::Entry> shadows;
  int strictest = -1;
  for (const Policy& policy : policies) {
    if (!found.contains(policy.id) || !policy.planes.Has(c.plane)) continue;
    if (!policy.segment.empty() &&
        std::count(c.segments.begin(), c.segments.end(), policy.segment) == 0) {
      continue;
    }
    Action action = PostureAction(parts, policy, c);
    bool enabled = policy.enabled;
    ApplyOverrides(parts, policy, c.now, action, enabled);
    if (!enabled) continue;
    if (policy.mode == Mode::kShadow) {
      shadows.push_back({policy.id, action, true, false});
      continue;
    }
    model.risk = std::max(model.risk, policy.severity);
    const bool stops = action == Action::kBlock || action == Action::kRequireApproval;
    const std::string pass = stops ? PassId(parts, policy, c) : "";
    if (!pass.empty() && model.override_id.empty()) model.override_id = pass;
    const int weight = pass.empty() ? static_cast<int>(action) : 0;
    const Model::Entry entry{policy.id, action, false, !pass.empty()};
    if (weight <= strictest) {
      model.entries.push_back(entry);
      continue;
    }
    strictest = weight;
    if (!model.entries.empty()) {
      // The old front goes back to its place in the order of evaluation.
      std::map<std::string, std::size_t> place;
      for (std::size_t i = 0; i < policies.size(); ++i) place[policies[i].id] = i;
      std::sort(model.entries.begin(), model.entries.end(),
                [&](const auto& a, const auto& b) { return place[a.id] < place[b.id]; });
    }
    model.entries.insert(model.entries.begin(), entry);
    model.reason =
        policy.description.empty() ? "Blocked by policy: " + policy.name : policy.description;
    model.outcome = action == Action::kBlock             ? "blocked"
                    : action == Action::kRequireApproval ? "needs_approval"
                    : action == Action::kRedact          ? "redacted"
                                                         : "allowed";
    if (!pass.empty()) model.outcome = "allowed";
  }
  model.entries.insert(model.entries.end(), shadows.begin(), shadows.end());
  return model;
}

TEST(ResolverModel, AgreesOnRandomPoliciesOverridesAndCallers) {
  // Policies are compiled once for many findings and callers; every case is another one.
  const char* wanted = std::getenv("AXONFLOW_MODEL_CASES");
  const std::size_t cases_max = wanted == nullptr ? 1'000'000 : std::strtoull(wanted, nullptr, 10);
  constexpr std::size_t kCasesPerView = 250;
  std::size_t cases = 0, stopped = 0, passed = 0, shadowed = 0;
  for (std::uint32_t seed = 1; cases < cases_max; ++seed) {
    Dice dice(seed);
    const auto parts = RandomParts(dice);
    const auto view = PolicyView::Make(parts);
    ASSERT_TRUE(view) << view.error().message;
    for (std::size_t i = 0; i < kCasesPerView; ++i, ++cases) {
      std::vector<Finding> findings;
      std::set<std::string> found;
      for (std::uint32_t index = 0; index < (*view)->size(); ++index) {
        if (dice.Once(2)) continue;
        findings.push_back({.policy = index, .count = 1 + dice.Below(3), .spans = {}});
        found.insert((*view)->policy(index).id);
      }
      static const std::vector<std::string> kNoSegments, kFinance = {"finance"},
                                                         kBoth = {"research", "finance"};
      const std::vector<std::string>* const segments[] = {&kNoSegments, &kFinance, &kBoth};
      Circumstances circumstances{.plane = static_cast<Plane>(dice.Below(4)),
                                  .phase = dice.Once(3) ? Phase::kResponse : Phase::kRequest,
                                  .now = At(static_cast<std::int64_t>(dice.Below(200))),
                                  .user_email = dice.Of(kUsers),
                                  .tool_signature = dice.Of(kTools),
                                  .segments = *dice.Of(segments)};
      const Verdict verdict = Resolve(**view, findings, circumstances);
      const Model model = Expect(parts, found, circumstances);
      ASSERT_EQ(ToString(verdict.outcome), model.outcome) << "seed " << seed << " case " << i;
      ASSERT_EQ(verdict.reason, model.reason) << "seed " << seed << " case " << i;
      ASSERT_EQ(verdict.override_id, model.override_id) << "seed " << seed << " case " << i;
      ASSERT_EQ(verdict.risk_level, model.risk) << "seed " << seed << " case " << i;
      ASSERT_EQ(verdict.redact, model.outcome == "redacted");
      ASSERT_EQ(verdict.matches.size(), model.entries.size()) << "seed " << seed << " case " << i;
      for (std::size_t m = 0; m < model.entries.size(); ++m) {
        const Match& match = verdict.matches[m];
        ASSERT_EQ((*view)->policy(match.policy).id, model.entries[m].id) << "seed " << seed;
        ASSERT_EQ(match.action, model.entries[m].action) << "seed " << seed << " case " << i;
        ASSERT_EQ(match.shadow, model.entries[m].shadow) << "seed " << seed << " case " << i;
        ASSERT_EQ(match.overridden, model.entries[m].overridden) << "seed " << seed;
      }
      stopped += verdict.outcome == Outcome::kBlocked ? 1 : 0;
      passed += verdict.override_id.empty() ? 0 : 1;
      shadowed += !verdict.matches.empty() && verdict.matches.back().shadow ? 1 : 0;
    }
  }
  // The cases reach what they are meant to reach.
  EXPECT_GT(stopped, cases / 20);
  EXPECT_GT(passed, cases / 500);
  EXPECT_GT(shadowed, cases / 20);
}

}  // namespace
}  // namespace axonflow::policy
