#include <iterator>

#include "policy/shell/case.h"

namespace axonflow::policy::shell {
namespace {

constexpr WordSet kStartUpPlaces({
    "authorized_keys",
    "/etc/cron",
    "/var/spool/cron",
    "/etc/rc.local",
    "/etc/init.d/",
    "/etc/systemd/system",
    "/lib/systemd/system",
    "/etc/profile",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf",
    "systemd/user/",
    "launchagents",
    "launchdaemons",
    "/etc/passwd",
    "/etc/xinetd",
    "/etc/update-motd",
    "/etc/pam.d",
    "/etc/environment",
    ".config/autostart",
    "/etc/inittab",
    "/etc/bash.bashrc",
    "/etc/ssh/sshd_config",
    "start menu\\programs\\startup",
});
constexpr WordSet kShellStartFiles({".bashrc", ".bash_profile", ".profile", ".zshrc", ".bash_login",
                                    ".zprofile", ".bash_logout"});
constexpr WordSet kCallsHome({"/dev/tcp", "nc ", "curl", "wget", "bash -i", "python", "alias sudo",
                              "ld_preload", "base64", "ncat", "perl "});
constexpr WordSet kRecords({"/var/log/", ".bash_history", ".zsh_history", "/wtmp", "/utmp", "/btmp",
                            "lastlog", ".history", "/var/log", "/var/audit"});
constexpr WordSet kGuards({
    "auditd",   "apparmor",  "firewalld",        "ufw",    "rsyslog",   "syslog",
    "fail2ban", "falcon",    "clamav",           "clamd",  "iptables",  "selinux",
    "osquery",  "wazuh",     "sysmon",           "splunk", "ossec",     "crowdstrike",
    "mdatp",    "cbdaemon",  "sentinelone",      "nessus", "snort",     "suricata",
    "aide",     "tripwire",  "systemd-journald", "auoms",  "freshclam", "cbagentd",
    "falco",    "windefend",
});

bool IsRecord(std::string_view path) { return kRecords.IsIn(path); }

bool AnyRecord(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(),
                     [](const Word& word) { return IsRecord(word.value); });
}

bool AnyGuard(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(), [](const Word& word) {
    return word.value.size() < 40 && kGuards.IsIn(word.value);
  });
}

bool OpensProtection(const Case& one) {
  const auto words = one.arguments();
  switch (one.command) {
    case Command::kFirewall:
      return HasArgument(words, {"-F", "--flush", "-X", "disable", "reset", "-d"}) ||
             (HasArgument(words, {"flush"}) && HasArgument(words, {"ruleset"})) ||
             (HasArgument(words, {"-P", "--policy"}) && HasArgument(words, {"ACCEPT"}));
    case Command::kSetenforce:
      return HasArgument(words, {"0", "permissive"});
    case Command::kSystemctl:
    case Command::kService:
      return HasArgument(words, {"stop", "disable", "mask", "kill"}) && AnyGuard(words);
    case Command::kKill:
      return one.words.front().value != "kill" && AnyGuard(words);
    case Command::kAuditctl:
      return HasArgument(words, {"-D", "disable", "--master-disable", "--rotate"}) ||
             (HasArgument(words, {"-e"}) && HasArgument(words, {"0"})) ||
             HasArgumentStarting(words, {"--vacuum-time=1", "--vacuum-size=1", "-R"}) ||
             one.words.front().value.starts_with("aa-teardown");
    case Command::kHistory:
      return one.grade != Grade::kProse && (HasArgument(words, {"-c", "-cw", "-wc"}) ||
                                            (HasArgument(words, {"-d"}) && words.size() >= 2));
    case Command::kUnset:
      if (one.words.front().value == "set") {
        return HasArgument(words, {"+o"}) && HasArgument(words, {"history"});
      }
      return HasArgument(words, {"HISTFILE", "HISTSIZE", "HISTFILE=/dev/null", "HISTSIZE=0",
                                 "HISTFILESIZE=0", "HISTCONTROL=ignorespace"}) ||
             HasArgumentStarting(words, {"HISTFILE=/dev/null", "HISTFILE=\"\""});
    case Command::kRm:
    case Command::kTruncate:
    case Command::kWipe:
      return AnyRecord(words);
    case Command::kLn:
      return HasArgument(words, {"/dev/null"}) && AnyRecord(words);
    case Command::kAws:
      return HasArgument(words, {"stop-logging", "delete-trail", "delete-detector",
                                 "delete-flow-logs", "disable-alarm-actions", "delete-log-group"});
    case Command::kSed:
      return HasLetter(words, 'i') && AnyRecord(words);
    case Command::kChmod:
      return one.words.front().value == "chattr" && HasArgument(words, {"-i", "-a"});
    default:
      return false;
  }
}

bool PipedFrom(const Case& one) { return one.simple().before == Joint::kPipe && one.index > 0; }

bool StaysOnMachine(const Case& one) {
  const auto words = one.arguments();
  switch (one.command) {
    case Command::kCrontab:
      return HasArgument(words, {"-r", "-"}) || (PipedFrom(one) && words.empty()) ||
             HasArgumentStarting(words, {"/tmp/", "/dev/shm", "/var/tmp"});
    case Command::kAt:
      return PipedFrom(one) && HasArgument(words, {"now", "midnight", "noon", "teatime"});
    case Command::kUserAdd:
      return (HasLetter(words, 'o') && HasArgument(words, {"0"})) ||
             HasArgument(words, {"sudo", "wheel", "root", "admin"}) ||
             HasArgumentStarting(words, {"-u0", "--uid=0"});
    case Command::kPasswd:
      return (PipedFrom(one) && one.words.front().value == "chpasswd") ||
             HasArgument(words, {"--stdin"}) ||
             (HasLetter(words, 'd') && HasArgument(words, {"root"}));
    case Command::kLaunchctl:
      return HasArgument(words, {"load", "bootstrap", "submit"}) &&
             HasArgumentStarting(words, {"/", "~"});
    case Command::kSystemctl:
      return HasArgument(words, {"enable", "link"}) &&
             HasArgumentStarting(words, {"/tmp", "/dev/shm", "/var/tmp", "/home"});
    case Command::kLd:
      return HasArgumentStarting(words, {"/tmp/", "./", "/dev/shm", "/var/tmp"}) &&
             one.grade != Grade::kProse;
    case Command::kCp:
    case Command::kMv:
    case Command::kLn:
    case Command::kSed:
      return words.size() >= 2 && one.words.size() < 12 &&
             (one.command != Command::kSed || HasLetter(words, 'i')) &&
             kStartUpPlaces.IsIn(words.back().value) &&
             !ContainsIgnoringCase(words.back().value, ".bak");
    default:
      return false;
  }
}

// 4755, u+s, +s: the file runs as its owner.
bool SetsUid(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(), [](const Word& word) {
    const auto mode = word.value;
    if (mode == "u+s" || mode == "+s" || mode == "ug+s" || mode == "g+s" || mode == "a+s" ||
        mode.ends_with("u+s") || mode == "+xs" || mode == "u+sx") {
      return true;
    }
    return (mode.size() == 4 || (mode.size() == 5 && mode[0] == '0')) &&
           (mode[mode.size() - 4] == '4' || mode[mode.size() - 4] == '6') &&
           std::all_of(mode.begin(), mode.end(), [](char c) { return c >= '0' && c <= '7'; });
  });
}

bool OpensPassword(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(), [](const Word& word) {
    const auto path = CleanPath(word.value);
    return path == "/etc/passwd" || path == "/etc/shadow" || path == "/etc/sudoers" ||
           path.starts_with("/etc/sudoers.d") || path == "/etc/gshadow";
  });
}

// A shell out of a tool that may run with more rights: vim -c ':!sh', tar --checkpoint-action.
bool LeavesTool(std::span<const Word> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = words[i].value;
    if (value.size() > 256) continue;
    if (value.find(":!/bin/") != std::string_view::npos || value == ":!sh" || value == ":!bash" ||
        value == "!/bin/sh" || value == "!/bin/bash" || value == "!sh" || value == "!bash" ||
        value.find("checkpoint-action=exec") != std::string_view::npos ||
        value.find("py import os") != std::string_view::npos) {
      return true;
    }
    const bool exec = value == "-exec" && i + 1 < words.size();
    if (exec && (words[i + 1].value == "/bin/sh" || words[i + 1].value == "/bin/bash" ||
                 words[i + 1].value == "sh" || words[i + 1].value == "bash")) {
      return i + 2 >= words.size() || !words[i + 2].value.starts_with("-c");
    }
  }
  return false;
}

bool RaisesRights(const Case& one) {
  const auto words = one.arguments();
  switch (one.command) {
    case Command::kChmod:
      return (SetsUid(words) && words.size() >= 2) ||
             (OpensPassword(words) && one.words.front().value == "chmod");
    case Command::kChown:
      return OpensPassword(words);
    case Command::kSetcap:
      return HasArgumentStarting(words, {"cap_setuid", "cap_sys", "cap_dac", "cap_setgid",
                                         "cap_net_raw", "cap_fowner", "cap_chown", "all="});
    case Command::kFind:
      return LeavesTool(words) || (HasArgument(words, {"-perm"}) &&
                                   HasArgument(words, {"-4000", "-u=s", "-2000", "-6000", "/4000",
                                                       "/6000", "-04000", "-g=s", "/u=s"}));
    case Command::kUserMod:
      return HasArgument(words, {"sudo", "wheel", "root", "admin"}) && words.size() >= 2;
    case Command::kKubectl:
      return HasArgumentStarting(words, {"clusterrolebinding"}) &&
             HasArgumentStarting(words, {"--clusterrole=cluster-admin"});
    case Command::kAws:
      return HasArgument(words, {"create-access-key", "create-login-profile",
                                 "update-assume-role-policy"}) ||
             std::any_of(words.begin(), words.end(), [](const Word& word) {
               return ContainsIgnoringCase(word.value, "policy/administratoraccess");
             });
    case Command::kRead:
    case Command::kArchive:
    case Command::kGit:
    case Command::kDatabase:
      return LeavesTool(words);
    default:
      return false;
  }
}

}  // namespace

void JudgeFoothold(const Case& one, Sink& sink) {
  if (OpensProtection(one)) sink.Report(Rule::kProtection, one.begin(), one.end(), 0.9F);
  if (StaysOnMachine(one)) sink.Report(Rule::kPersistence, one.begin(), one.end(), 0.85F);
  if (RaisesRights(one)) sink.Report(Rule::kPrivilege, one.begin(), one.end(), 0.9F);
}

void JudgeWrite(const Case& one, std::string_view target, bool append, Sink& sink) {
  if (target.size() < 4) return;
  if (IsDisk(target)) {
    sink.Report(Rule::kDestructive, one.begin(), one.line_end(), 0.95F);
  } else if (target.starts_with("/etc/sudoers") || target.starts_with("/etc/shadow")) {
    sink.Report(Rule::kPrivilege, one.begin(), one.line_end(), 0.95F);
  } else if (kStartUpPlaces.IsIn(target)) {
    sink.Report(Rule::kPersistence, one.begin(), one.line_end(), 0.9F);
  } else if (ContainsIgnoringCase(target, "release_agent") ||
             ContainsIgnoringCase(target, "/proc/sys/kernel/core_pattern")) {
    sink.Report(Rule::kContainerEscape, one.begin(), one.line_end(), 0.95F);
  } else if (IsRecord(target) && !append) {
    sink.Report(Rule::kProtection, one.begin(), one.line_end(), 0.85F);
  } else if (kShellStartFiles.IsIn(target)) {
    for (const Word& word : one.arguments()) {
      if (!kCallsHome.IsIn(word.value)) continue;
      sink.Report(Rule::kPersistence, one.begin(), one.line_end(), 0.9F);
      return;
    }
  }
}

}  // namespace axonflow::policy::shell
