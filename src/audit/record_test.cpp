#include "audit/record.h"

#include <gtest/gtest.h>

#include <limits>

namespace axonflow::audit {
namespace {

// Every field set, and set to something no other field has.
Record FullRecord() {
  Record r;
  r.id = "id-1";
  r.decision_id = DecisionId("decision-2");
  r.timestamp = Time(std::chrono::microseconds(1'764'000'000'123'456));
  r.org = OrgId("org-3");
  r.tenant = TenantId("tenant-4");
  r.client = ClientId("client-5");
  r.user_email = "user-6";
  r.user_role = "role-7";
  r.session_id = "session-8";
  r.plane = "plane-9";
  r.request_type = "type-10";
  r.stage = "stage-11";
  r.verdict = "verdict-12";
  r.reason = "reason-13";
  r.risk_level = "risk-14";
  r.query = std::string("query\0-15", 9);
  r.query_hash = "hash-16";
  r.query_bytes = std::numeric_limits<std::uint64_t>::max();
  r.matches = {{"p1", "n1", "d1", "c1", "a1", "s1", "r1", -7, true, 4'000'000'000u},
               {"p2", "", "", "", "", "", "", 1, false, 0}};
  r.obligations = {"o-18", ""};
  r.redacted_fields = {"f-19"};
  r.policy_set_version = "set-20";
  r.trace = TraceId("trace-21");
  r.correlation_id = "correlation-22";
  r.tool_signature = "tool-23";
  r.provider = "provider-24";
  r.model = "model-25";
  r.response_sample = "sample-26";
  r.prompt_tokens = std::numeric_limits<std::int64_t>::min();
  r.completion_tokens = std::numeric_limits<std::int64_t>::max();
  r.total_tokens = -1;
  r.cost_usd = 0.000123;
  r.latency_us = 31;
  r.upstream_latency_ms = 32;
  r.error_message = "error-33";
  r.attempted_user_email = "attempted-34";
  r.expires_at = Time(std::chrono::microseconds(-1));
  r.context = {{"k1", "v1"}, {"k2", ""}};
  r.context_truncated = true;
  r.metadata_json = R"({"a":1})";
  r.node = "node-38";
  r.shadow_matches = {{"p3", "n3", "d3", "c3", "a3", "s3", "r3", 4, false, 5}};
  r.risk_score_permille = 940;
  return r;
}

std::string Encode(const Record& record) {
  std::string bytes;
  EncodeRecord(record, bytes);
  return bytes;
}

void ExpectEqual(const PolicyMatch& a, const PolicyMatch& b) {
  EXPECT_EQ(a.policy_id, b.policy_id);
  EXPECT_EQ(a.policy_name, b.policy_name);
  EXPECT_EQ(a.description, b.description);
  EXPECT_EQ(a.category, b.category);
  EXPECT_EQ(a.action, b.action);
  EXPECT_EQ(a.severity, b.severity);
  EXPECT_EQ(a.risk_level, b.risk_level);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.allow_override, b.allow_override);
  EXPECT_EQ(a.count, b.count);
}

TEST(Record, EveryFieldSurvivesARoundTrip) {
  const auto before = FullRecord();
  const auto decoded = DecodeRecord(Encode(before));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  const Record& after = *decoded;
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.decision_id, before.decision_id);
  EXPECT_EQ(after.timestamp, before.timestamp);
  EXPECT_EQ(after.org, before.org);
  EXPECT_EQ(after.tenant, before.tenant);
  EXPECT_EQ(after.client, before.client);
  EXPECT_EQ(after.user_email, before.user_email);
  EXPECT_EQ(after.user_role, before.user_role);
  EXPECT_EQ(after.session_id, before.session_id);
  EXPECT_EQ(after.plane, before.plane);
  EXPECT_EQ(after.request_type, before.request_type);
  EXPECT_EQ(after.stage, before.stage);
  EXPECT_EQ(after.verdict, before.verdict);
  EXPECT_EQ(after.reason, before.reason);
  EXPECT_EQ(after.risk_level, before.risk_level);
  EXPECT_EQ(after.query, before.query);
  EXPECT_EQ(after.query_hash, before.query_hash);
  EXPECT_EQ(after.query_bytes, before.query_bytes);
  ASSERT_EQ(after.matches.size(), before.matches.size());
  for (std::size_t i = 0; i < after.matches.size(); ++i) {
    ExpectEqual(after.matches[i], before.matches[i]);
  }
  ASSERT_EQ(after.shadow_matches.size(), before.shadow_matches.size());
  ExpectEqual(after.shadow_matches[0], before.shadow_matches[0]);
  EXPECT_EQ(after.risk_score_permille, before.risk_score_permille);
  EXPECT_EQ(after.obligations, before.obligations);
  EXPECT_EQ(after.redacted_fields, before.redacted_fields);
  EXPECT_EQ(after.policy_set_version, before.policy_set_version);
  EXPECT_EQ(after.trace, before.trace);
  EXPECT_EQ(after.correlation_id, before.correlation_id);
  EXPECT_EQ(after.tool_signature, before.tool_signature);
  EXPECT_EQ(after.provider, before.provider);
  EXPECT_EQ(after.model, before.model);
  EXPECT_EQ(after.response_sample, before.response_sample);
  EXPECT_EQ(after.prompt_tokens, before.prompt_tokens);
  EXPECT_EQ(after.completion_tokens, before.completion_tokens);
  EXPECT_EQ(after.total_tokens, before.total_tokens);
  EXPECT_EQ(after.cost_usd, before.cost_usd);
  EXPECT_EQ(after.latency_us, before.latency_us);
  EXPECT_EQ(after.upstream_latency_ms, before.upstream_latency_ms);
  EXPECT_EQ(after.error_message, before.error_message);
  EXPECT_EQ(after.attempted_user_email, before.attempted_user_email);
  EXPECT_EQ(after.expires_at, before.expires_at);
  EXPECT_EQ(after.context, before.context);
  EXPECT_EQ(after.context_truncated, before.context_truncated);
  EXPECT_EQ(after.metadata_json, before.metadata_json);
  EXPECT_EQ(after.node, before.node);
}

// Journals written by one release are read by the next: these texts may not change, only a new
// format version may be added beside them.
TEST(Record, TheBytesOfEachVersionStayAsTheyAre) {
  Record record;
  record.id = "a";
  record.decision_id = DecisionId("b");
  record.timestamp = Time(std::chrono::microseconds(64));
  record.org = OrgId("o");
  record.matches = {{"p", "", "", "", "", "", "", 1, true, 300}};
  record.cost_usd = 1.0;
  record.total_tokens = -2;
  record.context = {{"k", "v"}};
  std::string expected("\x01", 1);
  expected += std::string(
      "\x01"
      "a"
      "\x01"
      "b",
      4);  // id, decision
  expected += std::string(
      "\x80\x01"
      "\x01"
      "o",
      4);                             // time 64 as zigzag 128, org
  expected += std::string(13, '\0');  // tenant ... query_hash, query_bytes
  expected += std::string("\0", 1);
  expected += std::string(
      "\x01"
      "\x01"
      "p",
      3);  // one match, its id
  expected += std::string(6, '\0');
  expected += std::string(
      "\x02"
      "\x01"
      "\xac\x02",
      4);                                              // version 1, override, count 300
  expected += std::string(8, '\0');                    // obligations ... model
  expected += std::string("\0\0\0\x03", 4);            // sample, prompt, completion, total -2
  expected += std::string("\0\0\0\0\0\0\xf0\x3f", 8);  // 1.0
  expected += std::string(5, '\0');                    // latencies, error, attempted, expires
  expected += std::string(
      "\x01"
      "\x01"
      "k"
      "\x01"
      "v",
      5);
  expected += std::string(3, '\0');
  EXPECT_EQ(Encode(*DecodeRecord(expected)), Encode(record));
  expected[0] = 2;
  expected += std::string(2, '\0');  // shadow matches, risk score
  EXPECT_EQ(Encode(record), expected);
}

TEST(Record, IdsThatRepeatOthersTakeNoRoom) {
  Record record;
  record.decision_id = DecisionId("3f0c7b64-41f5-4b1c-9a52-0d4b2f1f6f11");
  record.trace = TraceId("0af7651916cd43dd8448eb211c80319c");
  const auto without = Encode(record);
  record.id = record.decision_id.str();
  record.correlation_id = record.trace.str();
  EXPECT_EQ(Encode(record), without);
  const auto decoded = DecodeRecord(without);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->id, record.id);
  EXPECT_EQ(decoded->correlation_id, record.correlation_id);
  RecordView view;
  ASSERT_TRUE(DecodeRecordView(without, view));
  EXPECT_EQ(view.id, record.id);
}

TEST(Record, AViewIntoUsedMemoryHoldsTheNewRecordOnly) {
  RecordView view;
  const auto full = Encode(FullRecord());
  ASSERT_TRUE(DecodeRecordView(full, view).ok());
  const auto expected = FullRecord();
  EXPECT_EQ(view.id, expected.id);
  EXPECT_EQ(view.tool_signature, expected.tool_signature);
  EXPECT_EQ(view.node, expected.node);
  ASSERT_EQ(view.matches.size(), expected.matches.size());
  EXPECT_EQ(view.matches[0].policy_name, expected.matches[0].policy_name);
  ASSERT_EQ(view.context.size(), expected.context.size());
  EXPECT_EQ(view.context[0].second, expected.context[0].second);

  Record small;
  small.id = "x";
  const auto bytes = Encode(small);
  ASSERT_TRUE(DecodeRecordView(bytes, view).ok());
  EXPECT_EQ(view.id, "x");
  EXPECT_TRUE(view.node.empty() && view.matches.empty() && view.context.empty());
  EXPECT_EQ(DecodeRecordView(bytes.substr(1), view).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(DecodeRecordView(bytes + "x", view).error().code, ErrorCode::kCorrupt);
}

TEST(Record, EncodeAppends) {
  std::string bytes = "before";
  EncodeRecord(FullRecord(), bytes);
  EXPECT_TRUE(bytes.starts_with("before\x02"));
  EXPECT_TRUE(DecodeRecord(std::string_view(bytes).substr(6)).ok());
}

TEST(Record, CutAtAnyByteIsCorrupt) {
  const auto bytes = Encode(FullRecord());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = DecodeRecord(std::string_view(bytes).substr(0, size));
    ASSERT_FALSE(decoded.ok()) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Record, ExtraBytesUnknownVersionsAndLooseVarintsAreCorrupt) {
  const auto bytes = Encode(FullRecord());
  EXPECT_FALSE(DecodeRecord(bytes + '\0').ok());
  auto other_version = bytes;
  other_version[0] = 3;
  EXPECT_FALSE(DecodeRecord(other_version).ok());
  // The id's length 4 written in two bytes.
  auto loose = bytes;
  loose.replace(1, 1, std::string("\x84\x00", 2));
  EXPECT_FALSE(DecodeRecord(loose).ok());
  auto endless = bytes;
  endless.replace(1, 1, std::string(11, '\xff'));
  EXPECT_FALSE(DecodeRecord(endless).ok());
}

TEST(Record, WhatDecodesEncodesToTheSameBytesWhicheverByteIsChanged) {
  const auto bytes = Encode(FullRecord());
  int decodable = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    auto changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    const auto decoded = DecodeRecord(changed);
    if (!decoded) continue;
    ++decodable;
    EXPECT_EQ(Encode(*decoded), changed) << at;
  }
  EXPECT_GT(decodable, 100);
}

}  // namespace
}  // namespace axonflow::audit
