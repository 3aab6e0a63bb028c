#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

#include "audit/audit_store.h"
#include "audit/verify.h"
#include "base/json_writer.h"
#include "base/time.h"
#include "cli/commands.h"
#include "cli/node.h"

namespace axonflow::cli {
namespace {

constexpr std::chrono::milliseconds kFollowInterval{500};
constexpr std::int64_t kFollowBatchMax = 1000;

std::string PoliciesText(const audit::Record& record) {
  std::string out;
  for (const audit::PolicyMatch& match : record.matches) {
    if (!out.empty()) out += ',';
    out += match.policy_id;
  }
  return out.empty() ? "-" : out;
}

// One line a record, with fixed widths: with --follow the width of what comes is not known.
std::string RecordLine(const audit::Record& record) {
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
  };
  return ForTerminal(FormatRfc3339(record.timestamp) + "  " + padded(record.verdict, 14) + "  " +
                     padded(record.request_type, 14) + "  " + padded(record.tenant.str(), 16) +
                     "  " + padded(record.decision_id.str(), 36) + "  " + PoliciesText(record));
}

std::string RecordJson(const audit::StoredRecord& stored) {
  const audit::Record& record = stored.record;
  JsonWriter json;
  json.BeginObject()
      .Field("position", ToNumber(stored.position))
      .Field("timestamp", FormatRfc3339(record.timestamp))
      .Field("id", record.id)
      .Field("decision_id", record.decision_id.str())
      .Field("org_id", record.org.str())
      .Field("tenant_id", record.tenant.str())
      .Field("client_id", record.client.str())
      .Field("user_email", record.user_email)
      .Field("plane", record.plane)
      .Field("request_type", record.request_type)
      .Field("verdict", record.verdict)
      .Field("reason", record.reason)
      .Field("risk_level", record.risk_level)
      .Field("query_hash", record.query_hash)
      .Field("latency_us", record.latency_us)
      .Field("trace_id", record.trace.str())
      .Key("policies")
      .BeginArray();
  for (const audit::PolicyMatch& match : record.matches) {
    json.BeginObject()
        .Field("policy_id", match.policy_id)
        .Field("action", match.action)
        .Field("count", static_cast<std::uint64_t>(match.count))
        .EndObject();
  }
  json.EndArray().EndObject();
  return std::move(json).Take();
}

void PrintRecords(const std::vector<audit::StoredRecord>& records, OutputFormat output) {
  for (const audit::StoredRecord& stored : records) {
    Print(output == OutputFormat::kJson ? RecordJson(stored) : RecordLine(stored.record));
  }
}

Result<store::OrgScope> ScopeOf(const Node& node, const std::string& tenant) {
  if (tenant.empty()) return store::OrgScope::OrgWide(node.org);
  return store::OrgScope::ForTenant(node.org, TenantId(tenant));
}

// The last `count` records, oldest first.
Result<std::vector<audit::StoredRecord>> Latest(store::Database& database,
                                                const store::OrgScope& scope, std::int64_t count) {
  audit::SearchFilter filter;
  filter.limit = count;
  Result<audit::SearchPage> page = audit::Search(database, scope, filter);
  if (!page) return page.error();
  std::reverse(page->records.begin(), page->records.end());
  return std::move(page->records);
}

// Goes on until a signal ends the process.
ExitCode Follow(store::Database& database, const store::OrgScope& scope, JournalPosition after,
                OutputFormat output) {
  for (;;) {
    const auto records = audit::TailAfter(database, scope, after, kFollowBatchMax);
    if (!records) return Fail(records.error());
    PrintRecords(*records, output);
    if (!records->empty()) after = records->back().position;
    if (records->size() < static_cast<std::size_t>(kFollowBatchMax)) {
      std::this_thread::sleep_for(kFollowInterval);
    }
  }
}

struct Count {
  std::string_view name;   // in JSON
  std::string_view label;  // for a person
  std::uint64_t value;
};

std::vector<Count> Counts(const audit::VerifyReport& report) {
  return {{"segments", "journal segments", report.segments},
          {"journal_records", "journal records on disk", report.journal_records},
          {"journal_first", "first position on disk", ToNumber(report.journal_first)},
          {"journal_last", "last position on disk", ToNumber(report.journal_last)},
          {"torn_tail_bytes", "bytes of an unfinished write", report.torn_tail_bytes},
          {"shipped", "shipped up to position", ToNumber(report.shipped)},
          {"stored", "records in the store", report.stored},
          {"quarantined", "records in quarantine", report.quarantined},
          {"compared", "records compared and equal", report.compared}};
}

}  // namespace

ExitCode RunAuditTail(const AuditTailOptions& options) {
  const Result<Node> node = LoadNode(options.data_dir);
  if (!node) return Fail(node.error());
  const auto database = OpenExistingDatabase(*node);
  if (!database) return Fail(database.error());
  const Result<store::OrgScope> scope = ScopeOf(*node, options.tenant);
  if (!scope) return Fail(scope.error());
  const auto records = Latest(**database, *scope, options.count);
  if (!records) return Fail(records.error());
  PrintRecords(*records, options.output);
  if (records->empty()) std::cerr << "axonflow: no records yet\n";
  if (!options.follow) return ExitCode::kOk;

  JournalPosition after = JournalPosition::kNone;
  for (const audit::StoredRecord& stored : *records) after = std::max(after, stored.position);
  return Follow(**database, *scope, after, options.output);
}

ExitCode RunAuditVerify(const AuditVerifyOptions& options) {
  if (!options.export_file.empty()) return VerifyExportFile(options);
  const Result<Node> node = LoadNode(options.data_dir);
  if (!node) return Fail(node.error());
  const auto database = OpenExistingDatabase(*node);
  if (!database) return Fail(database.error());
  const Result<audit::VerifyReport> report = audit::Verify(node->directory.journal(), **database);
  if (!report) return Fail(report.error());
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("ok", report->ok()).Field("problem", report->problem);
    for (const auto& [name, label, value] : Counts(*report)) json.Field(name, value);
    json.EndObject();
    Print(json.text());
  } else {
    TextTable table({report->ok() ? "WHOLE" : "DAMAGED", ""});
    for (const auto& [name, label, value] : Counts(*report)) {
      table.AddRow({std::string(label), std::to_string(value)});
    }
    Print(table.ToString());
    if (!report->ok()) Print("first problem: " + ForTerminal(report->problem));
  }
  return report->ok() ? ExitCode::kOk : ExitCode::kNegative;
}

}  // namespace axonflow::cli
