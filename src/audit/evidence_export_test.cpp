#include "audit/evidence_export.h"

#include <gtest/gtest.h>

#include "audit/shipper.h"
#include "audit/test_support.h"
#include "base/file.h"
#include "base/json.h"

namespace axonflow::audit {
namespace {

constexpr std::chrono::milliseconds kWait{20'000};
constexpr int kRecords = 1'000;

KeyRing TestKeys() {
  return KeyRing(*SigningKey::FromText(Secret(Base64Encode(std::string(32, '\x07')))), "");
}

// A log of 1,000 records, some of them reports that continue a decision's chain, and its export.
class EvidenceExport : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TestFolder;
    options_ = new EvidenceOptions{TestKeys(), SignatureMode::kOnDemand, {}};
    store_ = MustOpenStore(folder_->path() / "axonflow.db").release();
    auto journal = MustOpen(SmallJournal(folder_->path() / "journal"));
    ShipperOptions shipping;
    shipping.evidence = *options_;
    Shipper shipper(*journal, *store_, shipping);
    ASSERT_TRUE(shipper.Start());
    DecisionId decision;
    JournalPosition last{};
    for (int i = 0; i < kRecords; ++i) {
      auto record = DecisionRecord(i);
      record.query = "line\nbreak \"quoted\" \u65e5\u672c \x01 " + std::to_string(i);
      if (i % 3 == 1) record.decision_id = decision;
      decision = record.decision_id;
      const auto appended = journal->AppendAndWait(Encoded(record));
      ASSERT_TRUE(appended);
      last = *appended;
    }
    ASSERT_TRUE(shipper.WaitUntilShipped(last, kWait));
    ASSERT_TRUE(shipper.Stop(kWait));
    whole_ = new std::string(Export({}));
  }
  static void TearDownTestSuite() {
    delete whole_;
    delete store_;
    delete options_;
    delete folder_;
  }

  static std::string Export(const LeafRange& range) {
    std::string bytes;
    const auto done =
        ExportEvidence(*store_, *store::OrgScope::ForTenant(OrgId("o1"), TenantId("t1")),
                       {"o1", "t1"}, range, *options_, Now(), [&](std::string_view piece) {
                         bytes.append(piece);
                         return true;
                       });
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
    return bytes;
  }
  static ExportCheck Verify(std::string_view bytes, std::string_view known = {}) {
    return VerifyExport(bytes, options_->keys, known);
  }
  // Where line `number`, from 1, begins.
  static std::size_t LineAt(std::size_t number) {
    std::size_t at = 0;
    for (std::size_t line = 1; line < number; ++line) at = whole_->find('\n', at) + 1;
    return at;
  }
  static std::string Line(std::size_t number) {
    const auto at = LineAt(number);
    return whole_->substr(at, whole_->find('\n', at) + 1 - at);
  }

  static TestFolder* folder_;
  static EvidenceOptions* options_;
  static store::Database* store_;
  static std::string* whole_;
};

TestFolder* EvidenceExport::folder_ = nullptr;
EvidenceOptions* EvidenceExport::options_ = nullptr;
store::Database* EvidenceExport::store_ = nullptr;
std::string* EvidenceExport::whole_ = nullptr;

TEST_F(EvidenceExport, VerifiesAsItWasWritten) {
  const auto check = Verify(*whole_);
  EXPECT_TRUE(check.ok()) << check.broken_line << ": " << check.reason;
  EXPECT_EQ(check.records, static_cast<std::uint64_t>(kRecords));
  EXPECT_EQ(check.unsigned_items, 0U);
  EXPECT_TRUE(VerifyExport(*whole_, KeyRing(), {}).ok());
  EXPECT_FALSE(VerifyExport(*whole_, KeyRing(SigningKey::Generate(), ""), {}).ok());
}

TEST_F(EvidenceExport, VerifiesAPartOfTheLog) {
  const auto part = Export({300, 420});
  const auto check = Verify(part);
  EXPECT_TRUE(check.ok()) << check.broken_line << ": " << check.reason;
  EXPECT_EQ(check.records, 120U);
}

// All lines of a record are alike, so one record stands for a thousand.
TEST_F(EvidenceExport, NamesTheLineOfEveryFlippedByte) {
  auto bytes = Export({498, 499});
  std::uint64_t line = 1;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const char before = bytes[at];
    bytes[at] = static_cast<char>(before ^ (1 << (at % 7)));
    const auto check = Verify(bytes);
    ASSERT_FALSE(check.ok()) << "line " << line << " byte " << at;
    // The time of the export stands for itself; only the hash of the whole export covers it.
    if (line > 1) {
      ASSERT_EQ(check.broken_line, line) << "byte " << at << ": " << check.reason;
    }
    bytes[at] = before;
    if (before == '\n') ++line;
  }
  EXPECT_TRUE(Verify(bytes).ok());
}

TEST_F(EvidenceExport, FindsMissingInsertedAndSwappedRecords) {
  const auto at = LineAt(500);
  const auto line = Line(500);
  const auto next = Line(501);
  auto missing = *whole_;
  missing.erase(at, line.size());
  auto twice = *whole_;
  twice.insert(at, line);
  auto swapped = *whole_;
  swapped.replace(at, line.size() + next.size(), next + line);
  for (const auto* bytes : {&missing, &twice, &swapped}) {
    const auto check = Verify(*bytes);
    EXPECT_FALSE(check.ok());
    EXPECT_EQ(check.broken_line, bytes == &twice ? 501U : 500U) << check.reason;
  }
}

TEST_F(EvidenceExport, FindsACutTail) {
  for (const std::size_t kept : {std::size_t{0}, std::size_t{1}, LineAt(1), LineAt(2),
                                 LineAt(1'002), LineAt(1'002) - 1, whole_->size() - 1}) {
    EXPECT_FALSE(Verify(std::string_view(*whole_).substr(0, kept)).ok()) << kept;
  }
  EXPECT_FALSE(Verify(*whole_ + "\n").ok());
}

TEST_F(EvidenceExport, ComparesTheLogWithAHeadThatTheReaderKept) {
  TreeHead known;
  known.origin = LogOrigin("o1", "t1");
  merkle::Accumulator leaves;
  for (int i = 0; i < 700; ++i) {
    JsonDocument document;
    const auto line = Line(static_cast<std::size_t>(i) + 2);
    const auto root = document.Parse(std::string_view(line).substr(0, line.size() - 1));
    ASSERT_TRUE(root);
    const auto data = LeafData(*ParseHexDigest(*root->Find("record_digest")->AsString()),
                               *ParseHexDigest(*root->Find("chain_hash")->AsString()));
    leaves.Add(merkle::LeafHash({data.data(), data.size()}));
  }
  known.size = leaves.size();
  known.root = leaves.Root();
  SignHead(*options_->keys.signer(), options_->keys.signer_id(), known);
  const auto* key = &options_->keys.signer()->public_key();
  EXPECT_TRUE(Verify(*whole_, SignedCheckpoint(known, key)).ok());
  auto forked = known;
  forked.root = Sha256("fork");
  SignHead(*options_->keys.signer(), options_->keys.signer_id(), forked);
  EXPECT_EQ(Verify(*whole_, SignedCheckpoint(forked, key)).broken_line, 701U);
  auto longer = known;
  longer.size = 5'000;
  SignHead(*options_->keys.signer(), options_->keys.signer_id(), longer);
  EXPECT_FALSE(Verify(*whole_, SignedCheckpoint(longer, key)).ok());
}

TEST(GoldenVectors, AreWhatThisCodeComputes) {
  const auto text = ReadFile(std::string(AXONFLOW_SOURCE_DIR) + "/tests/verifier/vectors.json",
                             std::size_t{1} << 20);
  ASSERT_TRUE(text);
  JsonDocument document;
  const auto root = document.Parse(*text);
  ASSERT_TRUE(root);
  const auto key = SigningKey::FromText(Secret(std::string(*root->Find("seed")->AsString())));
  ASSERT_TRUE(key);
  EXPECT_EQ(KeyIdOf(key->public_key()), *root->Find("signing_key_id")->AsString());
  int count = 0;
  root->Find("vectors")->ForEachElement([&](JsonValue vector) {
    const auto fields = *vector.Find("entry");
    const auto field = [&](const char* name) { return *fields.Find(name)->AsString(); };
    ChainEntry entry;
    entry.id = field("id");
    entry.chain_id = field("chain_id");
    entry.request_id = field("request_id");
    entry.parent_request_id = field("parent_request_id");
    entry.step_number = *fields.Find("step_number")->AsInt();
    entry.chain_seq = *fields.Find("chain_seq")->AsInt();
    entry.org_id = field("org_id");
    entry.tenant_id = field("tenant_id");
    entry.client_id = field("client_id");
    entry.user_id = field("user_id");
    entry.decision_type = field("decision_type");
    entry.decision_outcome = field("decision_outcome");
    entry.system_id = field("system_id");
    entry.model_provider = field("model_provider");
    entry.model_id = field("model_id");
    fields.Find("policies_evaluated")->ForEachElement([&](JsonValue policy) {
      entry.policies_evaluated.push_back(*policy.AsString());
    });
    entry.policy_triggered = field("policy_triggered");
    entry.risk_level = field("risk_level");
    entry.requires_human_review = *fields.Find("requires_human_review")->AsBool();
    entry.processing_time_ms = *fields.Find("processing_time_ms")->AsInt();
    entry.input_hash = field("input_hash");
    entry.output_hash = field("output_hash");
    entry.audit_hash = field("audit_hash");
    fields.Find("data_sources")->ForEachElement([&](JsonValue source) {
      entry.data_source = *source.AsString();
    });
    entry.created_at =
        Time(std::chrono::microseconds(*fields.Find("created_at_unixmicro")->AsInt()));
    std::string preimage;
    const auto digest = RecordDigest(entry, preimage);
    EXPECT_EQ(Base64Encode(preimage), *vector.Find("preimage_b64")->AsString());
    EXPECT_EQ(Hex(digest), *vector.Find("record_digest")->AsString());
    const auto chained = ChainHash(digest, *ParseHexDigest(*vector.Find("prev_hash")->AsString()));
    EXPECT_EQ(Hex(chained), *vector.Find("chain_hash")->AsString());
    const auto signature = key->Sign(Hex(chained));
    EXPECT_EQ(Base64Encode({reinterpret_cast<const char*>(signature.data()), signature.size()}),
              *vector.Find("record_signature")->AsString());
    ++count;
  });
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace axonflow::audit
