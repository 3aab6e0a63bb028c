#include "audit/evidence_check.h"

#include <gtest/gtest.h>

#include <map>

#include "audit/shipper.h"
#include "audit/test_support.h"

namespace axonflow::audit {
namespace {

constexpr std::chrono::milliseconds kWait{5'000};

KeyRing TestKeys() {
  return KeyRing(*SigningKey::FromText(Secret(Base64Encode(std::string(32, '\x07')))), "");
}

// A journal and a store, and a shipper that has stopped when Ship returns.
class Node {
 public:
  explicit Node(EvidenceOptions options = {TestKeys(), SignatureMode::kOnDemand, {}})
      : options_(std::move(options)),
        journal_(MustOpen(SmallJournal(folder_.path() / "journal"))),
        store_(MustOpenStore(folder_.path() / "axonflow.db")) {}

  void Ship(const std::vector<Record>& records) {
    Shipper shipper(*journal_, *store_, {.evidence = options_});
    ASSERT_TRUE(shipper.Start());
    ShipWith(shipper, records);
  }

  // In as few transactions as the shipper makes of them.
  void ShipTogether(const std::vector<Record>& records) {
    for (const auto& record : records) ASSERT_TRUE(journal_->AppendAndWait(Encoded(record)));
    Shipper shipper(*journal_, *store_, {.evidence = options_});
    ASSERT_TRUE(shipper.Start());
    ShipWith(shipper, {DecisionRecord()});
  }

  void ShipWith(Shipper& shipper, const std::vector<Record>& records) {
    JournalPosition last{};
    for (const auto& record : records) {
      const auto appended = journal_->AppendAndWait(Encoded(record));
      ASSERT_TRUE(appended);
      last = *appended;
    }
    ASSERT_TRUE(shipper.WaitUntilShipped(last, kWait));
    ASSERT_TRUE(shipper.Stop(kWait));
    ASSERT_TRUE(shipper.health());
  }

  template <typename Body>
  auto Read(Body body) {
    std::optional<decltype(body(std::declval<store::Transaction&>()))> result;
    const auto read = store_->ReadAsPlatform("test", [&](store::Transaction& transaction) {
      result.emplace(body(transaction));
      return Status();
    });
    EXPECT_TRUE(read);
    return std::move(*result);
  }

  void Tamper(const std::string& sql) {
    const auto changed = store_->WriteAsPlatform("test", [&](store::Transaction& transaction) {
      const auto executed = transaction.Execute(sql, {});
      return executed ? Status() : Status(executed.error());
    });
    ASSERT_TRUE(changed) << sql << ": " << changed.error().message;
  }

  ChainCheck Chain(const std::string& id) {
    return Read([&](store::Transaction& transaction) {
      EvidenceCheck check(transaction, options_, Now());
      const auto chain = ReadChain(transaction, Scope(), id);
      EXPECT_TRUE(chain) << (chain ? "" : chain.error().message);
      return check.CheckChain(*chain);
    });
  }

  std::optional<RecordCheck> OneRecord(const std::string& id) {
    return Read([&](store::Transaction& transaction) {
      EvidenceCheck check(transaction, options_, Now());
      const auto row = ReadEvidence(transaction, Scope(), id);
      EXPECT_TRUE(row) << (row ? "" : row.error().message);
      std::optional<RecordCheck> result;
      if (*row) result = check.Check(**row);
      return result;
    });
  }

  static store::OrgScope Scope() {
    return *store::OrgScope::ForTenant(OrgId("o1"), TenantId("t1"));
  }
  EvidenceOptions& options() { return options_; }
  store::Database& store() { return *store_; }

 private:
  TestFolder folder_;
  EvidenceOptions options_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<store::Database> store_;
};

Record ReportOn(const Record& decision) {
  Record report = DecisionRecord(1);
  report.decision_id = decision.decision_id;
  report.request_type = "llm-call";
  report.provider = "openai";
  report.model = "gpt-4";
  report.response_sample = "Paris";
  return report;
}

std::vector<Record> ThreeRecords() {
  const auto decision = DecisionRecord();
  return {decision, ReportOn(decision), ReportOn(decision)};
}

TEST(Preimage, HasTheBytesOfTheContract) {
  Record record = DecisionRecord();
  record.id = "00000000-0000-4000-8000-000000000001";
  record.decision_id = DecisionId(record.id);
  record.matches.emplace_back().policy_id = "p1";
  record.matches.emplace_back().policy_id = "p\u00e9";
  const auto bytes = Encoded(record);
  RecordView view;
  ASSERT_TRUE(DecodeRecordView(bytes, view).ok());
  ChainEntry entry;
  FillEntry(view, bytes, 1, entry);
  std::string preimage;
  AppendPreimage(entry, preimage);
  EXPECT_TRUE(
      preimage.starts_with("id:36:00000000-0000-4000-8000-000000000001\x1e"
                           "chain_id:36:00000000-0000-4000-8000-000000000001\x1e"
                           "request_id:0:\x1eparent_request_id:0:\x1e"
                           "step_number:1:1\x1e"
                           "chain_seq:1:1\x1eorg_id:2:o1\x1etenant_id:2:t1\x1e"
                           "client_id:8:client-1\x1euser_id:15:ann@example.com\x1e"))
      << preimage;
  EXPECT_NE(preimage.find("\x1epolicies_evaluated#2:6:p1\x1fp\u00e9\x1epolicy_triggered:2:p1\x1e"),
            std::string::npos);
  EXPECT_TRUE(
      preimage.ends_with("\x1e"
                         "created_at_unixmicro:16:1800000000000000\x1e"))
      << preimage;
}

TEST(ChainHash, IsOverTheHexOfBoth) {
  const Digest256 digest = Sha256("a");
  EXPECT_EQ(ChainHash(digest, Digest256{}), Sha256(HexEncode(digest) + "|" + std::string(64, '0')));
}

TEST(EvidenceCheck, ProvesAnUntouchedChain) {
  Node node;
  const auto records = ThreeRecords();
  node.Ship(records);
  const auto chain = node.Chain(records[0].id);
  EXPECT_TRUE(chain.valid()) << chain.break_reason;
  EXPECT_TRUE(chain.authorship_proven());
  ASSERT_EQ(chain.records.size(), 3U);
  EXPECT_EQ(chain.records[2].chain_seq, 3);
  EXPECT_EQ(chain.records[0].prev_hash, Digest256{});
  EXPECT_EQ(chain.records[1].prev_hash, chain.records[0].chain_hash);
  const auto report = node.OneRecord(records[1].id);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->valid()) << report->reason;
  EXPECT_EQ(report->record_id, records[1].id);
  EXPECT_EQ(Sha256(report->preimage), report->record_digest);
  EXPECT_TRUE(VerifySignature(*report->public_key, Hex(report->chain_hash), report->signature));
}

TEST(EvidenceCheck, ContinuesAChainAfterARestart) {
  Node node;
  const auto records = ThreeRecords();
  node.Ship({records[0]});
  node.Ship({records[1], records[2]});
  const auto chain = node.Chain(records[0].id);
  EXPECT_TRUE(chain.authorship_proven()) << chain.break_reason;
  EXPECT_EQ(chain.total, 3);
}

TEST(EvidenceCheck, GivesARecordWithoutDecisionAChainOfItsOwn) {
  Node node;
  Record record = DecisionRecord();
  record.decision_id = DecisionId();
  node.Ship({record});
  const auto chain = node.Chain(record.id);
  EXPECT_EQ(chain.total, 1);
  EXPECT_TRUE(chain.authorship_proven()) << chain.break_reason;
}

// The writer remembers heads of chains in places that chains share: some of these drive each other
// out while their rows still wait to be written.
TEST(EvidenceCheck, ContinuesEachOfManyChainsInOneTransaction) {
  constexpr int kGroups = 100;
  constexpr int kChains = 31;  // of a group: with their reports no more than rows wait
  std::vector<Record> records;
  for (int group = 0; group < kGroups; ++group) {
    const auto begin = records.size();
    for (int i = 0; i < kChains; ++i) records.push_back(DecisionRecord());
    for (int i = 0; i < kChains; ++i) records.push_back(ReportOn(records[begin + i]));
  }
  Node node;
  node.ShipTogether(records);
  std::map<std::int64_t, std::int64_t> by_seq;
  ASSERT_TRUE(node.Read([&](store::Transaction& transaction) {
    return transaction.Query("SELECT chain_seq, COUNT(*) FROM audit_evidence GROUP BY chain_seq",
                             {}, [&](const store::Row& row) { by_seq[row.Int(0)] = row.Int(1); });
  }));
  // One more decision, which the node waited for.
  EXPECT_EQ(by_seq, (std::map<std::int64_t, std::int64_t>{{1, kGroups * kChains + 1},
                                                          {2, kGroups * kChains}}));
}

TEST(EvidenceCheck, AnotherTenantSeesNoChain) {
  Node node;
  const auto records = ThreeRecords();
  node.Ship(records);
  const auto other = *store::OrgScope::ForTenant(OrgId("o1"), TenantId("t2"));
  const auto found = node.Read([&](store::Transaction& transaction) {
    return ReadChain(transaction, other, records[0].id)->size() +
           (ReadEvidence(transaction, other, records[1].id)->has_value() ? 1U : 0U);
  });
  EXPECT_EQ(found, 0U);
}

TEST(EvidenceCheck, SignsEachRecordWhenTold) {
  Node node({TestKeys(), SignatureMode::kEachRecord, {}});
  const auto records = ThreeRecords();
  node.Ship(records);
  EXPECT_TRUE(node.Chain(records[0].id).authorship_proven());
  node.Tamper("UPDATE audit_evidence SET signature = NULL WHERE position = 2");
  const auto chain = node.Chain(records[0].id);
  EXPECT_TRUE(chain.valid());
  EXPECT_FALSE(chain.authorship_proven());
  EXPECT_EQ(chain.unsigned_records, 1);
}

TEST(EvidenceCheck, BothModesGiveTheSameSignature) {
  const auto records = ThreeRecords();
  Node on_demand;
  on_demand.Ship(records);
  Node each({TestKeys(), SignatureMode::kEachRecord, {}});
  each.Ship(records);
  EXPECT_EQ(on_demand.OneRecord(records[1].id)->signature,
            each.OneRecord(records[1].id)->signature);
}

TEST(EvidenceCheck, SaysThatAnUnsignedRecordProvesNothing) {
  Node node(EvidenceOptions{});
  const auto records = ThreeRecords();
  node.Ship(records);
  const auto chain = node.Chain(records[0].id);
  EXPECT_TRUE(chain.valid()) << chain.break_reason;
  EXPECT_FALSE(chain.authorship_proven());
  const auto record = node.OneRecord(records[0].id);
  EXPECT_FALSE(record->valid());
  EXPECT_EQ(record->reason, "the record is not signed");
}

TEST(EvidenceCheck, KnowsRetiredKeysAndRefusesUnknownOnes) {
  Node node({TestKeys(), SignatureMode::kEachRecord, {}});
  const auto records = ThreeRecords();
  node.Ship(records);
  const PublicKey old_key = node.options().keys.signer()->public_key();
  node.options().keys = KeyRing(SigningKey::Generate(), "");
  EXPECT_FALSE(node.Chain(records[0].id).valid());
  node.options().keys.AddRetired(old_key);
  EXPECT_TRUE(node.Chain(records[0].id).authorship_proven());
}

// Changes of somebody who may write every row of the store but has no key.
TEST(EvidenceCheck, FindsEveryKindOfTampering) {
  for (const char* sql :
       {"UPDATE audit_records SET record = (SELECT record FROM audit_records WHERE position = 3) "
        "WHERE position = 2",
        "UPDATE audit_evidence SET chain_hash = zeroblob(32) WHERE position = 2",
        "UPDATE audit_evidence SET record_digest = zeroblob(32) WHERE position = 2",
        "UPDATE audit_evidence SET prev_hash = zeroblob(32) WHERE position = 2",
        "UPDATE audit_evidence SET chain_seq = 9 WHERE position = 2",
        "UPDATE audit_evidence SET leaf_index = 9 WHERE position = 2",
        "UPDATE audit_evidence SET record_digest = x'00' WHERE position = 2",
        "DELETE FROM audit_evidence WHERE position = 2",
        "DELETE FROM audit_records WHERE position = 1",
        "UPDATE audit_tree_tiles SET hashes = zeroblob(96) WHERE level = 0",
        "UPDATE audit_tree_heads SET root = zeroblob(32)", "UPDATE audit_tree_heads SET size = 2",
        "UPDATE audit_tree_heads SET signature = zeroblob(64)", "DELETE FROM audit_tree_heads"}) {
    Node node;
    auto records = ThreeRecords();
    for (auto& record : records) record.timestamp = Now() - std::chrono::hours(1);
    node.Ship(records);
    ASSERT_TRUE(node.Chain(records[0].id).authorship_proven());
    node.Tamper(sql);
    const auto chain = node.Chain(records[0].id);
    EXPECT_FALSE(chain.valid()) << sql;
    EXPECT_GT(chain.first_broken_seq, 0) << sql;
    EXPECT_FALSE(chain.first_broken_record_id.empty()) << sql;
    EXPECT_FALSE(chain.break_reason.empty()) << sql;
  }
}

TEST(Tree, HoldsOneLeafARecordAcrossBatchesAndTenants) {
  Node node;
  std::vector<Record> records;
  for (int i = 0; i < 600; ++i) {
    records.push_back(DecisionRecord(i));
    if (i % 5 == 0) records.back().tenant = TenantId("t2");
  }
  node.Ship({records.begin(), records.begin() + 100});
  node.Ship({records.begin() + 100, records.end()});
  const TreeId tree{"o1", "t1"};
  node.Read([&](store::Transaction& transaction) {
    const auto head = ReadHead(transaction, tree, 1'000'000);
    EXPECT_TRUE(head->has_value());
    EXPECT_EQ((*head)->size, 480U);
    EXPECT_TRUE(VerifyHead(**head, node.options().keys));
    merkle::Accumulator accumulator;
    const auto leaves = ReadLeaves(transaction, tree, 0, 1'000);
    for (const auto& leaf : *leaves) {
      EXPECT_EQ(leaf.leaf_index, accumulator.size());
      const auto data = LeafData(leaf.record_digest, leaf.chain_hash);
      accumulator.Add(merkle::LeafHash({data.data(), data.size()}));
    }
    EXPECT_EQ(accumulator.size(), 480U);
    EXPECT_EQ(accumulator.Root(), (*head)->root);
    EvidenceCheck check(transaction, node.options(), Now());
    for (const std::size_t at : {0U, 255U, 256U, 479U}) {
      const auto receipt = check.MakeReceipt((*leaves)[at]);
      EXPECT_TRUE(receipt) << at;
      const auto data = LeafData(receipt->record.record_digest, receipt->record.chain_hash);
      EXPECT_TRUE(merkle::VerifyInclusion(merkle::LeafHash({data.data(), data.size()}), at, 480,
                                          receipt->proof, receipt->head.root));
    }
    return 0;
  });
}

TEST(Checkpoint, ReadsBackWhatItWrote) {
  auto keys = TestKeys();
  TreeHead head{LogOrigin("acme corp", "caf\u00e9+"),
                7,
                Sha256("x"),
                Time(std::chrono::microseconds(1'700'000'000'123'456)),
                {},
                {}};
  EXPECT_EQ(head.origin, "axonflow/acme%20corp/caf%C3%A9%2B");
  SignHead(*keys.signer(), keys.signer_id(), head);
  const auto note = SignedCheckpoint(head, &keys.signer()->public_key());
  const auto read = ParseCheckpoint(note);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->size, 7U);
  EXPECT_EQ(read->root, head.root);
  EXPECT_TRUE(VerifyHead(*read, keys));
  for (std::size_t i = 0; i < note.size(); ++i) {
    auto bad = note;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    const auto parsed = ParseCheckpoint(bad);
    EXPECT_FALSE(parsed && VerifyHead(*parsed, keys) &&
                 SignedCheckpoint(*parsed, &keys.signer()->public_key()) == bad)
        << i;
  }
}

}  // namespace
}  // namespace axonflow::audit
