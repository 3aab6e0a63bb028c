#include "audit/audit_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "audit/audit_rows.h"
#include "audit/shipper.h"
#include "audit/test_support.h"

namespace axonflow::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

store::OrgScope Scope(const std::string& org, const std::string& tenant) {
  return *store::OrgScope::ForTenant(OrgId(org), TenantId(tenant));
}

Time Minute(int minute) { return Time(std::chrono::minutes(30'000'000 + minute)); }

// Rows straight into the table, numbered from 1.
class AuditStore : public ::testing::Test {
 protected:
  AuditStore() : database_(MustOpenStore(folder_.path() / "store.db")) {}

  void Insert(const std::vector<Record>& records) {
    const auto status =
        database_->WriteAsPlatform("test", [&](store::Transaction& transaction) -> Status {
          RowWriter rows;
          for (const auto& record : records) {
            auto inserted =
                rows.InsertRecord(transaction, JournalPosition{++last_}, Encoded(record));
            if (!inserted.ok()) return inserted;
          }
          return {};
        });
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  // Positions of the page, in its order.
  std::vector<std::uint64_t> Positions(const SearchFilter& filter,
                                       const store::OrgScope& scope = Scope("o1", "t1")) {
    const auto page = Search(*database_, scope, filter);
    EXPECT_TRUE(page.ok()) << (page.ok() ? "" : page.error().message);
    std::vector<std::uint64_t> positions;
    if (!page) return positions;
    for (const auto& stored : page->records) positions.push_back(ToNumber(stored.position));
    total_ = page->total;
    return positions;
  }

  TestFolder folder_;
  std::unique_ptr<store::Database> database_;
  std::uint64_t last_ = 0;
  std::int64_t total_ = -1;
};

TEST_F(AuditStore, NewestFirstThenByPositionAndPagesNeitherRepeatNorSkip) {
  std::vector<Record> records;
  for (const int minute : {5, 1, 5, 3, 5}) records.push_back(DecisionRecord(minute));
  Insert(records);
  EXPECT_THAT(Positions({}), ElementsAre(5, 3, 1, 4, 2));
  EXPECT_EQ(total_, 5);
  SearchFilter page;
  page.limit = 2;
  EXPECT_THAT(Positions(page), ElementsAre(5, 3));
  page.offset = 2;
  EXPECT_THAT(Positions(page), ElementsAre(1, 4));
  page.offset = 4;
  EXPECT_THAT(Positions(page), ElementsAre(2));
  EXPECT_EQ(total_, 5);
  page.offset = 5;
  EXPECT_THAT(Positions(page), IsEmpty());
  EXPECT_EQ(total_, 5);
}

TEST_F(AuditStore, TheWholeRecordComesBack) {
  auto record = DecisionRecord();
  record.matches = {
      {"p1", "Policy One", "what it does", "pii", "block", "high", "high", 3, true, 2}};
  record.context = {{"k", "v"}};
  record.query = std::string("a\0b", 3);
  Insert({record});
  const auto page = Search(*database_, Scope("o1", "t1"), {});
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->records.size(), 1u);
  EXPECT_EQ(Encoded(page->records[0].record), Encoded(record));
}

struct FilterCase {
  std::string name;
  std::function<void(SearchFilter&)> set;
  std::vector<std::uint64_t> expected;
};

TEST_F(AuditStore, EveryFilterRestrictsTheAnswer) {
  auto a = DecisionRecord(1);  // 1
  a.session_id = "s-1";
  auto b = DecisionRecord(2);  // 2
  b.user_email = "Bob_100%@Example.COM";
  b.client = ClientId("Mobile\\App");
  b.verdict = "blocked";
  b.matches = {
      {"sys_sqli_1", "SQL injection", "", "sqli", "block", "critical", "critical", 1, false, 1},
      {"pii_2", "E-mail", "", "pii", "warn", "low", "low", 1, false, 1}};
  auto c = DecisionRecord(3);  // 3
  c.verdict = "deny";
  c.tool_signature = "db/query";
  c.context = {{"override_id", "ov-9"}};
  auto d = DecisionRecord(4);  // 4: a reported call that belongs to a's decision
  d.decision_id = a.decision_id;
  d.request_type = "llm-call";
  d.user_email.clear();
  d.verdict = "something new";
  d.session_id = "s-1";
  Insert({a, b, c, d});
  const std::vector<FilterCase> cases = {
      {"none", [](SearchFilter&) {}, {4, 3, 2, 1}},
      {"email substring, any case", [](auto& f) { f.user_email = "BOB_1"; }, {2}},
      {"percent is no wild card", [](auto& f) { f.user_email = "b%b"; }, {}},
      {"percent is found", [](auto& f) { f.user_email = "00%@"; }, {2}},
      {"underscore is no wild card", [](auto& f) { f.user_email = "b_b"; }, {}},
      {"client substring", [](auto& f) { f.client_id = "mobile\\a"; }, {2}},
      {"quote", [](auto& f) { f.client_id = "' OR 1=1 --"; }, {}},
      {"start is inclusive", [](auto& f) { f.start_time = Minute(3); }, {4, 3}},
      {"end is inclusive", [](auto& f) { f.end_time = Minute(2); }, {2, 1}},
      {"historic word in the filter", [](auto& f) { f.action = "DENIED"; }, {3, 2}},
      {"historic word in the record", [](auto& f) { f.action = "blocked"; }, {3, 2}},
      {"unknown words are errors", [](auto& f) { f.action = "error"; }, {4}},
      {"allowed", [](auto& f) { f.action = "allowed"; }, {1}},
      {"session", [](auto& f) { f.session_id = "s-1"; }, {4, 1}},
      {"session is exact", [](auto& f) { f.session_id = "s-"; }, {}},
      {"decision", [&](auto& f) { f.decision_id = a.decision_id.str(); }, {4, 1}},
      {"decision is exact", [&](auto& f) { f.decision_id = a.id.substr(1); }, {}},
      {"override", [](auto& f) { f.override_id = "ov-9"; }, {3}},
      {"policy id", [](auto& f) { f.policy_name = "pii_2"; }, {2}},
      {"policy name", [](auto& f) { f.policy_name = "SQL injection"; }, {2}},
      {"policy is exact", [](auto& f) { f.policy_name = "sql injection"; }, {}},
      {"policy is whole", [](auto& f) { f.policy_name = "pii_"; }, {}},
      {"request type", [](auto& f) { f.request_type = "llm-call"; }, {4}},
      {"tool", [](auto& f) { f.tool_signature = "db/query"; }, {3}},
      {"owner", [](auto& f) { f.owner_email = "ann@example.com"; }, {3, 1}},
      {"owner is exact", [](auto& f) { f.owner_email = "ann@example"; }, {}},
      {"owner without name sees nothing", [](auto& f) { f.owner_email = ""; }, {}},
      {"owner narrows only",
       [](auto& f) {
         f.owner_email = "ann@example.com";
         f.user_email = "bob";
       },
       {}},
      {"decisions only", [](auto& f) { f.decisions_only = true; }, {3, 2, 1}},
      {"together",
       [](auto& f) {
         f.action = "blocked";
         f.start_time = Minute(3);
         f.tool_signature = "db/query";
         f.client_id = "CLIENT";
       },
       {3}},
  };
  for (const auto& test : cases) {
    SearchFilter filter;
    test.set(filter);
    EXPECT_EQ(Positions(filter), test.expected) << test.name;
    EXPECT_EQ(total_, static_cast<std::int64_t>(test.expected.size())) << test.name;
  }
}

TEST_F(AuditStore, TenantsAndOrgsDoNotSeeEachOther) {
  auto mine = DecisionRecord(1);
  auto neighbour = DecisionRecord(2);
  neighbour.tenant = TenantId("t2");
  auto stranger = DecisionRecord(3);
  stranger.org = OrgId("o2");
  Insert({mine, neighbour, stranger});
  EXPECT_THAT(Positions({}, Scope("o1", "t1")), ElementsAre(1));
  EXPECT_THAT(Positions({}, Scope("o1", "t2")), ElementsAre(2));
  EXPECT_THAT(Positions({}, Scope("o2", "t1")), ElementsAre(3));
  EXPECT_THAT(Positions({}, Scope("o2", "t2")), IsEmpty());
  EXPECT_THAT(Positions({}, *store::OrgScope::OrgWide(OrgId("o1"))), ElementsAre(2, 1));
  const auto foreign = FindDecision(*database_, Scope("o1", "t1"), neighbour.decision_id);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(FindDecision(*database_, Scope("o1", "t2"), neighbour.decision_id).ok());
  EXPECT_EQ(Search(*database_, store::OrgScope{}, {}).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(AuditStore, FindDecisionTakesTheDecisionsOwnRecordNotAReportedCall) {
  const auto decision = DecisionRecord(1);
  auto call = DecisionRecord(2);
  call.decision_id = decision.decision_id;
  Insert({decision, call});
  const auto found = FindDecision(*database_, Scope("o1", "t1"), decision.decision_id);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(ToNumber(found->position), 1u);
  EXPECT_EQ(FindDecision(*database_, Scope("o1", "t1"), DecisionId("")).error().code,
            ErrorCode::kNotFound);
}

TEST_F(AuditStore, FindsDecisionsInEveryBucketOfTheIndex) {
  const auto first = DecisionRecord(1);
  const auto second = DecisionRecord(2);
  Insert({first});
  last_ = 100'000;
  Insert({second});
  EXPECT_EQ(ToNumber(FindDecision(*database_, Scope("o1", "t1"), first.decision_id)->position), 1u);
  EXPECT_EQ(ToNumber(FindDecision(*database_, Scope("o1", "t1"), second.decision_id)->position),
            100'001u);
}

TEST_F(AuditStore, ADecisionIsFoundThroughItsIndex) {
  std::string plan;
  ASSERT_TRUE(database_
                  ->ReadAsPlatform("test",
                                   [&](store::Transaction& transaction) {
                                     return transaction.Query(
                                         R"(EXPLAIN QUERY PLAN SELECT position, record
      FROM (WITH RECURSIVE buckets(bucket) AS (
              SELECT 0 UNION ALL
              SELECT bucket + 1 FROM buckets
              WHERE bucket < (SELECT max(decision_bucket) FROM audit_records))
            SELECT bucket FROM buckets) AS b
      CROSS JOIN audit_records WHERE org_id = 'o' AND tenant_id = 't' AND decision_key = 1
        AND decision_id = 'x' AND decision_bucket = b.bucket
      ORDER BY occurred_at DESC, position DESC LIMIT 1 OFFSET 0)",
                                         {}, [&](const store::Row& row) {
                                           plan.append(row.Text(3)).append("\n");
                                         });
                                   })
                  .ok());
  EXPECT_THAT(plan, ::testing::HasSubstr(
                        "audit_records_by_decision (decision_bucket=? AND decision_key=?)"));
}

TEST_F(AuditStore, CountsHitsOfOnePolicyByOneUserSinceAMoment) {
  std::vector<Record> records;
  for (int minute = 1; minute <= 4; ++minute) {
    auto record = DecisionRecord(minute);
    record.matches = {{"p1", "One", "", "", "", "", "", 1, false, 1}};
    records.push_back(record);
  }
  records[1].user_email = "other@example.com";
  records[2].matches[0].policy_id = "p2";
  Insert(records);
  const auto count = [&](std::string_view policy, int minute) {
    return *CountPolicyHits(*database_, Scope("o1", "t1"), policy, "ann@example.com",
                            Minute(minute));
  };
  EXPECT_EQ(count("p1", 0), 2);
  EXPECT_EQ(count("p1", 2), 1);
  EXPECT_EQ(count("p2", 0), 1);
  EXPECT_EQ(count("p3", 0), 0);
  EXPECT_EQ(*CountPolicyHits(*database_, Scope("o1", "t2"), "p1", "ann@example.com", Minute(0)), 0);
}

TEST_F(AuditStore, TailGivesTheOldestAfterAPositionInItsScope) {
  std::vector<Record> records;
  for (int i = 0; i < 6; ++i) {
    records.push_back(DecisionRecord(10 - i));
    if (i % 2 == 1) records.back().tenant = TenantId("t2");
  }
  Insert(records);
  const auto tail = TailAfter(*database_, Scope("o1", "t1"), JournalPosition{1}, 10);
  ASSERT_TRUE(tail.ok());
  ASSERT_EQ(tail->size(), 2u);
  EXPECT_EQ(ToNumber((*tail)[0].position), 3u);
  EXPECT_EQ(ToNumber((*tail)[1].position), 5u);
  EXPECT_EQ(TailAfter(*database_, Scope("o1", "t1"), JournalPosition{0}, 1)->size(), 1u);
  EXPECT_FALSE(TailAfter(*database_, Scope("o1", "t1"), JournalPosition{0}, 0).ok());
}

TEST_F(AuditStore, RefusesFiltersOutOfTheirBounds) {
  const auto code = [&](const std::function<void(SearchFilter&)>& set) {
    SearchFilter filter;
    set(filter);
    const auto page = Search(*database_, Scope("o1", "t1"), filter);
    return page.ok() ? ErrorCode::kInternal : page.error().code;
  };
  EXPECT_EQ(code([](auto& f) { f.limit = 0; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code([](auto& f) { f.limit = 100'001; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code([](auto& f) { f.offset = -1; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code([](auto& f) { f.user_email = std::string(1025, '%'); }),
            ErrorCode::kInvalidArgument);
}

TEST_F(AuditStore, ARowThatCannotBeReadFailsTheSearchInsteadOfShrinkingIt) {
  Insert({DecisionRecord(1), DecisionRecord(2)});
  ASSERT_TRUE(
      database_
          ->WriteAsPlatform("test",
                            [&](store::Transaction& transaction) {
                              const auto executed = transaction.Execute(
                                  "UPDATE audit_records SET record = 'x' WHERE position = 1", {});
                              return executed ? Status() : Status(executed.error());
                            })
          .ok());
  const auto page = Search(*database_, Scope("o1", "t1"), {});
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().code, ErrorCode::kCorrupt);
}

TEST(CanonicalVerdict, MapsHistoricSpellingsAndNeverGuessesAllowed) {
  for (const auto& [text, expected] : std::vector<std::pair<std::string, std::string>>{
           {"allow", "allowed"},
           {"ALLOWED", "allowed"},
           {"approved", "allowed"},
           {"deny", "blocked"},
           {"Denied", "blocked"},
           {"block", "blocked"},
           {"redact", "redacted"},
           {"modified", "redacted"},
           {"pending_approval", "needs_approval"},
           {"require_approval", "needs_approval"},
           {"needs_approval", "needs_approval"},
           {"error", "error"},
           {"", "error"},
           {"allow ", "error"},
           {"allowed?", "error"},
           {"warn", "error"},
       }) {
    EXPECT_EQ(CanonicalVerdict(text), expected) << text;
  }
}

}  // namespace
}  // namespace axonflow::audit
