#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy_admin/policy_directory.h"
#include "policy_admin/testing.h"

namespace axonflow::policy_admin {
namespace {

using policy::Action;
using policy::Tier;
using testing::ActorOf;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TemporaryStore;
using testing::WithAuthority;
using testing::Word;

template <typename T>
Reason ReasonOf(const Outcome<T>& outcome) {
  return outcome ? Reason::kNone : outcome.refusal().reason;
}

OverrideChange Because(std::optional<std::string> action, std::optional<bool> enabled = {}) {
  OverrideChange change;
  change.reason = "agreed with the auditors";
  change.action = std::move(action);
  change.enabled = enabled;
  return change;
}

class OverridesTest : public ::testing::Test {
 protected:
  // What stands in the listing of the tenant for a policy.
  EffectiveStatic EffectiveOf(const Actor& actor, const std::string& slug) {
    const auto view = directory_.Effective(actor);
    EXPECT_TRUE(view);
    for (const auto& each : view->static_policies) {
      if (each.record.policy.id == slug) return each;
    }
    ADD_FAILURE() << slug << " is not listed";
    return {};
  }

  TemporaryStore store_;
  PolicyDirectory directory_{store_.database(), testing::System(), Limits{}, nullptr};
  const Actor shop_ = ActorOf("shop");
  const Actor desk_ = ActorOf("desk", "bob@acme.example");
  const Actor chief_ = WithAuthority(ActorOf("shop", "chief@acme.example"));
};

TEST_F(OverridesTest, ATenantMayMakeASoftPolicyWeakerForItself) {
  const auto set = directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant,
                                          Because("log", false));
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_TRUE(set->created);
  EXPECT_EQ(set->record.rule.version, 1);
  const auto mine = EffectiveOf(shop_, "sys_soft");
  EXPECT_EQ(mine.action, Action::kLog);
  EXPECT_FALSE(mine.enabled);
  EXPECT_EQ(mine.overrides.reason, "agreed with the auditors");
  const auto others = EffectiveOf(desk_, "sys_soft");
  EXPECT_EQ(others.action, Action::kWarn);
  EXPECT_TRUE(others.enabled);
  EXPECT_FALSE(others.overrides.any());
}

TEST_F(OverridesTest, ACriticalPolicyIsOnlyMadeStricter) {
  for (const auto& weaker : {Because("warn"), Because({}, false)}) {
    EXPECT_EQ(ReasonOf(directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_hard", Tier::kTenant,
                                              weaker)),
              Reason::kNotOverridable);
  }
  EXPECT_TRUE(directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_hard", Tier::kTenant,
                                     Because("block", true)));
}

TEST_F(OverridesTest, TheTenantAddsToWhatTheOrganizationDemands) {
  EXPECT_EQ(ReasonOf(directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft",
                                            Tier::kOrganization, Because("block"))),
            Reason::kForeignTier);
  ASSERT_TRUE(directory_.SetOverride(chief_, PolicyKind::kStatic, "sys_soft", Tier::kOrganization,
                                     Because("redact")));
  ASSERT_TRUE(directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant,
                                     Because("log")));
  EXPECT_EQ(EffectiveOf(shop_, "sys_soft").action, Action::kRedact);
  EXPECT_EQ(EffectiveOf(desk_, "sys_soft").action, Action::kRedact);
  ASSERT_TRUE(directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant,
                                     Because("block")));
  EXPECT_EQ(EffectiveOf(shop_, "sys_soft").action, Action::kBlock);
  const auto listed = directory_.ListOverrides(shop_, false);
  ASSERT_TRUE(listed);
  EXPECT_THAT(*listed, SizeIs(2));
  EXPECT_THAT(*directory_.ListOverrides(desk_, false), SizeIs(1));
}

TEST_F(OverridesTest, ReplacesWithTheNextVersionAndDeletes) {
  ASSERT_TRUE(directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant,
                                     Because("log")));
  const auto again = directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant,
                                            Because("block"));
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->record.rule.version, 2);
  const auto read = directory_.GetOverride(shop_, PolicyKind::kStatic, "sys_soft");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rule.action, Action::kBlock);
  EXPECT_EQ(read->rule.id, again->record.rule.id);
  EXPECT_EQ(directory_.GetOverride(desk_, PolicyKind::kStatic, "sys_soft").error().code,
            ErrorCode::kNotFound);
  ASSERT_TRUE(directory_.DeleteOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant));
  EXPECT_EQ(
      directory_.DeleteOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant).error().code,
      ErrorCode::kNotFound);
}

TEST_F(OverridesTest, AsksForAReasonAnOpinionAndAFuture) {
  OverrideChange change;
  change.reason = "too short";
  change.expires_at = Now() - std::chrono::seconds(1);
  const auto set =
      directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant, change);
  ASSERT_FALSE(set);
  EXPECT_EQ(set.refusal().reason, Reason::kValidation);
  EXPECT_THAT(set.refusal().fields, SizeIs(3));
  EXPECT_EQ(ReasonOf(directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant,
                                            Because("allow"))),
            Reason::kValidation);
}

TEST_F(OverridesTest, AnExpiredOneSaysNothingAndIsListedOnRequest) {
  OverrideChange change = Because("block");
  change.expires_at = Now() + std::chrono::milliseconds(30);
  ASSERT_TRUE(
      directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant, change));
  ASSERT_TRUE(testing::Within(std::chrono::seconds(5), [&] { return Now() > *change.expires_at; }));
  EXPECT_EQ(EffectiveOf(shop_, "sys_soft").action, Action::kWarn);
  EXPECT_FALSE(directory_.GetOverride(shop_, PolicyKind::kStatic, "sys_soft"));
  EXPECT_THAT(*directory_.ListOverrides(shop_, false), IsEmpty());
  EXPECT_THAT(*directory_.ListOverrides(shop_, true), SizeIs(1));
  const auto next =
      directory_.SetOverride(shop_, PolicyKind::kStatic, "sys_soft", Tier::kTenant, Because("log"));
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->created);
}

TEST_F(OverridesTest, AreForThePoliciesOfOthers) {
  const auto own = directory_.CreateStatic(shop_, Word("grue"));
  ASSERT_TRUE(own);
  EXPECT_EQ(ReasonOf(directory_.SetOverride(shop_, PolicyKind::kStatic, own->uuid, Tier::kTenant,
                                            Because("log"))),
            Reason::kOwnPolicy);
  EXPECT_EQ(
      directory_.SetOverride(desk_, PolicyKind::kStatic, own->uuid, Tier::kTenant, Because("log"))
          .error()
          .code,
      ErrorCode::kNotFound);
  auto change = Word("lamp");
  change.tier = "organization";
  change.segment = "finance";
  const auto segment = directory_.CreateStatic(chief_, change);
  ASSERT_TRUE(segment);
  EXPECT_EQ(ReasonOf(directory_.SetOverride(desk_, PolicyKind::kStatic, segment->uuid,
                                            Tier::kTenant, Because("log"))),
            Reason::kSegmentPolicy);
}

TEST_F(OverridesTest, GoWithAPolicyThatIsDeleted) {
  auto change = Word("grue");
  change.tier = "organization";
  change.slug = "no_grues";
  ASSERT_TRUE(directory_.CreateStatic(chief_, change));
  ASSERT_TRUE(directory_.SetOverride(desk_, PolicyKind::kStatic, "no_grues", Tier::kTenant,
                                     Because({}, false)));
  const auto session = directory_.CreateSessionOverride(
      desk_, {.policy = "no_grues", .reason = "urgent", .tool_signature = {}, .ttl_seconds = {}});
  ASSERT_TRUE(session) << session.error().message;
  ASSERT_TRUE(directory_.DeleteStatic(chief_, "no_grues"));
  ASSERT_TRUE(directory_.CreateStatic(chief_, change));
  EXPECT_TRUE(EffectiveOf(desk_, "no_grues").enabled);
  const auto read = directory_.GetSessionOverride(desk_, session->record.rule.id);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->revoked_at.has_value());
}

class SessionOverridesTest : public OverridesTest {
 protected:
  static SessionOverrideRequest For(std::string policy, std::optional<std::int64_t> ttl = {}) {
    SessionOverrideRequest request;
    request.policy = std::move(policy);
    request.reason = "a customer waits";
    request.ttl_seconds = ttl;
    return request;
  }
};

TEST_F(SessionOverridesTest, LastAsLongAsAskedWithinTheBounds) {
  struct Case {
    std::optional<std::int64_t> asked;
    std::int64_t given;
    Clamp clamp;
  };
  for (const Case& each :
       {Case{{}, 3'600, Clamp::kNone}, Case{0, 3'600, Clamp::kNone}, Case{60, 60, Clamp::kNone},
        Case{59, 60, Clamp::kBelowMinimum}, Case{-5, 60, Clamp::kBelowMinimum},
        Case{86'400, 86'400, Clamp::kNone}, Case{86'401, 86'400, Clamp::kExceedsHardCap}}) {
    const auto grant = directory_.CreateSessionOverride(shop_, For("sys_soft", each.asked));
    ASSERT_TRUE(grant) << grant.error().message;
    EXPECT_EQ(grant->record.ttl_seconds, each.given);
    EXPECT_EQ(grant->clamp, each.clamp);
    EXPECT_EQ(grant->record.rule.expires_at - grant->record.rule.created_at,
              std::chrono::seconds(each.given));
    if (each.clamp != Clamp::kNone) {
      EXPECT_EQ(grant->requested_ttl_seconds, *each.asked);
    }
  }
}

TEST_F(SessionOverridesTest, AreRefusedForCriticalAndUnknownPoliciesAndUnknownUsers) {
  EXPECT_EQ(ReasonOf(directory_.CreateSessionOverride(shop_, For("sys_hard"))),
            Reason::kNotOverridable);
  EXPECT_EQ(directory_.CreateSessionOverride(shop_, For("no_such")).error().code,
            ErrorCode::kNotFound);
  Actor nobody = shop_;
  nobody.user = " ";
  EXPECT_EQ(directory_.CreateSessionOverride(nobody, For("sys_soft")).error().code,
            ErrorCode::kUnauthenticated);
  auto request = For("sys_soft");
  request.reason = std::string(501, 'x');
  EXPECT_EQ(ReasonOf(directory_.CreateSessionOverride(shop_, request)), Reason::kValidation);
  const auto own = directory_.CreateStatic(desk_, Word("grue"));
  ASSERT_TRUE(own);
  EXPECT_EQ(directory_.CreateSessionOverride(shop_, For(own->uuid)).error().code,
            ErrorCode::kNotFound);
}

TEST_F(SessionOverridesTest, NameThePolicyByUuidSlugOrName) {
  for (const std::string& name : {SystemPolicyUuid(PolicyKind::kStatic, "sys_soft"),
                                  std::string("sys_soft"), std::string("Name of sys_soft")}) {
    const auto grant = directory_.CreateSessionOverride(shop_, For(name));
    ASSERT_TRUE(grant) << grant.error().message;
    EXPECT_EQ(grant->record.rule.policy_id, "sys_soft");
    EXPECT_EQ(grant->record.requested_policy, name);
  }
  EXPECT_THAT(*directory_.ListSessionOverrides(shop_, {.policy = "Name of sys_soft"}), SizeIs(3));
  EXPECT_THAT(*directory_.ListSessionOverrides(shop_, {.policy = "sys_hard"}), IsEmpty());
}

TEST_F(SessionOverridesTest, BelongToTheirUserAndAreSeenByAdmins) {
  const auto grant = directory_.CreateSessionOverride(shop_, For("sys_soft"));
  ASSERT_TRUE(grant);
  const std::string id = grant->record.rule.id;
  const Actor colleague = ActorOf("shop", "eve@acme.example");
  const Actor foreign_admin = WithAuthority(desk_);
  for (const Actor& other : {colleague, foreign_admin}) {
    EXPECT_EQ(directory_.GetSessionOverride(other, id).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(directory_.RevokeSessionOverride(other, id).error().code, ErrorCode::kNotFound);
    EXPECT_THAT(*directory_.ListSessionOverrides(other, {}), IsEmpty());
  }
  EXPECT_THAT(*directory_.ListSessionOverrides(chief_, {}), SizeIs(1));
  const auto revoked = directory_.RevokeSessionOverride(chief_, id);
  ASSERT_TRUE(revoked);
  EXPECT_EQ(revoked->revoked_by, "chief@acme.example");
  EXPECT_EQ(directory_.RevokeSessionOverride(shop_, id).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(*directory_.ListSessionOverrides(shop_, {}), IsEmpty());
  EXPECT_THAT(*directory_.ListSessionOverrides(shop_, {.policy = {}, .include_revoked = true}),
              SizeIs(1));
}

TEST_F(OverridesTest, TheOrganizationChoosesItsPosture) {
  EXPECT_EQ(ReasonOf(directory_.SetPosture(shop_, "pii", "block", "")), Reason::kForeignTier);
  ASSERT_TRUE(directory_.SetPosture(chief_, "pii", "redact", "by decision of the board"));
  ASSERT_TRUE(directory_.SetPosture(chief_, "sqli", "warn", ""));
  ASSERT_TRUE(directory_.SetPosture(chief_, "sqli", "block", ""));
  EXPECT_EQ(ReasonOf(directory_.SetPosture(chief_, "sqli", "redact", "")), Reason::kValidation);
  EXPECT_EQ(ReasonOf(directory_.SetPosture(chief_, "weather", "block", "")), Reason::kValidation);
  const auto posture = directory_.GetPosture(desk_);
  ASSERT_TRUE(posture);
  ASSERT_THAT(*posture, SizeIs(2));
  EXPECT_EQ((*posture)[0].group, policy::PostureGroup::kPii);
  EXPECT_EQ((*posture)[0].action, Action::kRedact);
  EXPECT_EQ((*posture)[1].action, Action::kBlock);
  Actor elsewhere = chief_;
  elsewhere.org = OrgId("globex");
  EXPECT_THAT(*directory_.GetPosture(elsewhere), IsEmpty());
  ASSERT_TRUE(directory_.DeletePosture(chief_, "pii"));
  EXPECT_EQ(directory_.DeletePosture(chief_, "pii").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(*directory_.GetPosture(desk_), SizeIs(1));
}

TEST_F(OverridesTest, CountsTheUsesOfTemplates) {
  ASSERT_TRUE(directory_.RecordTemplateUse(shop_, "block-words", "Block words", "u1"));
  ASSERT_TRUE(directory_.RecordTemplateUse(shop_, "block-words", "Block words", "u2"));
  ASSERT_TRUE(directory_.RecordTemplateUse(shop_, "cap-cost", "Cap cost", "u3"));
  const auto statistics = directory_.TemplateStatistics(shop_);
  ASSERT_TRUE(statistics);
  ASSERT_THAT(*statistics, SizeIs(2));
  EXPECT_EQ((*statistics)[0].template_id, "block-words");
  EXPECT_EQ((*statistics)[0].usage_count, 2);
  EXPECT_THAT(*directory_.TemplateStatistics(desk_), IsEmpty());
}

}  // namespace
}  // namespace axonflow::policy_admin
