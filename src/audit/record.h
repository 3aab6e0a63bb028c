#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"

namespace axonflow::audit {

// The longest excerpt of a prompt that is kept, in bytes. The hash covers the whole text.
inline constexpr std::size_t kQueryExcerptBytesMax = 1024;

struct PolicyMatch {
  std::string policy_id;
  std::string policy_name;
  std::string description;
  std::string category;
  std::string action;  // what it asked for: block, redact, warn, log, require_approval
  std::string severity;
  std::string risk_level;
  int version = 1;
  bool allow_override = false;
  std::uint32_t count = 1;  // findings; never the matched value
};

// The one record that every decision, refusal and reported call leaves, whatever plane it came by.
// Strings are empty and numbers zero where a field does not apply.
struct Record {
  std::string id;          // UUID of the record; equals decision_id for a decision's own record
  DecisionId decision_id;  // the decision it belongs to
  Time timestamp;
  OrgId org;
  TenantId tenant;
  ClientId client;
  std::string user_email;
  std::string user_role;
  std::string session_id;
  std::string plane;  // gateway, decision, llm, mcp, ...
  std::string
      request_type;     // pre_check, decision_llm, decision_tool, decision_agent, llm-call, ...
  std::string stage;    // llm, tool, agent; empty where the plane has none
  std::string verdict;  // allowed, blocked, redacted, needs_approval, error
  std::string reason;
  std::string risk_level;
  std::string query;       // redacted excerpt, at most kQueryExcerptBytesMax bytes
  std::string query_hash;  // hex SHA-256 of the whole text
  std::uint64_t query_bytes = 0;
  std::vector<PolicyMatch> matches;
  std::vector<std::string> obligations;
  std::vector<std::string> redacted_fields;
  std::string policy_set_version;
  TraceId trace;
  std::string correlation_id;  // joins records of one call chain: the trace id
  std::string tool_signature;
  std::string provider;
  std::string model;
  std::string response_sample;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  std::int64_t total_tokens = 0;
  double cost_usd = 0;
  std::int64_t latency_us = 0;           // of our own decision
  std::int64_t upstream_latency_ms = 0;  // reported by the caller
  std::string error_message;
  std::string attempted_user_email;
  Time expires_at{};  // of the decision; zero when it has none
  std::vector<std::pair<std::string, std::string>> context;  // allow-listed keys, sorted
  bool context_truncated = false;
  std::string
      metadata_json;  // caller's metadata of a reported call, compact JSON object; may be empty
  std::string node;
  std::vector<PolicyMatch> shadow_matches;  // of policies that are only watched
  std::uint32_t risk_score_permille = 0;    // what the policies on risk saw, 0 to 1000
};

// A record whose texts lie in the bytes it was decoded from: field for field as above, for who
// looks at a few of them.
struct PolicyMatchView {
  std::string_view policy_id, policy_name, description, category, action, severity, risk_level;
  int version = 1;
  bool allow_override = false;
  std::uint32_t count = 1;
};

struct RecordView {
  std::string_view id, decision_id;
  Time timestamp;
  std::string_view org, tenant, client, user_email, user_role, session_id, plane, request_type,
      stage, verdict, reason, risk_level, query, query_hash;
  std::uint64_t query_bytes = 0;
  std::vector<PolicyMatchView> matches;
  std::vector<std::string_view> obligations, redacted_fields;
  std::string_view policy_set_version, trace, correlation_id, tool_signature, provider, model,
      response_sample;
  std::int64_t prompt_tokens = 0, completion_tokens = 0, total_tokens = 0;
  double cost_usd = 0;
  std::int64_t latency_us = 0, upstream_latency_ms = 0;
  std::string_view error_message, attempted_user_email;
  Time expires_at{};
  std::vector<std::pair<std::string_view, std::string_view>> context;
  bool context_truncated = false;
  std::string_view metadata_json, node;
  std::vector<PolicyMatchView> shadow_matches;
  std::uint32_t risk_score_permille = 0;
};

// Binary form of a record for the journal: versioned, self-delimiting fields, no padding.
void EncodeRecord(const Record& record, std::string& out);
// Fails with kCorrupt when `bytes` is not exactly one encoded record.
Result<Record> DecodeRecord(std::string_view bytes);
// The same without copying texts: they are valid as long as `bytes`. Memory of `record` is used
// again; its content is undefined after a failure.
Status DecodeRecordView(std::string_view bytes, RecordView& record);

}  // namespace axonflow::audit
