#include "policy/posture.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace axonflow::policy {
namespace {

using Variables = std::map<std::string, std::string>;

Posture Load(const Variables& variables) {
  auto posture = Posture::FromVariables(variables);
  EXPECT_TRUE(posture) << (posture ? "" : posture.error().message);
  return posture ? *posture : Posture();
}

struct ProfileRow {
  const char* profile;
  Action pii, sqli, sensitive, high_risk, queries, commands;
};

constexpr auto L = Action::kLog;
constexpr auto W = Action::kWarn;
constexpr auto B = Action::kBlock;

TEST(Posture, EachProfileGivesItsRowOnEveryPlane) {
  for (const ProfileRow& row :
       {ProfileRow{"dev", L, L, L, L, W, W}, ProfileRow{"default", W, W, W, W, B, B},
        ProfileRow{"strict", B, B, B, W, B, B}, ProfileRow{"compliance", B, B, B, B, B, B}}) {
    const Posture posture = Load({{"AXONFLOW_PROFILE", row.profile}});
    EXPECT_EQ(posture.profile(), row.profile);
    for (const Plane plane : {Plane::kGateway, Plane::kDecision, Plane::kMcp, Plane::kProxy}) {
      EXPECT_EQ(posture.Choice(PostureGroup::kPii, plane).action, row.pii) << row.profile;
      EXPECT_EQ(posture.Choice(PostureGroup::kSqli, plane).action, row.sqli) << row.profile;
      EXPECT_EQ(posture.Choice(PostureGroup::kSensitiveData, plane).action, row.sensitive);
      EXPECT_EQ(posture.Choice(PostureGroup::kHighRisk, plane).action, row.high_risk);
      EXPECT_EQ(posture.Choice(PostureGroup::kDangerousQueries, plane).action, row.queries);
      EXPECT_EQ(posture.Choice(PostureGroup::kDangerousCommands, plane).action, row.commands);
    }
  }
}

TEST(Posture, NothingSetIsTheDefaultProfile) {
  const Posture loaded = Load({});
  const Posture built;
  for (std::size_t i = 0; i < static_cast<std::size_t>(PostureGroup::kCount); ++i) {
    const auto group = static_cast<PostureGroup>(i);
    EXPECT_EQ(loaded.Choice(group, Plane::kMcp).action, built.Choice(group, Plane::kMcp).action);
    EXPECT_EQ(loaded.Choice(group, Plane::kMcp).source, "profile default");
  }
}

TEST(Posture, EachLevelBeatsTheOnesBelowIt) {
  Variables variables = {{"AXONFLOW_PROFILE", "dev"}};
  const auto choice = [&](Plane plane) {
    return Load(variables).Choice(PostureGroup::kPii, plane);
  };
  EXPECT_EQ(choice(Plane::kGateway).action, L);
  EXPECT_EQ(choice(Plane::kGateway).source, "profile dev");

  variables["PII_BLOCK_CRITICAL"] = "true";
  EXPECT_EQ(choice(Plane::kGateway).action, B);
  EXPECT_EQ(choice(Plane::kGateway).source, "PII_BLOCK_CRITICAL");
  variables["PII_BLOCK_CRITICAL"] = "false";
  EXPECT_EQ(choice(Plane::kGateway).action, L);

  variables["AXONFLOW_ENFORCE"] = "sqli, pii";
  EXPECT_EQ(choice(Plane::kGateway).action, B);
  EXPECT_EQ(choice(Plane::kGateway).source, "AXONFLOW_ENFORCE");

  variables["PII_ACTION"] = "redact";
  EXPECT_EQ(choice(Plane::kGateway).action, Action::kRedact);
  EXPECT_EQ(choice(Plane::kGateway).source, "PII_ACTION");

  variables["GATEWAY_PII_ACTION"] = "warn";
  EXPECT_EQ(choice(Plane::kGateway).action, W);
  EXPECT_EQ(choice(Plane::kGateway).source, "GATEWAY_PII_ACTION");
  EXPECT_EQ(choice(Plane::kDecision).action, Action::kRedact);
  EXPECT_EQ(choice(Plane::kMcp).action, Action::kRedact);

  variables["MCP_PII_ACTION"] = "log";
  EXPECT_EQ(choice(Plane::kMcp).action, L);
  EXPECT_EQ(choice(Plane::kProxy).action, Action::kRedact);
}

TEST(Posture, EnforceLeavesUnnamedGroupsToTheProfile) {
  const Posture posture = Load({{"AXONFLOW_PROFILE", "dev"}, {"AXONFLOW_ENFORCE", "sqli"}});
  EXPECT_EQ(posture.Choice(PostureGroup::kSqli, Plane::kMcp).action, B);
  EXPECT_EQ(posture.Choice(PostureGroup::kPii, Plane::kMcp).action, L);
}

TEST(Posture, EnforceAllIsStrictAndNoneIsDev) {
  const Posture all = Load({{"AXONFLOW_ENFORCE", "all"}});
  EXPECT_EQ(all.Choice(PostureGroup::kPii, Plane::kMcp).action, B);
  EXPECT_EQ(all.Choice(PostureGroup::kHighRisk, Plane::kMcp).action, W);
  const Posture none = Load({{"AXONFLOW_PROFILE", "compliance"}, {"AXONFLOW_ENFORCE", "none"}});
  EXPECT_EQ(none.Choice(PostureGroup::kPii, Plane::kMcp).action, L);
  EXPECT_EQ(none.Choice(PostureGroup::kDangerousCommands, Plane::kMcp).action, W);
}

TEST(Posture, RefusesBadValuesAndNamesVariableValueAndAcceptedWords) {
  struct Row {
    const char *variable, *value, *accepted;
  };
  for (const Row& row : {Row{"AXONFLOW_PROFILE", "relaxed", "dev, default, strict, compliance"},
                         Row{"AXONFLOW_ENFORCE", "pii,sqlx", "dangerous_commands"},
                         Row{"AXONFLOW_ENFORCE", "pii,all", "none"},
                         Row{"PII_ACTION", "mask", "block, warn, redact, log"},
                         Row{"SQLI_ACTION", "redact", "block, warn, log"},
                         Row{"MCP_SQLI_ACTION", "allow", "block, warn, log"},
                         Row{"HIGH_RISK_ACTION", "require_approval", "block, warn, log"},
                         Row{"GATEWAY_DANGEROUS_COMMAND_ACTION", "no", "block, warn, log"},
                         Row{"SQLI_BLOCK_MODE", "log", "block, warn"},
                         Row{"PII_BLOCK_CRITICAL", "maybe", "true, false"}}) {
    const auto posture = Posture::FromVariables({{row.variable, row.value}});
    ASSERT_FALSE(posture) << row.variable << "=" << row.value;
    EXPECT_EQ(posture.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(posture.error().message.find(row.variable), std::string::npos);
    EXPECT_NE(posture.error().message.find(row.value), std::string::npos);
    EXPECT_NE(posture.error().message.find(row.accepted), std::string::npos)
        << posture.error().message;
  }
}

TEST(Posture, GroupsFollowTheCategory) {
  EXPECT_EQ(GroupOf("pii-singapore"), PostureGroup::kPii);
  EXPECT_EQ(GroupOf("security-sqli"), PostureGroup::kSqli);
  EXPECT_EQ(GroupOf("security-dangerous"), PostureGroup::kDangerousCommands);
  EXPECT_EQ(GroupOf("sensitive-data"), PostureGroup::kSensitiveData);
  for (const char* category : {"pii-indonesia", "security-admin", "compliance-gdpr", "fincrime"}) {
    EXPECT_FALSE(GroupOf(category)) << category;
  }
}

TEST(Posture, StoredActionStandsWhereNoGroupGoverns) {
  const Posture posture = Load({{"AXONFLOW_PROFILE", "dev"}});
  Policy policy;
  policy.category = "pii-indonesia";
  policy.action = Action::kBlock;
  policy.action_response = Action::kRedact;
  EXPECT_EQ(posture.ActionFor(policy, Plane::kMcp, Phase::kRequest), Action::kBlock);
  EXPECT_EQ(posture.ActionFor(policy, Plane::kMcp, Phase::kResponse), Action::kRedact);
  policy.category = "pii-us";
  EXPECT_EQ(posture.ActionFor(policy, Plane::kMcp, Phase::kResponse), Action::kRedact);
  policy.builtin = true;
  EXPECT_EQ(posture.ActionFor(policy, Plane::kMcp, Phase::kResponse), Action::kLog);
}

TEST(Posture, OrganizationReplacesTheActionOfAGroupOnEveryPlane) {
  const Posture posture = Load({{"GATEWAY_PII_ACTION", "log"}})
                              .With(PostureGroup::kPii, Action::kBlock, "organization");
  for (const Plane plane : {Plane::kGateway, Plane::kDecision, Plane::kMcp, Plane::kProxy}) {
    EXPECT_EQ(posture.Choice(PostureGroup::kPii, plane).action, Action::kBlock);
    EXPECT_EQ(posture.Choice(PostureGroup::kPii, plane).source, "organization");
  }
  EXPECT_EQ(posture.Choice(PostureGroup::kSqli, Plane::kMcp).action, Action::kWarn);
}

TEST(Posture, CountriesJoinPersonalDataByThePrefix) {
  EXPECT_EQ(GroupOf("pii-brazil"), PostureGroup::kPii);
  EXPECT_FALSE(GroupOf("media-pii"));
  EXPECT_EQ(ParsePostureGroup("high_risk"), PostureGroup::kHighRisk);
  EXPECT_FALSE(ParsePostureGroup("everything"));
  EXPECT_TRUE(Takes(PostureGroup::kPii, Action::kRedact));
  EXPECT_FALSE(Takes(PostureGroup::kSqli, Action::kRedact));
  EXPECT_FALSE(Takes(PostureGroup::kPii, Action::kRequireApproval));
}

}  // namespace
}  // namespace axonflow::policy
