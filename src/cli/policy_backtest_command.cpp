#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/tool_target.h"
#include "audit/audit_store.h"
#include "base/worker_pool.h"
#include "cli/backtest_input.h"
#include "cli/backtest_report.h"
#include "cli/commands.h"
#include "cli/policy_files.h"
#include "cli/policy_node.h"
#include "governance/backtest.h"
#include "governance/judge.h"
#include "policy_admin/draft_view.h"
#include "policy_admin/view_cache.h"

namespace axonflow::cli {
namespace {

constexpr std::int64_t kPageRows = 500;  // records in memory at a time
constexpr std::size_t kReasonsMax = 5;   // lines of a file that are told one by one

// What judges one tenant: as it is, and as it would be.
struct Views {
  governance::View current;
  governance::View draft;
};

// Makes the views of the tenants that the decisions name, each once.
class TenantViews {
 public:
  TenantViews(const PolicyNode& node, policy_admin::ViewCache& cache, const PolicyFiles& files,
              bool replace)
      : node_(node), cache_(cache), files_(files), replace_(replace) {}

  Result<Views> Of(const TenantId& tenant) {
    const auto known = views_.find(tenant.str());
    if (known != views_.end()) return known->second;
    const Result<governance::View> current =
        tenant.empty() ? cache_.base() : cache_.FindOrMake(node_.node.org, tenant);
    if (!current) return current.error();
    const auto draft = policy_admin::DraftView(**current, DraftFor(**current));
    if (!draft) {
      const auto& refusal = draft.refusal();
      if (refusal.fields.empty()) return refusal.error;
      return Error{ErrorCode::kInvalidArgument, AtTheirPlaces(files_, refusal.fields)};
    }
    return views_.emplace(tenant.str(), Views{*current, *draft}).first->second;
  }

 private:
  policy_admin::Draft DraftFor(const policy::PolicyView& current) const {
    policy_admin::Draft draft;
    draft.policies = files_.desired;
    if (!replace_) return draft;
    std::set<std::string_view> wanted;
    for (const auto& each : files_.desired.static_policies) wanted.insert(*each.slug);
    for (const auto& each : files_.desired.dynamic_policies) wanted.insert(*each.slug);
    for (std::uint32_t i = 0; i < current.size(); ++i) {
      const policy::Policy& policy = current.policy(i);
      const bool absent = !wanted.contains(policy.id);
      if (policy.tier == policy::Tier::kTenant && absent) draft.removed.push_back(policy.id);
    }
    return draft;
  }

  const PolicyNode& node_;
  policy_admin::ViewCache& cache_;
  const PolicyFiles& files_;
  const bool replace_;
  std::map<std::string, Views> views_;
};

class Replay {
 public:
  Replay(const PolicyBacktestOptions& options, const PolicyNode& node, TenantViews& views)
      : options_(options),
        node_(node),
        views_(views),
        environment_(node.node.settings.String("ENVIRONMENT")),
        report_{governance::Backtest(environment_), {}} {}

  Status Recorded(const std::optional<Time>& since);
  Status Lines();
  const BacktestReport& report() const { return report_; }

 private:
  Status Take(const governance::PastDecision& past, Time at);
  Status TakeLine(std::string_view line, std::size_t number);

  const PolicyBacktestOptions& options_;
  const PolicyNode& node_;
  TenantViews& views_;
  const std::string environment_;
  BacktestReport report_;
};

Status Replay::Take(const governance::PastDecision& past, Time at) {
  const auto views = views_.Of(past.exchange.principal.tenant);
  if (!views) return views.error();
  if (!past.was.empty()) return report_.backtest.Add(past, views->draft, at);
  // Nobody says what it was: what the policies say today.
  const auto today = governance::Judge(past.exchange, views->current, environment_, at);
  if (!today) return today.error();
  governance::PastDecision judged = past;
  judged.was = policy::ToString(today->verdict.outcome);
  for (const policy::Match& match : today->verdict.matches) {
    if (!match.shadow) judged.policies.push_back(views->current->policy(match.policy).id);
  }
  return report_.backtest.Add(judged, views->draft, at);
}

// The newest decisions first, page by page; those made meanwhile do not move the pages.
Status Replay::Recorded(const std::optional<Time>& since) {
  const auto scope = options_.tenant.empty()
                         ? store::OrgScope::OrgWide(node_.node.org)
                         : store::OrgScope::ForTenant(node_.node.org, TenantId(options_.tenant));
  if (!scope) return scope.error();
  audit::SearchFilter filter;
  filter.start_time = since;
  filter.end_time = Now();
  filter.decisions_only = true;
  for (std::int64_t read = 0; read < options_.limit;) {
    filter.limit = std::min(kPageRows, options_.limit - read);
    filter.offset = read;
    const auto page = audit::Search(*node_.database, *scope, filter);
    if (!page) return page.error();
    if (page->records.empty()) break;
    read += static_cast<std::int64_t>(page->records.size());
    for (const auto& stored : page->records) {
      auto past = governance::ReplayOf(stored.record);
      if (!past) {
        report_.backtest.CountUnreplayable();
        continue;
      }
      past->exchange.sql_capable_target = api::IsSqlCapable(past->exchange.connector);
      if (auto taken = Take(*past, stored.record.timestamp); !taken) return taken;
    }
  }
  return {};
}

Status Replay::TakeLine(std::string_view line, std::size_t number) {
  if (static_cast<std::int64_t>(number) > options_.limit) return {};
  const auto skip = [&](const std::string& why) {
    report_.backtest.CountUnreplayable();
    if (report_.reasons.size() < kReasonsMax) {
      report_.reasons.push_back(options_.input + ":" + std::to_string(number) + ": " + why);
    }
  };
  if (line.size() > kBacktestLineBytesMax) {
    skip("is longer than 1 MiB");
    return {};
  }
  const auto past = ParseBacktestLine(line, number, options_.tenant);
  if (!past) {
    skip(past.error().message);
    return {};
  }
  const std::string& tenant = past->exchange.principal.tenant.str();
  if (!options_.tenant.empty() && tenant != options_.tenant) {
    skip("is of tenant " + tenant);
    return {};
  }
  return Take(*past, Now());
}

Status Replay::Lines() {
  return ForEachLine(options_.input, [this](std::string_view line, std::size_t number) {
    return TakeLine(line, number);
  });
}

Result<PolicyFiles> ReadDraft(const PolicyBacktestOptions& options) {
  auto files = ReadPolicyFiles(options.files);
  if (!files) return files.error();
  const auto problems = ProblemsOf(*files, policy::Tier::kTenant);
  if (!problems) return problems.error();
  if (!problems->empty()) {
    return Error{ErrorCode::kInvalidArgument, AtTheirPlaces(*files, *problems)};
  }
  return files;
}

Result<BacktestReport> RunReplay(const PolicyBacktestOptions& options) {
  std::optional<Time> since;
  if (!options.since.empty()) {
    since = ParseSince(options.since, Now());
    if (!since) {
      return Error{ErrorCode::kInvalidArgument,
                   "--since takes a span such as 90m, 24h or 7d, or an RFC 3339 time"};
    }
  }
  const auto files = ReadDraft(options);
  if (!files) return files.error();
  const auto node = OpenPolicyNode(options.data_dir, MissingStore::kFail);
  if (!node) return node.error();
  NoteUnknownTenant(*node, options.tenant);
  auto posture = policy::Posture::FromVariables(node->node.settings.PostureVariables());
  if (!posture) return posture.error();
  WorkerPool pool("views", 1, 0, 1);
  auto cache =
      policy_admin::ViewCache::Start(*node->database, node->system, std::move(*posture), pool);
  if (!cache) return cache.error();
  TenantViews views(*node, **cache, *files, options.replace);
  Replay replay(options, *node, views);
  const Status done = options.input.empty() ? replay.Recorded(since) : replay.Lines();
  pool.Stop();
  if (!done) return done.error();
  return replay.report();
}

}  // namespace

ExitCode RunPolicyBacktest(const PolicyBacktestOptions& options) {
  const auto report = RunReplay(options);
  if (!report) return Fail(report.error());
  Print(options.output == OutputFormat::kJson
            ? ReportAsJson(*report)
            : ReportAsText(*report, options.input.empty() ? BacktestSource::kRecords
                                                          : BacktestSource::kLines));
  const bool changed = report->backtest.changed() > 0;
  return options.fail_on_change && changed ? ExitCode::kNegative : ExitCode::kOk;
}

}  // namespace axonflow::cli
