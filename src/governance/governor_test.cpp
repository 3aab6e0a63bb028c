#include "governance/governor.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <future>
#include <optional>

#include "audit/audit_store.h"
#include "base/crypto.h"
#include "base/json.h"
#include "governance/stored_text.h"
#include "governance/trace_context.h"
#include "policy/testing.h"
#include "store/migrations.h"
#include "store/sqlite.h"

namespace axonflow::governance {
namespace {

// The whole pipeline on real files; nothing stands in for the journal or the store.
class GovernorTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/axonflow-governor-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    auto database = store::OpenSqlite(folder_ / "axonflow.db");
    ASSERT_TRUE(database) << database.error().message;
    database_ = std::move(*database);
    ASSERT_TRUE(store::Migrate(*database_));
    audit::JournalOptions options;
    options.directory = folder_ / "journal";
    std::filesystem::create_directories(options.directory);
    options.segment_bytes = 4 << 20;
    auto journal = audit::Journal::Open(options);
    ASSERT_TRUE(journal) << journal.error().message;
    journal_ = std::move(*journal);
    shipper_.emplace(*journal_, *database_, audit::ShipperOptions{});
    ASSERT_TRUE(shipper_->Start());
    UsePosture({{"PII_ACTION", "redact"}, {"SQLI_ACTION", "block"}});
  }
  void TearDown() override {
    governor_.reset();
    shipper_.reset();
    journal_.reset();
    database_.reset();
    std::filesystem::remove_all(folder_);
  }

  void UsePosture(const std::map<std::string, std::string>& variables) {
    Use(policy::testing::BuiltinView(*policy::Posture::FromVariables(variables)));
  }

  void Use(View view) {
    governor_.reset();
    views_.emplace(std::move(view));
    registry_.emplace();
    governor_.emplace(GovernorOptions{AuditAck::kJournal, "node-1", ""}, *views_, *journal_,
                      *shipper_, compute_, blocking_, *registry_);
  }

  Exchange For(std::string text) {
    Exchange exchange;
    exchange.principal.org = OrgId("org");
    exchange.principal.tenant = TenantId("tenant");
    exchange.principal.client = ClientId("client");
    exchange.principal.user_email = "ann@example.org";
    exchange.decision_id = DecisionId(NewUuid());
    exchange.trace = TraceIdFrom("");
    exchange.request_type = "pre_check";
    exchange.stage = "llm";
    exchange.text = std::move(text);
    return exchange;
  }

  // Runs `task` on the blocking pool, as an I/O thread would, and waits for it.
  template <typename T>
  T Wait(Task<T> task) {
    std::promise<T> done;
    auto on_pool = [](WorkerPool& pool, Task<T> inner) -> Task<T> {
      co_await SwitchTo(pool);
      auto value = co_await inner;
      co_return value;
    };
    Start(on_pool(blocking_, std::move(task)),
          [&](std::optional<T> value, const std::exception_ptr&) {
            done.set_value(std::move(*value));
          });
    return done.get_future().get();
  }

  audit::Record Stored(const DecisionId& id) {
    EXPECT_TRUE(shipper_->WaitUntilShipped(journal_->durable(), std::chrono::seconds(5)));
    auto found = audit::FindDecision(
        *database_, *store::OrgScope::ForTenant(OrgId("org"), TenantId("tenant")), id);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    return found ? found->record : audit::Record{};
  }

  std::filesystem::path folder_;
  std::optional<telemetry::Registry> registry_;
  WorkerPool compute_{"compute", 1, 0, 2};
  WorkerPool blocking_{"blocking", 2, 0, 16};
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<audit::Journal> journal_;
  std::optional<audit::Shipper> shipper_;
  std::optional<FixedPolicyViews> views_;
  std::optional<Governor> governor_;
};

TEST_F(GovernorTest, AllowsACleanTextAndRecordsIt) {
  auto exchange = For("What is the capital of France?");
  const auto id = exchange.decision_id;
  const auto trace = exchange.trace;
  const auto decision = Wait(governor_->Govern(std::move(exchange)));
  ASSERT_TRUE(decision);
  EXPECT_TRUE(decision->allowed());
  EXPECT_TRUE(decision->policy_ids.empty());
  const auto record = Stored(id);
  EXPECT_EQ(record.verdict, "allowed");
  EXPECT_EQ(record.query, "What is the capital of France?");
  EXPECT_EQ(record.query_hash, HexEncode(Sha256("What is the capital of France?")));
  EXPECT_EQ(record.trace, trace);
  EXPECT_EQ(record.node, "node-1");
  EXPECT_EQ(record.user_email, "ann@example.org");
  EXPECT_FALSE(record.policy_set_version.empty());
}

TEST_F(GovernorTest, BlocksAnInjectionAndNamesThePolicy) {
  auto exchange = For("1' UNION SELECT username, password FROM accounts --");
  const auto id = exchange.decision_id;
  const auto decision = Wait(governor_->Govern(std::move(exchange)));
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->outcome, policy::Outcome::kBlocked);
  ASSERT_FALSE(decision->policy_ids.empty());
  EXPECT_FALSE(decision->reason.empty());
  const auto record = Stored(id);
  EXPECT_EQ(record.verdict, "blocked");
  ASSERT_FALSE(record.matches.empty());
  EXPECT_EQ(record.matches[0].policy_id, decision->policy_ids[0]);
  EXPECT_EQ(record.matches[0].action, "block");
}

TEST_F(GovernorTest, RedactsACardNumberAndStoresNoneOfIt) {
  auto exchange = For("Charge my card 4111 1111 1111 1111 please");
  const auto id = exchange.decision_id;
  const auto decision = Wait(governor_->Govern(std::move(exchange)));
  ASSERT_TRUE(decision);
  EXPECT_TRUE(decision->allowed());
  EXPECT_TRUE(decision->redact);
  EXPECT_EQ(decision->policy_ids.at(0), "sys_pii_credit_card");
  const auto record = Stored(id);
  EXPECT_EQ(record.verdict, "redacted");
  EXPECT_EQ(record.query.find("1111"), std::string::npos) << record.query;
  EXPECT_EQ(record.obligations, std::vector<std::string>{"redact_pii"});
}

TEST_F(GovernorTest, DeniesWhenTheEnforcementPointCannotRedact) {
  auto exchange = For("Charge my card 4111 1111 1111 1111 please");
  const auto id = exchange.decision_id;
  exchange.redaction_impossible = true;
  const auto decision = Wait(governor_->Govern(std::move(exchange)));
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->outcome, policy::Outcome::kBlocked);
  EXPECT_FALSE(decision->redact);
  EXPECT_EQ(Stored(id).verdict, "blocked");
}

TEST_F(GovernorTest, JudgesLongTextsLikeShortOnes) {
  std::string text(200'000, 'a');
  text += " 1' UNION SELECT username, password FROM accounts --";
  const auto decision = Wait(governor_->Govern(For(std::move(text))));
  ASSERT_TRUE(decision);
  EXPECT_EQ(decision->outcome, policy::Outcome::kBlocked);
}

TEST_F(GovernorTest, RefusesAndRecordsWhileNoPoliciesAreLoaded) {
  Use(nullptr);
  auto exchange = For("anything");
  const auto id = exchange.decision_id;
  const auto decision = Wait(governor_->Govern(std::move(exchange)));
  ASSERT_FALSE(decision);
  EXPECT_EQ(decision.error().code, ErrorCode::kUnavailable);
  const auto record = Stored(id);
  EXPECT_EQ(record.verdict, "error");
  EXPECT_NE(record.reason.find("Policy engine unavailable"), std::string::npos);
}

TEST_F(GovernorTest, KeepsWhatStandsBesideTheTextAsCarefullyAsTheText) {
  auto exchange = For("hello");
  const auto id = exchange.decision_id;
  exchange.context = {{"x_ai_agent", "card 4111 1111 1111 1111"}};
  exchange.model = "4111 1111 1111 1111";
  exchange.tool_signature = "crm/lookup";
  ASSERT_TRUE(Wait(governor_->Govern(std::move(exchange))));
  const auto record = Stored(id);
  ASSERT_EQ(record.context.size(), 1U);
  EXPECT_EQ(record.context[0].second.find("1111"), std::string::npos) << record.context[0].second;
  EXPECT_EQ(record.model.find("1111"), std::string::npos) << record.model;
  EXPECT_EQ(record.tool_signature, "crm/lookup");
}

TEST_F(GovernorTest, DryRunLeavesNoRecord) {
  const auto before = journal_->durable();
  const auto verdict = Wait(governor_->DryRun(For("1 UNION SELECT a FROM b --")));
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->verdict.outcome, policy::Outcome::kBlocked);
  EXPECT_EQ(journal_->durable(), before);
}

TEST_F(GovernorTest, RedactsEveryLeafOfMetadataAndKeepsItJson) {
  const auto json = RedactJsonForStorage(
      *policy::testing::BuiltinView(),
      R"({"note":"card 4111 1111 1111 1111","n":7,"list":["x",true,null]})", 4096);
  EXPECT_EQ(json.find("1111 1111"), std::string::npos) << json;
  JsonDocument document;
  const auto root = document.Parse(json);
  ASSERT_TRUE(root) << json;
  EXPECT_EQ(root->Find("n")->AsInt(), 7);
  EXPECT_EQ(root->Find("list")->size(), 3U);
}

}  // namespace
}  // namespace axonflow::governance
