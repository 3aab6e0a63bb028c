#include "policy_admin/policy_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy_admin/policies_store.h"
#include "policy_admin/testing.h"

namespace axonflow::policy_admin {
namespace {

using testing::ActorOf;
using ::testing::AllOf;
using testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using testing::TemporaryStore;
using ::testing::UnorderedElementsAre;
using testing::WithAuthority;
using testing::Word;

// Notes what the directory announces.
class Announcements final : public ChangeListener {
 public:
  void PoliciesChanged(const OrgId& org, const TenantId& tenant, std::int64_t generation) override {
    all.push_back(org.str() + "/" + tenant.str() + "#" + std::to_string(generation));
  }
  std::vector<std::string> all;
};

class PolicyDirectoryTest : public ::testing::Test {
 protected:
  template <typename T>
  static std::vector<std::string> SlugsOf(const Page<T>& page) {
    std::vector<std::string> slugs;
    for (const auto& row : page.rows) slugs.push_back(SlugOf(row));
    return slugs;
  }
  static std::string SlugOf(const StaticRecord& record) { return record.policy.id; }
  static std::string SlugOf(const DynamicRecord& record) { return record.policy.policy.id; }

  template <typename T>
  static std::vector<std::string> FieldsOf(const Outcome<T>& outcome) {
    std::vector<std::string> fields;
    if (outcome) return {"(accepted)"};
    for (const auto& problem : outcome.refusal().fields) fields.push_back(problem.field);
    return fields;
  }
  template <typename T>
  static Reason ReasonOf(const Outcome<T>& outcome) {
    return outcome ? Reason::kNone : outcome.refusal().reason;
  }

  TemporaryStore store_;
  Announcements announced_;
  PolicyDirectory directory_{store_.database(), testing::System(), Limits{}, &announced_};
  const Actor shop_ = ActorOf("shop");
  const Actor desk_ = ActorOf("desk", "bob@acme.example");
  const Actor chief_ = WithAuthority(ActorOf("shop", "chief@acme.example"));
};

TEST_F(PolicyDirectoryTest, CreatesAStaticPolicyWithDefaultsAndItsFirstVersion) {
  const auto made = directory_.CreateStatic(shop_, Word("grue"));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->policy.id, MatchesRegex("custom_[0-9a-f]{12}"));
  EXPECT_THAT(made->uuid, SizeIs(36));
  EXPECT_EQ(made->tenant, TenantId("shop"));
  EXPECT_EQ(made->policy.tier, policy::Tier::kTenant);
  EXPECT_EQ(made->policy.severity, policy::Severity::kMedium);
  EXPECT_EQ(made->policy.priority, 100);
  EXPECT_TRUE(made->policy.enabled);
  EXPECT_EQ(made->policy.version, 1);
  EXPECT_EQ(made->created_by, "ann@acme.example");
  for (const std::string& id : {made->uuid, made->policy.id}) {
    const auto read = directory_.GetStatic(shop_, id);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->policy.pattern, R"(\bgrue\b)");
    EXPECT_EQ(read->created_at, made->created_at);
  }
  const auto versions = directory_.StaticVersions(shop_, made->uuid);
  ASSERT_TRUE(versions);
  ASSERT_THAT(*versions, SizeIs(1));
  EXPECT_EQ(versions->front().change_type, ChangeType::kCreated);
  EXPECT_THAT(versions->front().snapshot, HasSubstr(R"("pattern":"\\bgrue\\b")"));
  EXPECT_THAT(announced_.all, ElementsAre("acme/shop#1"));
}

TEST_F(PolicyDirectoryTest, ReportsEveryProblemOfAStaticPolicyAtOnce) {
  StaticChange change;
  change.name = std::string(256, 'n');
  change.category = "no-such-category";
  change.pattern = "(a+)+$";
  change.action = "allow";
  change.severity = "huge";
  change.priority = -1;
  change.mode = "loud";
  change.phase = "never";
  change.metadata = "[1]";
  change.tags = {{""}};
  change.slug = "sys_mine";
  EXPECT_THAT(FieldsOf(directory_.CreateStatic(shop_, change)),
              UnorderedElementsAre("name", "category", "pattern", "action", "severity", "priority",
                                   "mode", "phase", "metadata", "tags[0]", "policy_id"));
  EXPECT_THAT(FieldsOf(directory_.CreateStatic(shop_, StaticChange{})),
              UnorderedElementsAre("name", "category", "pattern", "action"));
  EXPECT_THAT(announced_.all, IsEmpty());
}

TEST_F(PolicyDirectoryTest, MapsLegacyCategoriesAndCountsCharactersNotBytes) {
  StaticChange change = Word("grue");
  change.category = "sql_injection";
  std::string name;
  for (int i = 0; i < 255; ++i) name += "ä";
  change.name = name;
  const auto made = directory_.CreateStatic(shop_, change);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->policy.category, "security-sqli");
  change.name = name + "ä";
  EXPECT_THAT(FieldsOf(directory_.CreateStatic(shop_, change)), ElementsAre("name"));
  change.name = "\xC3";
  EXPECT_THAT(FieldsOf(directory_.CreateStatic(shop_, change)), ElementsAre("name"));
}

TEST_F(PolicyDirectoryTest, RefusesAPatternThatFailsItsOwnExamples) {
  StaticChange change = Word("grue");
  change.must_match = {{"a grue is near", "no such thing"}};
  change.must_not_match = {{"gruesome", "the grue sleeps"}};
  EXPECT_THAT(FieldsOf(directory_.CreateStatic(shop_, change)),
              ElementsAre("must_match[1]", "must_not_match[1]"));
  change.must_match = {{"a grue is near"}};
  change.must_not_match = {{"gruesome"}};
  const auto made = directory_.CreateStatic(shop_, change);
  ASSERT_TRUE(made);
  // The examples stay with the policy and guard its pattern.
  StaticChange looser;
  looser.pattern = "grue";
  EXPECT_THAT(FieldsOf(directory_.UpdateStatic(shop_, made->uuid, looser)),
              ElementsAre("must_not_match[0]"));
}

TEST_F(PolicyDirectoryTest, CountsVersionsAndSaysWhatChanged) {
  const auto made = directory_.CreateStatic(shop_, Word("grue", "log"));
  ASSERT_TRUE(made);
  StaticChange change;
  change.action = "block";
  change.priority = 900;
  const auto updated = directory_.UpdateStatic(shop_, made->policy.id, change);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->policy.version, 2);
  EXPECT_EQ(updated->policy.name, made->policy.name);
  StaticChange off;
  off.enabled = false;
  ASSERT_TRUE(directory_.UpdateStatic(shop_, made->uuid, off));
  // What is so already is no change.
  const auto same = directory_.UpdateStatic(shop_, made->uuid, off);
  ASSERT_TRUE(same);
  EXPECT_EQ(same->policy.version, 3);
  const auto versions = directory_.StaticVersions(shop_, made->uuid);
  ASSERT_TRUE(versions);
  ASSERT_THAT(*versions, SizeIs(3));
  EXPECT_EQ((*versions)[0].change_type, ChangeType::kDisabled);
  EXPECT_EQ((*versions)[1].change_type, ChangeType::kUpdated);
  EXPECT_EQ((*versions)[1].summary, R"(action: "log" -> "block"; priority: 100 -> 900)");
  EXPECT_EQ((*versions)[2].version, 1);
  EXPECT_THAT((*versions)[2].snapshot, HasSubstr(R"("action":"log")"));
}

TEST_F(PolicyDirectoryTest, KeepsTheRedactionStrategyOfAPolicy) {
  StaticChange change = Word("grue", "redact");
  change.redaction_strategy = "hash";
  const auto made = directory_.CreateStatic(shop_, change);
  ASSERT_TRUE(made) << made.error().message;
  auto read = directory_.GetStatic(shop_, made->uuid);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->policy.strategy, policy::Strategy::kHash);

  StaticChange other;
  other.redaction_strategy = "mask";
  ASSERT_TRUE(directory_.UpdateStatic(shop_, made->uuid, other));
  EXPECT_EQ(directory_.GetStatic(shop_, made->uuid)->policy.strategy, policy::Strategy::kMask);
  other.redaction_strategy = "";
  ASSERT_TRUE(directory_.UpdateStatic(shop_, made->uuid, other));
  EXPECT_EQ(directory_.GetStatic(shop_, made->uuid)->policy.strategy, std::nullopt);

  const auto versions = directory_.StaticVersions(shop_, made->uuid);
  ASSERT_TRUE(versions);
  ASSERT_THAT(*versions, SizeIs(3));
  EXPECT_EQ((*versions)[0].summary, R"(redaction_strategy: "mask" -> null)");
  EXPECT_THAT((*versions)[2].snapshot, HasSubstr(R"("redaction_strategy":"hash")"));
}

TEST_F(PolicyDirectoryTest, RefusesARedactionStrategyThatIsNoneOrSaysNothing) {
  for (const std::string word : {"shred", "none", "Hash"}) {
    StaticChange change = Word("grue", "redact");
    change.redaction_strategy = word;
    EXPECT_THAT(FieldsOf(directory_.CreateStatic(shop_, change)),
                ElementsAre("redaction_strategy"));
  }
  StaticChange change = Word("grue", "redact");
  change.category = "security-sqli";
  change.redaction_strategy = "mask";
  EXPECT_THAT(FieldsOf(directory_.CreateStatic(shop_, change)), ElementsAre("redaction_strategy"));
}

TEST_F(PolicyDirectoryTest, DeletesSoftlyAndFreesTheSlug) {
  StaticChange change = Word("grue");
  change.slug = "no_grues";
  const auto made = directory_.CreateStatic(shop_, change);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(ReasonOf(directory_.CreateStatic(shop_, change)), Reason::kDuplicate);
  const auto deleted = directory_.DeleteStatic(shop_, "no_grues");
  ASSERT_TRUE(deleted);
  EXPECT_TRUE(deleted->deleted_at.has_value());
  EXPECT_EQ(directory_.GetStatic(shop_, made->uuid).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(directory_.DeleteStatic(shop_, made->uuid).error().code, ErrorCode::kNotFound);
  std::int64_t kept = 0;
  ASSERT_TRUE(store_.database().ReadAsPlatform("test", [&](store::Transaction& transaction) {
    return transaction.Query("SELECT count(*) FROM policies WHERE deleted_at IS NOT NULL", {},
                             [&](const store::Row& row) { kept = row.Int(0); });
  }));
  EXPECT_EQ(kept, 1);
  EXPECT_TRUE(directory_.CreateStatic(shop_, change));
}

TEST_F(PolicyDirectoryTest, KeepsSystemPoliciesAsTheyAre) {
  const std::string uuid = SystemPolicyUuid(PolicyKind::kStatic, "sys_soft");
  const auto read = directory_.GetStatic(shop_, uuid);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->policy.id, "sys_soft");
  EXPECT_EQ(read->policy.tier, policy::Tier::kSystem);
  StaticChange off;
  off.enabled = false;
  EXPECT_EQ(ReasonOf(directory_.UpdateStatic(chief_, "sys_soft", off)), Reason::kSystemTier);
  EXPECT_EQ(ReasonOf(directory_.DeleteStatic(chief_, uuid)), Reason::kSystemTier);
  StaticChange change = Word("grue");
  change.tier = "system";
  EXPECT_EQ(ReasonOf(directory_.CreateStatic(chief_, change)), Reason::kSystemTier);
  EXPECT_EQ(ReasonOf(directory_.DeleteDynamic(chief_, "sys_dyn")), Reason::kSystemTier);
  const auto versions = directory_.StaticVersions(shop_, "sys_soft");
  ASSERT_TRUE(versions);
  EXPECT_THAT(*versions, SizeIs(1));
}

TEST_F(PolicyDirectoryTest, LetsOnlyTheOrganizationsAuthorityWriteItsPolicies) {
  StaticChange change = Word("grue");
  change.tier = "organization";
  EXPECT_EQ(ReasonOf(directory_.CreateStatic(shop_, change)), Reason::kForeignTier);
  const auto made = directory_.CreateStatic(chief_, change);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->tenant.empty());
  EXPECT_THAT(announced_.all, ElementsAre("acme/#1"));
  // Every tenant of the organization reads it, none may write it.
  EXPECT_TRUE(directory_.GetStatic(desk_, made->uuid));
  StaticChange off;
  off.enabled = false;
  EXPECT_EQ(ReasonOf(directory_.UpdateStatic(desk_, made->uuid, off)), Reason::kForeignTier);
  EXPECT_EQ(ReasonOf(directory_.DeleteStatic(desk_, made->uuid)), Reason::kForeignTier);
  EXPECT_TRUE(directory_.UpdateStatic(chief_, made->uuid, off));
}

TEST_F(PolicyDirectoryTest, HidesPoliciesFromOtherTenantsAndOrganizations) {
  const auto made = directory_.CreateStatic(shop_, Word("grue"));
  ASSERT_TRUE(made);
  Actor elsewhere = shop_;  // a tenant of the same name in another organization
  elsewhere.org = OrgId("globex");
  for (const Actor& other : {desk_, elsewhere, WithAuthority(desk_), WithAuthority(elsewhere)}) {
    StaticChange off;
    off.enabled = false;
    EXPECT_EQ(directory_.GetStatic(other, made->uuid).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(directory_.GetStatic(other, made->policy.id).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(directory_.UpdateStatic(other, made->uuid, off).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(directory_.DeleteStatic(other, made->uuid).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(directory_.StaticVersions(other, made->uuid).error().code, ErrorCode::kNotFound);
    const auto page = directory_.ListStatic(other, {});
    ASSERT_TRUE(page);
    EXPECT_THAT(SlugsOf(*page), UnorderedElementsAre("sys_soft", "sys_hard"));
  }
  EXPECT_TRUE(directory_.GetStatic(shop_, made->uuid));
}

TEST_F(PolicyDirectoryTest, SharesNoSlugBetweenPoliciesThatMeetInOneView) {
  StaticChange change = Word("grue");
  change.slug = "no_grues";
  ASSERT_TRUE(directory_.CreateStatic(shop_, change));
  // Tenants do not meet.
  EXPECT_TRUE(directory_.CreateStatic(desk_, change));
  DynamicChange dynamic = Contains("grue", "No grues");
  dynamic.slug = "no_grues";
  EXPECT_EQ(ReasonOf(directory_.CreateDynamic(shop_, dynamic)), Reason::kDuplicate);
  change.tier = "organization";
  EXPECT_EQ(ReasonOf(directory_.CreateStatic(chief_, change)), Reason::kDuplicate);
  change.slug = "for_all";
  ASSERT_TRUE(directory_.CreateStatic(chief_, change));
  change.tier = "tenant";
  EXPECT_EQ(ReasonOf(directory_.CreateStatic(desk_, change)), Reason::kDuplicate);
}

TEST_F(PolicyDirectoryTest, FiltersSortsAndPages) {
  for (const int i : {3, 1, 2}) {
    StaticChange change = Word("word" + std::to_string(i), i == 2 ? "log" : "block");
    change.slug = "slug_" + std::to_string(i);
    change.priority = 100 * i;
    change.enabled = i != 3;
    change.severity = i == 1 ? "high" : "low";
    ASSERT_TRUE(directory_.CreateStatic(shop_, change));
  }
  ListQuery query;
  query.include_system = false;
  const auto slugs = [&] {
    const auto page = directory_.ListStatic(shop_, query);
    EXPECT_TRUE(page);
    return SlugsOf(*page);
  };
  query.sort_by = SortBy::kPriority;
  EXPECT_THAT(slugs(), ElementsAre("slug_3", "slug_2", "slug_1"));
  query.descending = false;
  EXPECT_THAT(slugs(), ElementsAre("slug_1", "slug_2", "slug_3"));
  query.offset = 1;
  query.limit = 1;
  EXPECT_THAT(slugs(), ElementsAre("slug_2"));
  EXPECT_EQ(directory_.ListStatic(shop_, query)->total, 3U);
  query.offset = 7;
  EXPECT_THAT(slugs(), IsEmpty());
  query = {};
  query.enabled = false;
  EXPECT_THAT(slugs(), ElementsAre("slug_3"));
  query = {};
  query.severity = policy::Severity::kHigh;
  EXPECT_THAT(slugs(), ElementsAre("slug_1"));
  query = {};
  query.search = "WORD WORD2";
  EXPECT_THAT(slugs(), ElementsAre("slug_2"));
  query = {};
  query.tier = policy::Tier::kSystem;
  EXPECT_THAT(slugs(), UnorderedElementsAre("sys_soft", "sys_hard"));
  query = {};
  query.category = "custom";
  query.sort_by = SortBy::kName;
  EXPECT_THAT(slugs(), ElementsAre("slug_3", "slug_2", "slug_1"));
}

TEST_F(PolicyDirectoryTest, StoresDynamicPoliciesByTheirConditions) {
  DynamicChange change = Contains("grue", "No grues");
  change.tags = {{"cave"}};
  const auto made = directory_.CreateDynamic(shop_, change);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_THAT(made->policy.policy.id, MatchesRegex("dyn_[0-9a-f]{12}"));
  EXPECT_EQ(made->policy.policy.category, "dynamic-security");
  EXPECT_EQ(made->policy.policy.action, policy::Action::kBlock);
  EXPECT_FALSE(made->policy.policy.allow_override);
  EXPECT_EQ(made->policy.policy.priority, 0);
  const auto read = directory_.GetDynamic(shop_, made->uuid);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_THAT(read->policy.conditions, SizeIs(1));
  EXPECT_EQ(read->policy.conditions[0].field, "query");
  EXPECT_THAT(read->tags, ElementsAre("cave"));
  EXPECT_THAT(read->actions_json, HasSubstr("No grue"));
  DynamicChange later;
  later.actions = R"([{"type":"log"}])";
  const auto updated = directory_.UpdateDynamic(shop_, made->uuid, later);
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->policy.policy.action, policy::Action::kLog);
  EXPECT_EQ(updated->policy.policy.version, 2);
  const auto versions = directory_.DynamicVersions(shop_, made->uuid);
  ASSERT_TRUE(versions);
  EXPECT_THAT(*versions, SizeIs(2));
  // The two kinds do not answer for each other.
  EXPECT_EQ(directory_.GetStatic(shop_, made->uuid).error().code, ErrorCode::kNotFound);
}

TEST_F(PolicyDirectoryTest, ReportsEveryProblemOfADynamicPolicyAtOnce) {
  DynamicChange change;
  change.name = "ab";
  change.type = "weather";
  change.category = "pii-us";
  change.conditions = R"([{"field":"nothing.known","operator":"equals","value":"x"},
                          {"field":"query","operator":"resembles","value":"x"}])";
  change.actions = "[]";
  change.priority = 1001;
  const auto fields = FieldsOf(directory_.CreateDynamic(shop_, change));
  EXPECT_THAT(fields, ::testing::IsSupersetOf({"name", "type", "category", "priority", "actions"}));
  EXPECT_THAT(fields, ::testing::Contains(::testing::StartsWith("conditions[0]")));
  EXPECT_THAT(fields, ::testing::Contains(::testing::StartsWith("conditions[1]")));
}

TEST_F(PolicyDirectoryTest, HoldsTheLimitsThatAreSet) {
  PolicyDirectory limited(store_.database(), testing::System(), Limits{2, 1}, nullptr);
  ASSERT_TRUE(limited.CreateStatic(shop_, Word("one")));
  ASSERT_TRUE(limited.CreateStatic(shop_, Word("two")));
  EXPECT_EQ(ReasonOf(limited.CreateStatic(shop_, Word("three"))), Reason::kPolicyLimit);
  EXPECT_TRUE(limited.CreateStatic(desk_, Word("three")));
  ListQuery own;
  own.include_system = false;
  const auto page = limited.ListStatic(shop_, own);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->total, 2U);
  ASSERT_TRUE(limited.DeleteStatic(shop_, page->rows[0].uuid));
  EXPECT_TRUE(limited.CreateStatic(shop_, Word("three")));
}

TEST_F(PolicyDirectoryTest, LosesNoChangeBetweenTwoWriters) {
  const auto made = directory_.CreateStatic(shop_, Word("grue"));
  ASSERT_TRUE(made);
  const auto other = store_.Open();
  PolicyDirectory second(*other, testing::System(), Limits{}, nullptr);
  std::thread tagger([&] {
    for (int i = 0; i < 20; ++i) {
      StaticChange change;
      change.priority = i;
      const auto done = second.UpdateStatic(shop_, made->uuid, change);
      EXPECT_TRUE(done) << done.error().message;
    }
  });
  for (int i = 0; i < 20; ++i) {
    StaticChange change;
    change.description = "change " + std::to_string(i);
    const auto done = directory_.UpdateStatic(shop_, made->uuid, change);
    EXPECT_TRUE(done) << done.error().message;
  }
  tagger.join();
  const auto after = directory_.GetStatic(shop_, made->uuid);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->policy.version, 41);
  EXPECT_EQ(after->policy.priority, 19);
  EXPECT_EQ(after->policy.description, "change 19");
}

TEST_F(PolicyDirectoryTest, RefusesRowsWithoutATenant) {
  const auto status =
      store_.database().WriteAsPlatform("test", [](store::Transaction& t) -> Status {
        const auto done = t.Execute(
            "INSERT INTO policy_scopes (org_id, tenant_id, generation) VALUES ('acme', ' ', 1)",
            {});
        if (!done) return done.error();
        return {};
      });
  EXPECT_FALSE(status.ok());
  PolicyRow row;
  row.org = OrgId("acme");
  row.tenant = TenantId(" ");
  row.uuid = std::string(36, 'a');
  row.policy.id = row.policy.name = row.policy.category = "x";
  row.policy.pattern = "x";
  const auto inserted = store_.database().WriteAsPlatform(
      "test", [&](store::Transaction& transaction) { return InsertPolicy(transaction, row); });
  EXPECT_FALSE(inserted.ok());
}

// An empty tenant id is how rows of the organization are told apart.
TEST_F(PolicyDirectoryTest, NobodyWithoutATenantWritesForTheOrganization) {
  for (const char* tenant : {"", " ", "*"}) {
    Actor nobody = shop_;
    nobody.tenant = TenantId(tenant);
    DesiredSet desired;
    desired.static_policies = {Word("grue")};
    desired.static_policies[0].slug = "no_grues";
    OverrideChange change;
    change.reason = "agreed with the auditors";
    change.action = "log";
    EXPECT_FALSE(directory_.CreateStatic(nobody, Word("grue")));
    EXPECT_FALSE(directory_.Apply(nobody, policy::Tier::kTenant, desired));
    EXPECT_FALSE(
        directory_.ImportDynamic(nobody, {Contains("grue", "No grues")}, ImportMode::kSkip));
    EXPECT_FALSE(directory_.SetOverride(nobody, PolicyKind::kStatic, "sys_soft",
                                        policy::Tier::kTenant, change));
    SessionOverrideRequest request;
    request.policy = "sys_soft";
    request.reason = "urgent";
    EXPECT_FALSE(directory_.CreateSessionOverride(nobody, request));
    EXPECT_FALSE(directory_.RecordTemplateUse(nobody, "t", "T", "u"));
  }
  EXPECT_THAT(announced_.all, IsEmpty());
}

}  // namespace
}  // namespace axonflow::policy_admin
