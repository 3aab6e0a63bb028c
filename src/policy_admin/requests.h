#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "policy_admin/records.h"

namespace axonflow::policy_admin {

// What a caller says about a static policy. Words stay as they were written, so that one place
// (validation.h) finds all problems. An absent member means the default when the policy is created
// and "as it is" when it is changed. An empty text takes away what may be absent (action_request,
// action_response, redaction_strategy, segment, description).
struct StaticChange {
  std::optional<std::string> slug;         // creation only; absent: "custom_" and 12 hex digits
  std::optional<std::string> tier;         // creation only: organization, tenant (default)
  std::optional<std::string> name;         // required to create; 1 to 255 characters
  std::optional<std::string> description;  // at most 1000 characters
  std::optional<std::string> category;     // required to create; legacy names are mapped
  std::optional<std::string> pattern;      // required to create
  std::optional<std::string> action;       // required to create
  std::optional<std::string> action_request;
  std::optional<std::string> action_response;
  std::optional<std::string> redaction_strategy;  // default: by category and severity
  std::optional<std::string> phase;               // request, response, both (default)
  std::optional<std::string> severity;            // default medium
  std::optional<std::string> risk_level;          // default: the severity
  std::optional<bool> allow_override;             // default: true unless the risk is critical
  std::optional<std::int64_t> priority;           // 0 to 10000, default 100
  std::optional<bool> enabled;                    // default true
  std::optional<std::string> mode;                // enforce (default), shadow
  std::optional<std::string> segment;
  std::optional<std::vector<std::string>> tags;  // at most 50 of at most 100 bytes
  std::optional<std::string> metadata;           // a JSON object
  // Texts that must and must not match; a change under which one does not hold is refused.
  std::optional<std::vector<std::string>> must_match;
  std::optional<std::vector<std::string>> must_not_match;
};

// The same about a dynamic policy.
struct DynamicChange {
  std::optional<std::string> slug;         // creation only; absent: "dyn_" and 12 hex digits
  std::optional<std::string> tier;         // creation only
  std::optional<std::string> name;         // required to create; 3 to 100 characters
  std::optional<std::string> description;  // at most 500 characters
  std::optional<std::string> type;         // required to create: content, user, risk, cost, media
  std::optional<std::string> category;     // dynamic-*, media-*; default dynamic-<risk|security...>
  std::optional<std::string> conditions;   // required to create: a JSON array in the wire's shape
  std::optional<std::string> actions;      // required to create: a JSON array in the wire's shape
  std::optional<std::int64_t> priority;    // 0 to 1000, default 0
  std::optional<bool> enabled;             // default true
  std::optional<std::string> severity;     // default medium
  std::optional<std::string> risk_level;   // default medium
  std::optional<bool> allow_override;      // default false
  std::optional<std::string> mode;
  std::optional<std::string> segment;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::string> metadata;
};

enum class SortBy : std::uint8_t { kName, kCreatedAt, kUpdatedAt, kPriority };

// Which rows, in what order, which of them. Absent members restrict nothing.
struct ListQuery {
  std::string category;                        // exact (legacy names are mapped), or empty
  std::vector<std::string> category_prefixes;  // any of them: {"dynamic-", "media-"}
  std::string type;                            // dynamic policies only
  std::optional<policy::Tier> tier;
  std::optional<policy::Severity> severity;
  std::optional<bool> enabled;
  std::string search;  // in name or description, ASCII letters in any case
  bool include_system = true;
  SortBy sort_by = SortBy::kCreatedAt;
  bool descending = true;
  std::size_t offset = 0;
  std::size_t limit = 20;
};

template <typename Record>
struct Page {
  std::vector<Record> rows;
  std::size_t total = 0;  // that fit the query, on all pages
};

struct OverrideChange {
  std::string reason;                 // 10 to 500 characters
  std::optional<std::string> action;  // block, require_approval, redact, warn, log
  std::optional<bool> enabled;        // at least one of the two
  std::optional<Time> expires_at;     // in the future
};

struct SessionOverrideRequest {
  std::string policy;  // uuid, slug or name
  PolicyKind kind = PolicyKind::kStatic;
  std::string reason;                       // 1 to 500 characters
  std::string tool_signature;               // empty: any tool
  std::optional<std::int64_t> ttl_seconds;  // absent or 0: 3600; clamped to 60..86400
};

struct SessionOverrideGrant {
  SessionOverrideRecord record;
  Clamp clamp = Clamp::kNone;
  std::int64_t requested_ttl_seconds = 0;  // meaningful when clamped
};

struct SessionOverrideQuery {
  std::string policy;  // uuid, slug or name; empty: all
  bool include_revoked = false;
};

enum class ImportMode : std::uint8_t { kSkip, kOverwrite, kError };

struct ImportReport {
  int created = 0;
  int updated = 0;
  int skipped = 0;
  int failed = 0;
  std::vector<std::string> errors;
};

// A whole set of policies as code has it. Policies are told apart by their slug, which each needs.
struct DesiredSet {
  std::vector<StaticChange> static_policies;
  std::vector<DynamicChange> dynamic_policies;
  bool delete_absent = true;  // rows of the tier that are not in the set are deleted
};

enum class DiffKind : std::uint8_t { kCreate, kUpdate, kDelete, kUnchanged };
std::string_view ToString(DiffKind kind);  // "create", "update", "delete", "unchanged"

struct FieldDifference {
  std::string field;
  std::string before;  // as JSON
  std::string after;
};

struct DiffEntry {
  DiffKind kind = DiffKind::kUnchanged;
  PolicyKind policy_kind = PolicyKind::kStatic;
  std::string slug;
  std::string name;
  int version = 0;                      // after the change
  std::vector<FieldDifference> fields;  // of an update
};

struct Diff {
  std::vector<DiffEntry> entries;  // in order of slug, static policies first

  bool Changes() const;  // whether anything is not kUnchanged
};

// What an organization or a tenant owns (export).
struct OwnedPolicies {
  std::vector<StaticRecord> static_policies;
  std::vector<DynamicRecord> dynamic_policies;
};

}  // namespace axonflow::policy_admin
