#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy_admin/policy_directory.h"
#include "policy_admin/testing.h"

namespace axonflow::policy_admin {
namespace {

using policy::Tier;
using testing::ActorOf;
using testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TemporaryStore;
using testing::WithAuthority;
using testing::Word;

StaticChange Named(std::string slug, std::string word, std::string action = "block") {
  StaticChange change = Word(std::move(word), std::move(action));
  change.slug = std::move(slug);
  return change;
}

DynamicChange NamedDynamic(std::string slug, std::string word) {
  DynamicChange change = Contains(word, "No " + word);
  change.slug = std::move(slug);
  return change;
}

std::vector<std::string> Lines(const Diff& diff) {
  std::vector<std::string> lines;
  for (const auto& entry : diff.entries) {
    std::string line = std::string(ToString(entry.kind)) + " " + entry.slug;
    for (const auto& field : entry.fields) line += " " + field.field;
    lines.push_back(line);
  }
  return lines;
}

class PolicyAsCodeTest : public ::testing::Test {
 protected:
  // Every row that policies could have left.
  std::string Dump() {
    std::string all;
    const auto read =
        store_.database().ReadAsPlatform("test", [&](store::Transaction& transaction) {
          return transaction.Query(
              "SELECT uuid, slug, version, pattern, deleted_at FROM policies UNION ALL "
              "SELECT policy_uuid, change_type, version, snapshot, changed_at FROM policy_versions "
              "UNION ALL SELECT org_id, tenant_id, generation, '', 0 FROM policy_scopes ORDER BY "
              "1, 2, 3",
              {}, [&](const store::Row& row) {
                for (int i = 0; i < 5; ++i) all += std::string(row.Text(i)) + "|";
                all += "\n";
              });
        });
    EXPECT_TRUE(read.ok());
    return all;
  }

  TemporaryStore store_;
  PolicyDirectory directory_{store_.database(), testing::System(), Limits{}, nullptr};
  const Actor shop_ = ActorOf("shop");
  const Actor chief_ = WithAuthority(ActorOf("shop", "chief@acme.example"));
};

TEST_F(PolicyAsCodeTest, AppliesWhatThePlanShowsAndThenHasNothingToDo) {
  DesiredSet desired;
  desired.static_policies = {Named("a", "grue"), Named("b1", "lamp")};
  desired.static_policies[0].slug = "aa";
  desired.dynamic_policies = {NamedDynamic("cc", "sword")};
  const std::string before = Dump();
  const auto plan = directory_.Plan(shop_, Tier::kTenant, desired);
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_THAT(Lines(*plan), ElementsAre("create aa", "create b1", "create cc"));
  EXPECT_EQ(Dump(), before);
  const auto applied = directory_.Apply(shop_, Tier::kTenant, desired);
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(Lines(*applied), Lines(*plan));
  const std::string after = Dump();
  const auto again = directory_.Apply(shop_, Tier::kTenant, desired);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->Changes());
  EXPECT_EQ(Dump(), after);
  desired.static_policies.pop_back();
  desired.static_policies[0].action = "warn";
  const auto drift = directory_.Plan(shop_, Tier::kTenant, desired);
  ASSERT_TRUE(drift);
  EXPECT_THAT(Lines(*drift), ElementsAre("update aa action", "delete b1", "unchanged cc"));
  ASSERT_TRUE(directory_.Apply(shop_, Tier::kTenant, desired));
  EXPECT_EQ(directory_.GetStatic(shop_, "aa")->policy.version, 2);
  EXPECT_FALSE(directory_.GetStatic(shop_, "b1"));
  // What a set leaves out is as it would be created, not as somebody set it by hand.
  StaticChange by_hand;
  by_hand.priority = 7;
  ASSERT_TRUE(directory_.UpdateStatic(shop_, "aa", by_hand));
  EXPECT_THAT(Lines(*directory_.Plan(shop_, Tier::kTenant, desired)),
              ElementsAre("update aa priority", "unchanged cc"));
}

TEST_F(PolicyAsCodeTest, KeepsWhatIsAbsentWhenAskedTo) {
  ASSERT_TRUE(directory_.CreateStatic(shop_, Named("kept", "grue")));
  DesiredSet desired;
  desired.static_policies = {Named("other", "lamp")};
  desired.delete_absent = false;
  EXPECT_THAT(Lines(*directory_.Apply(shop_, Tier::kTenant, desired)),
              ElementsAre("unchanged kept", "create other"));
  EXPECT_TRUE(directory_.GetStatic(shop_, "kept"));
}

TEST_F(PolicyAsCodeTest, AppliesAllOrNothing) {
  StaticChange for_all = Named("for_all", "grue");
  for_all.tier = "organization";
  ASSERT_TRUE(directory_.CreateStatic(chief_, for_all));
  ASSERT_TRUE(directory_.CreateStatic(shop_, Named("old", "lamp")));
  const std::string before = Dump();
  DesiredSet desired;
  desired.static_policies = {Named("aa", "sword"), Named("for_all", "elf")};
  const auto applied = directory_.Apply(shop_, Tier::kTenant, desired);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.refusal().reason, Reason::kDuplicate);
  EXPECT_EQ(Dump(), before);
  PolicyDirectory limited(store_.database(), testing::System(), Limits{1, 0}, nullptr);
  desired.static_policies = {Named("aa", "sword"), Named("bb", "elf")};
  EXPECT_EQ(limited.Apply(shop_, Tier::kTenant, desired).refusal().reason, Reason::kPolicyLimit);
  EXPECT_EQ(Dump(), before);
}

TEST_F(PolicyAsCodeTest, NamesEveryProblemOfASet) {
  DesiredSet desired;
  desired.static_policies = {Named("aa", "("), Named("bb", "x"), Named("bb", "y")};
  desired.static_policies[1].tier = "organization";
  desired.dynamic_policies = {Contains("x", "No slug")};
  const auto plan = directory_.Plan(shop_, Tier::kTenant, desired);
  ASSERT_FALSE(plan);
  std::vector<std::string> fields;
  for (const auto& problem : plan.refusal().fields) fields.push_back(problem.field);
  EXPECT_THAT(fields, ElementsAre("static_policies[0].pattern", "static_policies[1].tier",
                                  "static_policies[2].policy_id", "dynamic_policies[0].policy_id"));
}

TEST_F(PolicyAsCodeTest, ExportsWhatOneTierOwns) {
  DesiredSet desired;
  desired.static_policies = {Named("org_rule", "grue")};
  EXPECT_EQ(directory_.Apply(shop_, Tier::kOrganization, desired).refusal().reason,
            Reason::kForeignTier);
  ASSERT_TRUE(directory_.Apply(chief_, Tier::kOrganization, desired));
  ASSERT_TRUE(directory_.CreateDynamic(shop_, NamedDynamic("mine", "lamp")));
  const auto of_tenant = directory_.Export(shop_, Tier::kTenant);
  ASSERT_TRUE(of_tenant);
  EXPECT_THAT(of_tenant->static_policies, IsEmpty());
  EXPECT_THAT(of_tenant->dynamic_policies, SizeIs(1));
  const auto of_org = directory_.Export(shop_, Tier::kOrganization);
  ASSERT_TRUE(of_org);
  EXPECT_THAT(of_org->static_policies, SizeIs(1));
  EXPECT_FALSE(directory_.Export(shop_, Tier::kSystem));
}

TEST_F(PolicyAsCodeTest, ImportsByNameInEveryMode) {
  ASSERT_TRUE(directory_.CreateDynamic(shop_, NamedDynamic("mine", "lamp")));
  const std::vector<DynamicChange> rows = {Contains("lantern", "No lamp"),
                                           Contains("sword", "No sword")};
  const auto skipped = directory_.ImportDynamic(shop_, rows, ImportMode::kSkip);
  ASSERT_TRUE(skipped) << skipped.error().message;
  EXPECT_EQ(skipped->created, 1);
  EXPECT_EQ(skipped->skipped, 1);
  const auto overwritten = directory_.ImportDynamic(shop_, rows, ImportMode::kOverwrite);
  ASSERT_TRUE(overwritten);
  EXPECT_EQ(overwritten->updated, 2);
  EXPECT_EQ(directory_.GetDynamic(shop_, "mine")->policy.policy.version, 2);
  EXPECT_THAT(directory_.GetDynamic(shop_, "mine")->conditions_json,
              ::testing::HasSubstr("lantern"));
  const auto failed = directory_.ImportDynamic(shop_, rows, ImportMode::kError);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->failed, 2);
  EXPECT_THAT(failed->errors, SizeIs(2));
}

TEST_F(PolicyAsCodeTest, ImportsNothingWhenOneRowIsBad) {
  const std::string before = Dump();
  std::vector<DynamicChange> rows = {Contains("sword", "No sword"), Contains("elf", "No")};
  const auto imported = directory_.ImportDynamic(shop_, rows, ImportMode::kSkip);
  ASSERT_FALSE(imported);
  ASSERT_THAT(imported.refusal().fields, SizeIs(1));
  EXPECT_EQ(imported.refusal().fields[0].field, "policies[1].name");
  EXPECT_EQ(Dump(), before);
  EXPECT_FALSE(directory_.ImportDynamic(shop_, {}, ImportMode::kSkip));
  rows.assign(kImportMax + 1, Contains("elf", "No elf"));
  EXPECT_FALSE(directory_.ImportDynamic(shop_, rows, ImportMode::kSkip));
}

}  // namespace
}  // namespace axonflow::policy_admin
