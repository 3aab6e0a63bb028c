#include "policy/shell/case.h"

namespace axonflow::policy::shell {
namespace {

bool AnySystemRoot(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(),
                     [](const Word& word) { return IsSystemRoot(word.value); });
}

bool AnyDisk(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(),
                     [](const Word& word) { return IsDisk(word.value); });
}

bool IsRecursive(std::span<const Word> words) {
  return HasLetter(words, 'r') || HasLetter(words, 'R') || HasArgument(words, {"--recursive"});
}

bool Removes(const Case& one) {
  const auto arguments = one.arguments();
  if (HasArgument(arguments, {"--no-preserve-root"})) return true;
  return IsRecursive(arguments) && AnySystemRoot(arguments);
}

bool DuplicatesOntoDisk(std::span<const Word> arguments) {
  for (const Word& word : arguments) {
    if (StartsIgnoringCase(word.value, "of=") && IsDisk(word.value.substr(3))) return true;
    if (StartsIgnoringCase(word.value, "of=/dev/mem") ||
        StartsIgnoringCase(word.value, "if=/dev/mem")) {
      return true;
    }
    if (StartsIgnoringCase(word.value, "of=/boot")) return true;
  }
  // A file of zeros is ordinary; one that nothing bounds fills the disk.
  const bool endless =
      HasArgumentStarting(arguments, {"if=/dev/zero", "if=/dev/urandom", "if=/dev/random"});
  return endless && HasArgumentStarting(arguments, {"of=/"}) &&
         !HasArgumentStarting(arguments, {"count=", "of=/tmp", "of=/dev/null"});
}

bool Wipes(std::span<const Word> arguments) {
  if (AnyDisk(arguments)) {
    return !HasArgument(arguments, {"print", "-i", "--info", "-t", "-tt", "list", "id-ctrl"});
  }
  if (HasArgument(arguments, {"luksErase", "erase", "--security-erase", "--zap-all"})) return true;
  if (HasArgument(arguments, {"destroy"})) return true;
  const bool force =
      HasLetter(arguments, 'f') || HasLetter(arguments, 'u') || HasLetter(arguments, 'z');
  return force && std::any_of(arguments.begin(), arguments.end(), [](const Word& word) {
           return IsSystemRoot(word.value) || word.value.starts_with("/etc/") ||
                  word.value.starts_with("/var/log/") || word.value.starts_with("/boot/") ||
                  word.value.starts_with("/home/");
         });
}

bool FindsAndDeletes(std::span<const Word> arguments) {
  if (arguments.empty() || !IsSystemRoot(arguments.front().value)) return false;
  if (HasArgument(arguments, {"-delete"})) return true;
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    const bool runs = arguments[i].value == "-exec" || arguments[i].value == "-execdir";
    const auto next = arguments[i + 1].value;
    if (runs && (next == "rm" || next.ends_with("/rm") || next == "shred")) return true;
  }
  return false;
}

bool IsCloudDestruction(const Case& one) {
  const auto words = one.arguments();
  const auto quiet = [&] {
    return HasArgument(words, {"--quiet", "-q", "--yes", "-y", "--force", "-f", "--force-delete"});
  };
  const auto deletes = [&] {
    return HasArgument(words, {"delete", "rm", "rb", "destroy", "remove"});
  };
  switch (one.command) {
    case Command::kKubectl:
      return HasArgument(words, {"delete"}) &&
             HasArgument(words, {"--all", "-A", "--all-namespaces", "ns", "namespace", "namespaces",
                                 "node", "nodes", "pv", "crd", "crds"});
    case Command::kAws:
      return (HasArgument(words, {"s3"}) && deletes() &&
              HasArgument(words, {"--recursive", "--force", "rb"})) ||
             HasArgument(words,
                         {"terminate-instances", "delete-db-instance", "delete-db-cluster",
                          "delete-table", "schedule-key-deletion", "delete-cluster", "delete-stack",
                          "delete-bucket", "delete-snapshot", "delete-file-system", "delete-vpc",
                          "delete-user", "delete-volume", "delete-backup-vault"});
    case Command::kGcloud:
      return deletes() && (quiet() || HasArgument(words, {"projects", "-r", "-rf", "clusters"}) ||
                           HasLetter(words, 'r'));
    case Command::kAz:
      return deletes() && (quiet() || HasArgument(words, {"group", "--no-wait"}));
    case Command::kTerraform:
      return HasArgument(words, {"destroy"}) &&
             HasArgument(words,
                         {"-auto-approve", "--auto-approve", "--yes", "-y", "--skip-preview"});
    default:
      return false;
  }
}

bool EscapesContainer(const Case& one) {
  const auto words = one.arguments();
  if (one.command == Command::kNsenter) {
    return HasArgumentStarting(words, {"-t1", "--target=1"}) ||
           (HasArgument(words, {"-t", "--target"}) && HasArgument(words, {"1"}));
  }
  if (one.command == Command::kMount) {
    return HasArgument(words, {"cgroup"}) && HasLetter(words, 'o');
  }
  if (one.command != Command::kDocker) return false;
  if (!HasArgument(words, {"run", "exec", "create"})) return false;
  if (HasArgumentStarting(
          words, {"--privileged", "--pid=host", "--cap-add=all", "--cap-add=sys_admin",
                  "--cap-add=sys_ptrace", "--security-opt=apparmor=unconfined", "--device=/dev/sd",
                  "--volume=/:", "--userns=host", "-v/:"})) {
    return true;
  }
  for (const Word& word : words) {
    if (word.value.starts_with("/:/") || word.value.starts_with("/etc:/") ||
        word.value.starts_with("/root:/") || word.value.starts_with("/proc:/")) {
      return true;
    }
    if (ContainsIgnoringCase(word.value, "source=/,") ||
        ContainsIgnoringCase(word.value, "src=/,")) {
      return true;
    }
  }
  return HasArgument(words, {"--cap-add"}) && HasArgument(words, {"SYS_ADMIN", "ALL"});
}

bool DropsDatabase(const Case& one) {
  if (one.words.front().value == "dropdb")
    return one.words.size() > 1 && one.grade != Grade::kProse;
  for (const Word& word : one.arguments()) {
    if (EqualsIgnoringCase(word.value, "flushall") || EqualsIgnoringCase(word.value, "flushdb")) {
      return true;
    }
    if (ContainsIgnoringCase(word.value, "dropdatabase(") ||
        ContainsIgnoringCase(word.value, "drop database") ||
        ContainsIgnoringCase(word.value, "drop schema")) {
      return true;
    }
  }
  return false;
}

bool IsDestructive(const Case& one) {
  const auto arguments = one.arguments();
  switch (one.command) {
    case Command::kRm:
      return Removes(one);
    case Command::kDd:
      return DuplicatesOntoDisk(arguments);
    case Command::kMkfs:
      return AnyDisk(arguments) || HasArgumentStarting(arguments, {"/dev/"});
    case Command::kWipe:
      return Wipes(arguments);
    case Command::kChmod:
    case Command::kChown:
      return IsRecursive(arguments) && AnySystemRoot(arguments) && arguments.size() >= 3;
    case Command::kFind:
      return FindsAndDeletes(arguments);
    case Command::kMv:
      return arguments.size() >= 2 && CleanPath(arguments.back().value) == "/dev/null" &&
             (AnySystemRoot(arguments) || HasArgumentStarting(arguments, {"/etc", "/home", "~"}));
    case Command::kTruncate:
      return AnyDisk(arguments);
    case Command::kKill:
      return HasArgument(arguments, {"-9", "-KILL", "-SIGKILL"}) && HasArgument(arguments, {"-1"});
    case Command::kDatabase:
      return DropsDatabase(one);
    case Command::kPower:
      if (one.grade == Grade::kProse) return false;
      return HasArgument(arguments, {"now", "-h", "/s", "-f", "/r", "-p", "--force", "+0"}) ||
             (EqualsIgnoringCase(one.words.front().value, "init") && HasArgument(arguments, {"0"}));
    default:
      return false;
  }
}

}  // namespace

void JudgeRuin(const Case& one, Sink& sink) {
  if (IsDestructive(one)) {
    sink.Report(Rule::kDestructive, one.begin(), one.end(), 0.95F);
  } else if (IsCloudDestruction(one)) {
    sink.Report(Rule::kCloudDestruction, one.begin(), one.end(), 0.9F);
  } else if (EscapesContainer(one)) {
    sink.Report(Rule::kContainerEscape, one.begin(), one.end(), 0.9F);
  }
}

}  // namespace axonflow::policy::shell
