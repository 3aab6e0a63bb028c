#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/record.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "store/database.h"

namespace axonflow::audit {

// Filters of a search. Empty or unset = no restriction. Text filters never see `%` or `_` as wild
// cards.
struct SearchFilter {
  std::string user_email;          // substring, without case
  std::string client_id;           // substring, without case
  std::optional<Time> start_time;  // inclusive
  std::optional<Time> end_time;    // inclusive
  std::string action;       // verdict; any historic spelling is normalised ("deny" -> "blocked")
  std::string session_id;   // exact
  std::string decision_id;  // exact
  std::string override_id;  // exact
  std::string policy_name;  // name or id of a matched policy, exact
  std::string request_type;
  std::string tool_signature;
  // Own-rows scope: exact e-mail that every row must carry. Set by the read scope, never by the
  // caller.
  std::optional<std::string> owner_email;
  bool decisions_only = false;  // leave out reported calls (llm-call, tool calls)
  std::int64_t limit = 100;
  std::int64_t offset = 0;
};

struct StoredRecord {
  JournalPosition position;
  Record record;
};

struct SearchPage {
  std::vector<StoredRecord> records;  // newest first: timestamp, then position
  std::int64_t total = 0;             // matching rows before limit and offset
};

// Canonical verdict for any historic spelling: allowed, blocked, redacted, needs_approval; anything
// unknown is `error`, never `allowed`.
std::string CanonicalVerdict(std::string_view text);

// Reads of the audit tables. Blocking; the scope decides whose rows exist.
Result<SearchPage> Search(store::Database& database, const store::OrgScope& scope,
                          const SearchFilter& filter);

// The decision's own record; kNotFound when it does not exist in that scope.
Result<StoredRecord> FindDecision(store::Database& database, const store::OrgScope& scope,
                                  const DecisionId& id);

// How often `policy_id` matched for this user since `since`.
Result<std::int64_t> CountPolicyHits(store::Database& database, const store::OrgScope& scope,
                                     std::string_view policy_id, std::string_view user_email,
                                     Time since);

// Records after `position`, oldest first, at most `limit` (1 to 100,000): what `axonflow audit
// tail` prints and follows.
Result<std::vector<StoredRecord>> TailAfter(store::Database& database, const store::OrgScope& scope,
                                            JournalPosition position, std::int64_t limit);

}  // namespace axonflow::audit
