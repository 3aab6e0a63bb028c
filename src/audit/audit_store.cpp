#include "audit/audit_store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "audit/audit_rows.h"

namespace axonflow::audit {

namespace {

constexpr std::int64_t kLimitMax = 100'000;
constexpr std::size_t kFilterBytesMax = 1024;

struct Spelling {
  std::string_view text;
  std::string_view canonical;
};

constexpr std::array kSpellings = {
    Spelling{"allow", "allowed"},
    Spelling{"allowed", "allowed"},
    Spelling{"approve", "allowed"},
    Spelling{"approved", "allowed"},
    Spelling{"permit", "allowed"},
    Spelling{"permitted", "allowed"},
    Spelling{"block", "blocked"},
    Spelling{"blocked", "blocked"},
    Spelling{"deny", "blocked"},
    Spelling{"denied", "blocked"},
    Spelling{"reject", "blocked"},
    Spelling{"rejected", "blocked"},
    Spelling{"redact", "redacted"},
    Spelling{"redacted", "redacted"},
    Spelling{"modified", "redacted"},
    Spelling{"needs_approval", "needs_approval"},
    Spelling{"pending_approval", "needs_approval"},
    Spelling{"require_approval", "needs_approval"},
    Spelling{"pending", "needs_approval"},
};

std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// `text` as a LIKE pattern that matches it anywhere, with '\' as the escape character.
std::string SubstringPattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : AsciiLower(text)) {
    if (c == '%' || c == '_' || c == '\\') pattern.push_back('\\');
    pattern.push_back(c);
  }
  pattern.push_back('%');
  return pattern;
}

std::int64_t Microseconds(Time time) { return time.time_since_epoch().count(); }

// A WHERE clause under construction: each call adds one condition and its value.
class Conditions {
 public:
  explicit Conditions(const store::OrgScope& scope) {
    Add("org_id = $", scope.org.str());
    if (!scope.tenant.empty()) Add("tenant_id = $", scope.tenant.str());
  }

  // `before` ends in '$'; the number of the parameter and `after` are put behind it.
  void Add(std::string_view before, store::Value value, std::string_view after = "") {
    parameters_.push_back(std::move(value));
    sql_.append(sql_.empty() ? " WHERE " : " AND ").append(before);
    sql_.append(std::to_string(parameters_.size())).append(after);
  }
  void AddExact(std::string_view before, const std::string& text) {
    if (!text.empty()) Add(before, text);
  }
  void AddSubstring(std::string_view column, const std::string& text) {
    if (text.empty()) return;
    Add("lower(" + std::string(column) + ") LIKE $", SubstringPattern(text), " ESCAPE '\\'");
  }
  void AddBare(std::string_view condition) {
    sql_.append(sql_.empty() ? " WHERE " : " AND ").append(condition);
  }
  // Portable "contains", with case: LIKE differs between engines in that.
  void AddPolicy(std::string_view id_or_name) {
    AddBare("policies IS NOT NULL");
    Add("replace(policies, $", PolicyNeedle(id_or_name), ", '') <> policies");
  }

  const std::string& sql() const { return sql_; }
  const std::vector<store::Value>& parameters() const { return parameters_; }

 private:
  std::string sql_;
  std::vector<store::Value> parameters_;
};

Status CheckFilter(const store::OrgScope& scope, const SearchFilter& filter) {
  if (scope.org.empty()) return Error{ErrorCode::kInvalidArgument, "org id is blank"};
  if (filter.limit < 1 || filter.limit > kLimitMax) {
    return Error{ErrorCode::kInvalidArgument, "limit must be 1 to " + std::to_string(kLimitMax)};
  }
  if (filter.offset < 0) return Error{ErrorCode::kInvalidArgument, "offset must not be negative"};
  for (const auto* text :
       {&filter.user_email, &filter.client_id, &filter.session_id, &filter.decision_id,
        &filter.override_id, &filter.policy_name, &filter.request_type, &filter.tool_signature}) {
    if (text->size() > kFilterBytesMax) {
      return Error{ErrorCode::kInvalidArgument,
                   "a filter is longer than " + std::to_string(kFilterBytesMax) + " bytes"};
    }
  }
  return {};
}

Conditions ConditionsOf(const store::OrgScope& scope, const SearchFilter& filter) {
  Conditions conditions(scope);
  if (!filter.decision_id.empty()) {
    conditions.Add("decision_key = $", DecisionKey(filter.decision_id));
    conditions.Add("decision_id = $", filter.decision_id);
  }
  if (filter.start_time) conditions.Add("occurred_at >= $", Microseconds(*filter.start_time));
  if (filter.end_time) conditions.Add("occurred_at <= $", Microseconds(*filter.end_time));
  if (filter.owner_email) conditions.Add("user_email = $", *filter.owner_email);
  conditions.AddSubstring("user_email", filter.user_email);
  conditions.AddSubstring("client_id", filter.client_id);
  if (!filter.action.empty()) conditions.Add("verdict = $", CanonicalVerdict(filter.action));
  conditions.AddExact("session_id = $", filter.session_id);
  conditions.AddExact("override_id = $", filter.override_id);
  conditions.AddExact("request_type = $", filter.request_type);
  conditions.AddExact("tool_signature = $", filter.tool_signature);
  if (!filter.policy_name.empty()) conditions.AddPolicy(filter.policy_name);
  if (filter.decisions_only) conditions.AddBare("is_decision = 1");
  return conditions;
}

// What a search reads. On SQLite, a decision id is probed for in every bucket of the index (see the
// migration); CROSS JOIN keeps it from turning the order round. The index of PostgreSQL has none.
std::string RowsOf(store::Engine engine, const SearchFilter& filter, const Conditions& conditions) {
  if (filter.decision_id.empty() || engine != store::Engine::kSqlite) {
    return " FROM audit_records" + conditions.sql();
  }
  return R"(
      FROM (WITH RECURSIVE buckets(bucket) AS (
              SELECT 0 UNION ALL
              SELECT bucket + 1 FROM buckets
              WHERE bucket < (SELECT max(decision_bucket) FROM audit_records))
            SELECT bucket FROM buckets) AS b
      CROSS JOIN audit_records)" +
         conditions.sql() + " AND decision_bucket = b.bucket";
}

// Collects rows of "position, record"; remembers the first that does not decode.
struct Collector {
  std::vector<StoredRecord> records;
  Status status;

  void operator()(const store::Row& row) {
    const JournalPosition position{static_cast<std::uint64_t>(row.Int(0))};
    auto record = DecodeRecord(row.Text(1));
    if (record) {
      records.push_back({position, std::move(*record)});
    } else if (status.ok()) {
      status =
          Error{ErrorCode::kCorrupt, "audit store: record " + std::to_string(ToNumber(position)) +
                                         " cannot be read: " + record.error().message};
    }
  }
};

Status QueryRecords(store::Transaction& transaction, const std::string& sql,
                    const std::vector<store::Value>& parameters,
                    std::vector<StoredRecord>& records) {
  Collector collector;
  const auto read = transaction.Query(sql, parameters, std::ref(collector));
  if (!read) return read;
  // A row that cannot be read must not make the answer shrink in silence.
  if (!collector.status.ok()) return collector.status;
  records = std::move(collector.records);
  return {};
}

}  // namespace

std::string_view CanonicalVerdictWord(std::string_view text) {
  const auto lower = AsciiLower(text);
  const auto found = std::find_if(kSpellings.begin(), kSpellings.end(),
                                  [&](const Spelling& spelling) { return spelling.text == lower; });
  return found == kSpellings.end() ? "error" : found->canonical;
}

std::string CanonicalVerdict(std::string_view text) {
  return std::string(CanonicalVerdictWord(text));
}

Result<SearchPage> Search(store::Database& database, const store::OrgScope& scope,
                          const SearchFilter& filter) {
  if (const auto checked = CheckFilter(scope, filter); !checked) return checked.error();
  const auto conditions = ConditionsOf(scope, filter);
  const auto rows = RowsOf(database.engine(), filter, conditions);
  SearchPage page;
  const auto read = database.Read(scope, [&](store::Transaction& transaction) -> Status {
    auto counted = transaction.Query("SELECT count(*)" + rows, conditions.parameters(),
                                     [&](const store::Row& row) { page.total = row.Int(0); });
    if (!counted.ok() || page.total <= filter.offset) return counted;
    auto parameters = conditions.parameters();
    parameters.emplace_back(filter.limit);
    const auto limit = std::to_string(parameters.size());
    parameters.emplace_back(filter.offset);
    const auto offset = std::to_string(parameters.size());
    return QueryRecords(transaction,
                        "SELECT position, record" + rows +
                            " ORDER BY occurred_at DESC, position DESC LIMIT $" + limit +
                            " OFFSET $" + offset,
                        parameters, page.records);
  });
  if (!read) return read.error();
  return page;
}

Result<StoredRecord> FindDecision(store::Database& database, const store::OrgScope& scope,
                                  const DecisionId& id) {
  if (id.empty() || id.str().size() > kFilterBytesMax) {
    return Error{ErrorCode::kNotFound, "decision not found"};
  }
  SearchFilter filter;
  filter.decision_id = id.str();
  filter.decisions_only = true;
  filter.limit = 1;
  auto page = Search(database, scope, filter);
  if (!page) return page.error();
  if (page->records.empty()) return Error{ErrorCode::kNotFound, "decision not found"};
  return std::move(page->records.front());
}

Result<std::int64_t> CountPolicyHits(store::Database& database, const store::OrgScope& scope,
                                     std::string_view policy_id, std::string_view user_email,
                                     Time since) {
  Conditions conditions(scope);
  conditions.Add("user_email = $", std::string(user_email));
  conditions.Add("occurred_at >= $", Microseconds(since));
  conditions.AddPolicy(policy_id);
  conditions.AddBare("is_decision = 1");  // changes of the policy name it too
  std::int64_t count = 0;
  const auto read = database.Read(scope, [&](store::Transaction& transaction) {
    return transaction.Query("SELECT count(*) FROM audit_records" + conditions.sql(),
                             conditions.parameters(),
                             [&](const store::Row& row) { count = row.Int(0); });
  });
  if (!read) return read.error();
  return count;
}

Result<std::vector<StoredRecord>> TailAfter(store::Database& database, const store::OrgScope& scope,
                                            JournalPosition position, std::int64_t limit) {
  if (limit < 1 || limit > kLimitMax) {
    return Error{ErrorCode::kInvalidArgument, "limit must be 1 to " + std::to_string(kLimitMax)};
  }
  std::vector<StoredRecord> records;
  const auto read = database.Read(scope, [&](store::Transaction& transaction) {
    Conditions conditions(scope);
    conditions.Add("position > $", static_cast<std::int64_t>(ToNumber(position)));
    // Positions follow one another within a node only.
    conditions.AddExact("node = $", std::string(transaction.node()));
    auto parameters = conditions.parameters();
    parameters.emplace_back(limit);
    const auto sql = "SELECT position, record FROM audit_records" + conditions.sql() +
                     " ORDER BY position LIMIT $" + std::to_string(parameters.size());
    return QueryRecords(transaction, sql, parameters, records);
  });
  if (!read) return read.error();
  return records;
}

}  // namespace axonflow::audit
