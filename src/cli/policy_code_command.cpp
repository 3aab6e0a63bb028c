// Policy as code: plan, diff, apply, export.

#include <unistd.h>

#include <iostream>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/policy_diff.h"
#include "cli/policy_files.h"
#include "cli/policy_node.h"
#include "cli/policy_yaml.h"

namespace axonflow::cli {
namespace {

policy::Tier TierOf(const PolicyOwnerOptions& options) {
  return options.tier == "organization" ? policy::Tier::kOrganization : policy::Tier::kTenant;
}

std::string OwnerId(const PolicyOwnerOptions& options, const PolicyNode& node) {
  return TierOf(options) == policy::Tier::kTenant ? options.tenant : node.node.org.str();
}

std::string OwnerText(const PolicyOwnerOptions& options, const PolicyNode& node) {
  return ForTerminal(options.tier + " " + OwnerId(options, node));
}

Status CheckOwner(const PolicyOwnerOptions& options) {
  const bool whole = TierOf(options) == policy::Tier::kOrganization;
  if (whole == options.tenant.empty()) return {};
  return Error{ErrorCode::kInvalidArgument,
               whole ? "--tenant does not go with --tier organization: those policies are of all "
                       "its tenants"
                     : "whose policies? Say --tenant NAME, or --tier organization"};
}

ExitCode FailWith(const PolicyFiles& files, const policy_admin::Refusal& refusal) {
  if (refusal.fields.empty()) return Fail(refusal.error);
  return Fail(ExitCode::kUsage,
              "the files cannot be applied:\n" + AtTheirPlaces(files, refusal.fields));
}

// The files, when nothing is wrong with them.
Result<PolicyFiles> ReadSound(const PolicyCodeOptions& options) {
  auto files = ReadPolicyFiles(options.files);
  if (!files) return files.error();
  files->desired.delete_absent = !options.keep_absent;
  const auto problems = ProblemsOf(*files, TierOf(options));
  if (!problems) return problems.error();
  if (problems->empty()) return files;
  return Error{ErrorCode::kInvalidArgument,
               "the files cannot be applied:\n" + AtTheirPlaces(*files, *problems)};
}

// Everything that plan, diff and apply begin with.
struct Session {
  PolicyFiles files;
  PolicyNode node;
  policy_admin::Actor actor;
};

Result<Session> Begin(const PolicyCodeOptions& options, MissingStore missing) {
  if (auto named = CheckOwner(options); !named) return named.error();
  auto files = ReadSound(options);
  if (!files) return files.error();
  auto node = OpenPolicyNode(options.data_dir, missing);
  if (!node) return node.error();
  NoteUnknownTenant(*node, options.tenant);
  auto actor = ActorFor(*node, options.tenant, TierOf(options), options.author);
  return Session{std::move(*files), std::move(*node), std::move(actor)};
}

policy_admin::PolicyDirectory DirectoryOf(const PolicyNode& node) {
  return {*node.database, node.system, policy_admin::Limits{}, nullptr};
}

void PrintDiff(const policy_admin::Diff& diff, const PolicyCodeOptions& options,
               const PolicyNode& node, DiffWording wording) {
  if (options.output == OutputFormat::kJson) {
    Print(DiffAsJson(diff, options.tier, OwnerId(options, node), wording));
  } else {
    Print(DiffAsText(diff, OwnerText(options, node), wording));
  }
}

ExitCode Compare(const PolicyCodeOptions& options, DiffWording wording) {
  const auto session = Begin(options, MissingStore::kFail);
  if (!session) return Fail(session.error());
  auto directory = DirectoryOf(session->node);
  const auto diff = directory.Plan(session->actor, TierOf(options), session->files.desired);
  if (!diff) return FailWith(session->files, diff.refusal());
  PrintDiff(*diff, options, session->node, wording);
  return diff->Changes() ? ExitCode::kNegative : ExitCode::kOk;
}

// Asks on the terminal; nobody answers where there is none.
Result<bool> Confirmed(const PolicyCodeOptions& options) {
  if (options.yes) return true;
  if (::isatty(STDIN_FILENO) == 0) {
    return Error{ErrorCode::kInvalidArgument,
                 "standard input is no terminal that could be asked; say --yes to apply"};
  }
  std::cerr << "Apply? [y/N] ";
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

}  // namespace

ExitCode RunPolicyPlan(const PolicyCodeOptions& options) {
  return Compare(options, DiffWording::kPlan);
}

ExitCode RunPolicyDiff(const PolicyCodeOptions& options) {
  return Compare(options, DiffWording::kDrift);
}

ExitCode RunPolicyApply(const PolicyCodeOptions& options) {
  const auto session = Begin(options, MissingStore::kMake);
  if (!session) return Fail(session.error());
  auto directory = DirectoryOf(session->node);
  const policy::Tier tier = TierOf(options);
  if (!options.yes) {
    const auto planned = directory.Plan(session->actor, tier, session->files.desired);
    if (!planned) return FailWith(session->files, planned.refusal());
    PrintDiff(*planned, options, session->node, DiffWording::kPlan);
    if (!planned->Changes()) return ExitCode::kOk;
    const auto confirmed = Confirmed(options);
    if (!confirmed) return Fail(confirmed.error());
    if (!*confirmed) return Fail(ExitCode::kNegative, "nothing was changed");
  }
  const auto applied = directory.Apply(session->actor, tier, session->files.desired);
  if (!applied) return FailWith(session->files, applied.refusal());
  PrintDiff(*applied, options, session->node, DiffWording::kDone);
  return ExitCode::kOk;
}

ExitCode RunPolicyExport(const PolicyOwnerOptions& options) {
  if (auto named = CheckOwner(options); !named) return Fail(named.error());
  const auto node = OpenPolicyNode(options.data_dir, MissingStore::kFail);
  if (!node) return Fail(node.error());
  NoteUnknownTenant(*node, options.tenant);
  const policy::Tier tier = TierOf(options);
  auto directory = DirectoryOf(*node);
  const auto owned = directory.Export(ActorFor(*node, options.tenant, tier, ""), tier);
  if (!owned) return Fail(owned.error());
  std::string text = PolicyFileText(*owned, "Policies of the " + OwnerText(options, *node) +
                                                ", as `axonflow policy export` found them.");
  text.pop_back();  // Print ends the last line
  Print(text);
  return ExitCode::kOk;
}

}  // namespace axonflow::cli
