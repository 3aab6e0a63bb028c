#include "audit/evidence.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "audit/audit_rows.h"

namespace axonflow::audit {

namespace {

constexpr char kFieldEnd = '\x1e';
constexpr char kItemEnd = '\x1f';
constexpr std::int64_t kMicrosecondsPerMillisecond = 1'000;

void AppendNumber(std::int64_t value, std::string& out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}

void AppendField(std::string_view label, std::string_view value, std::string& out) {
  out.append(label).push_back(':');
  AppendNumber(static_cast<std::int64_t>(value.size()), out);
  out.append(":").append(value).push_back(kFieldEnd);
}

void AppendField(std::string_view label, std::int64_t value, std::string& out) {
  char text[24];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  AppendField(label, std::string_view(text, end), out);
}

template <typename Items>
void AppendList(std::string_view label, const Items& items, std::string& out) {
  std::size_t bytes = items.empty() ? 0 : items.size() - 1;
  for (const auto& item : items) bytes += item.size();
  out.append(label).push_back('#');
  AppendNumber(static_cast<std::int64_t>(items.size()), out);
  out.push_back(':');
  AppendNumber(static_cast<std::int64_t>(bytes), out);
  out.push_back(':');
  bool first = true;
  for (const auto& item : items) {
    if (!first) out.push_back(kItemEnd);
    out.append(item);
    first = false;
  }
  out.push_back(kFieldEnd);
}

// One word of the contract for each of ours.
std::string_view OutcomeOf(std::string_view verdict) {
  const auto word = CanonicalVerdictWord(verdict);
  if (word == "allowed") return "approved";
  if (word == "blocked") return "blocked";
  if (word == "redacted") return "modified";
  if (word == "needs_approval") return "pending_review";
  return "error";
}

std::string_view TypeOf(const RecordView& record) {
  if (record.request_type == "llm-call") return "llm_generation";
  if (record.request_type.starts_with("hitl")) return "human_review";
  if (record.plane == "admin") return "system_action";
  return "policy_enforcement";
}

std::string_view RiskOf(std::string_view level) {
  if (level.empty() || level == "low" || level == "minimal") return "minimal";
  if (level == "medium" || level == "limited") return "limited";
  if (level == "high") return "high";
  return "unacceptable";
}

void AppendCounted(std::string_view value, std::string& out) {
  AppendNumber(static_cast<std::int64_t>(value.size()), out);
  out.append(":").append(value);
}

// The hash that readers of one row compare: it covers what identifies and judges the entry.
void FillAuditHash(ChainEntry& entry) {
  std::string& text = entry.audit_hash;
  text.clear();
  bool first = true;
  for (const auto value :
       {entry.chain_id, entry.request_id, entry.org_id, entry.tenant_id, entry.decision_type}) {
    if (!first) text.push_back('|');
    AppendCounted(value, text);
    first = false;
  }
  text.append("|").append(entry.decision_outcome).append("|").append(entry.risk_level);
  text.append(entry.requires_human_review ? "|true|" : "|false|");
  AppendNumber(entry.processing_time_ms, text);
  text = Hex(Sha256(text));
}

void PutHex(const Digest256& digest, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < digest.size(); ++i) {
    out[2 * i] = kDigits[digest[i] >> 4];
    out[2 * i + 1] = kDigits[digest[i] & 15];
  }
}

}  // namespace

std::string_view ChainIdOf(const RecordView& record) {
  return record.decision_id.empty() ? record.id : record.decision_id;
}

void FillEntry(const RecordView& record, std::string_view payload, std::int64_t chain_seq,
               ChainEntry& entry) {
  entry.id = record.id;
  entry.chain_id = ChainIdOf(record);
  entry.request_id = record.trace;
  entry.parent_request_id = entry.id == entry.chain_id ? std::string_view() : entry.chain_id;
  entry.step_number = chain_seq;
  entry.chain_seq = chain_seq;
  entry.org_id = record.org;
  entry.tenant_id = record.tenant;
  entry.client_id = record.client;
  entry.user_id = record.user_email;
  entry.decision_type = TypeOf(record);
  entry.decision_outcome = OutcomeOf(record.verdict);
  entry.system_id = record.node;
  entry.model_provider = record.provider;
  entry.model_id = record.model;
  entry.policies_evaluated.clear();
  for (const auto& match : record.matches) entry.policies_evaluated.push_back(match.policy_id);
  entry.policy_triggered =
      record.matches.empty() ? std::string_view() : record.matches.front().policy_id;
  entry.risk_level = RiskOf(record.risk_level);
  entry.requires_human_review = entry.decision_outcome == "pending_review";
  entry.processing_time_ms =
      record.latency_us > 0 ? record.latency_us / kMicrosecondsPerMillisecond : 0;
  entry.input_hash = record.query_hash;
  entry.output_hash.clear();
  if (!record.response_sample.empty()) entry.output_hash = Hex(Sha256(record.response_sample));
  entry.data_source.assign("sha256:").append(Hex(Sha256(payload)));
  entry.created_at = record.timestamp;
  FillAuditHash(entry);
}

void AppendPreimage(const ChainEntry& entry, std::string& out) {
  AppendField("id", entry.id, out);
  AppendField("chain_id", entry.chain_id, out);
  AppendField("request_id", entry.request_id, out);
  AppendField("parent_request_id", entry.parent_request_id, out);
  AppendField("step_number", entry.step_number, out);
  AppendField("chain_seq", entry.chain_seq, out);
  AppendField("org_id", entry.org_id, out);
  AppendField("tenant_id", entry.tenant_id, out);
  AppendField("client_id", entry.client_id, out);
  AppendField("user_id", entry.user_id, out);
  AppendField("decision_type", entry.decision_type, out);
  AppendField("decision_outcome", entry.decision_outcome, out);
  AppendField("system_id", entry.system_id, out);
  AppendField("model_provider", entry.model_provider, out);
  AppendField("model_id", entry.model_id, out);
  AppendList("policies_evaluated", entry.policies_evaluated, out);
  AppendField("policy_triggered", entry.policy_triggered, out);
  AppendField("risk_level", entry.risk_level, out);
  AppendField("requires_human_review",
              std::string_view(entry.requires_human_review ? "true" : "false"), out);
  AppendField("processing_time_ms", entry.processing_time_ms, out);
  AppendField("input_hash", entry.input_hash, out);
  AppendField("output_hash", entry.output_hash, out);
  AppendField("audit_hash", entry.audit_hash, out);
  AppendList("data_sources", std::array<std::string_view, 1>{entry.data_source}, out);
  AppendField("created_at_unixmicro",
              static_cast<std::int64_t>(entry.created_at.time_since_epoch().count()), out);
}

Digest256 RecordDigest(const ChainEntry& entry, std::string& scratch) {
  scratch.clear();
  AppendPreimage(entry, scratch);
  return Sha256(scratch);
}

Digest256 ChainHash(const Digest256& record_digest, const Digest256& prev) {
  char text[129];
  PutHex(record_digest, text);
  text[64] = '|';
  PutHex(prev, text + 65);
  return Sha256({text, sizeof text});
}

std::array<char, 64> LeafData(const Digest256& record_digest, const Digest256& chain_hash) {
  std::array<char, 64> data;
  std::memcpy(data.data(), record_digest.data(), record_digest.size());
  std::memcpy(data.data() + record_digest.size(), chain_hash.data(), chain_hash.size());
  return data;
}

std::string Hex(const Digest256& digest) {
  std::string text(2 * digest.size(), '\0');
  PutHex(digest, text.data());
  return text;
}

std::optional<Digest256> ParseHexDigest(std::string_view hex) {
  Digest256 digest;
  if (hex.size() != 2 * digest.size()) return std::nullopt;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = digit(hex[2 * i]);
    const int low = digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

std::optional<Digest256> DigestFromBytes(std::string_view bytes) {
  Digest256 digest;
  if (bytes.size() != digest.size()) return std::nullopt;
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

}  // namespace axonflow::audit
