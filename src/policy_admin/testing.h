#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "identity/testing.h"
#include "policy/posture.h"
#include "policy_admin/policy_directory.h"

// What the tests of this room share.
namespace axonflow::policy_admin::testing {

using identity::testing::FlakyDatabase;
using identity::testing::TemporaryStore;
using identity::testing::Within;

inline policy::Policy SystemPolicy(std::string id, std::string pattern, policy::Action action,
                                   policy::Severity severity) {
  policy::Policy policy;
  policy.id = std::move(id);
  policy.name = "Name of " + policy.id;
  policy.description = "Found by " + policy.id;
  policy.category = "compliance-gdpr";
  policy.severity = policy.risk_level = severity;
  policy.allow_override = severity != policy::Severity::kCritical;
  policy.action = action;
  policy.pattern = std::move(pattern);
  policy.builtin = true;
  return policy;
}

// "sys_soft" warns of plugh and may be overridden; "sys_hard" blocks xyzzy and may not. "sys_dyn"
// alerts on queries that contain frobozz.
inline const SystemPolicies& System() {
  static const SystemPolicies system = [] {
    auto static_set = policy::PolicySet::Compile(
        {SystemPolicy("sys_soft", R"((?i)\bplugh\b)", policy::Action::kWarn,
                      policy::Severity::kMedium),
         SystemPolicy("sys_hard", R"((?i)\bxyzzy\b)", policy::Action::kBlock,
                      policy::Severity::kCritical)});
    EXPECT_TRUE(static_set.ok()) << static_set.error().message;
    policy::DynamicPolicy dynamic;
    dynamic.policy = SystemPolicy("sys_dyn", "", policy::Action::kWarn, policy::Severity::kMedium);
    dynamic.policy.category = "dynamic-risk";
    dynamic.type = "risk";
    dynamic.conditions = {{"query", policy::Operator::kContains, std::string("frobozz")}};
    dynamic.actions = {{policy::DynamicAction::kAlert, "{}"}};
    auto dynamic_set = policy::DynamicSet::Compile({dynamic});
    EXPECT_TRUE(dynamic_set.ok()) << dynamic_set.error().message;
    return SystemPolicies{*static_set, *dynamic_set};
  }();
  return system;
}

inline Actor ActorOf(std::string tenant, std::string user = "ann@acme.example") {
  Actor actor;
  actor.org = OrgId("acme");
  actor.tenant = TenantId(std::move(tenant));
  actor.user = std::move(user);
  return actor;
}

inline Actor WithAuthority(Actor actor) {
  actor.organization_authority = true;
  actor.is_admin = true;
  return actor;
}

// A change that creates a policy on one word.
inline StaticChange Word(std::string word, std::string action = "block") {
  StaticChange change;
  change.name = "Word " + word;
  change.category = "custom";
  change.pattern = "\\b" + word + "\\b";
  change.action = std::move(action);
  return change;
}

inline DynamicChange Contains(std::string word, std::string name) {
  DynamicChange change;
  change.name = std::move(name);
  change.type = "content";
  change.conditions = R"([{"field":"query","operator":"contains","value":")" + word + R"("}])";
  change.actions = R"([{"type":"block","config":{"reason":"No )" + word + R"("}}])";
  return change;
}

}  // namespace axonflow::policy_admin::testing
