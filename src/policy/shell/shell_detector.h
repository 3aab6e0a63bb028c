#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace axonflow::policy::shell {

// One for each policy of the catalogue that is judged by the structure of commands. Names match the
// part after "shell." in the YAML.
enum class Rule : std::uint8_t {
  kChaining,          // a value that goes on as a command: `x; id`, `$(id)`, `| id`
  kObfuscated,        // a command written so that filters do not read it: c''at, cat$IFS/etc/x
  kRemoteShell,       // nc -e, /dev/tcp, socat exec, listeners, one-liners with sockets
  kDownloadRun,       // curl ... | sh and its relatives
  kDestructive,       // rm -rf /, dd onto disks, fork bombs, chmod -R /
  kCredentialRead,    // keys, password files, environment secrets, process memory
  kExfiltration,      // files or results of commands sent away
  kPersistence,       // cron, authorized_keys, units, start-up files, accounts
  kPrivilege,         // set-uid, sudoers, capabilities, shells out of privileged tools
  kProtection,        // logs, history, firewalls and protections switched off or wiped
  kContainerEscape,   // the host's root or socket mounted, privileged containers, nsenter
  kCloudDestruction,  // kubectl delete, aws s3 rb, terraform destroy and the like, without a
                      // question
  kWindows,           // commands of cmd and PowerShell that attack
  kReconnaissance,    // a text that is nothing but a look around the machine
  kCount,
};

inline constexpr std::size_t kRuleCount = static_cast<std::size_t>(Rule::kCount);

// "remote_shell" -> Rule::kRemoteShell; kCount for an unknown name. And back.
Rule ParseRule(std::string_view name);
std::string_view ToString(Rule rule);

struct Hit {
  Rule rule;
  std::uint32_t begin;  // byte range of the command or pipeline
  std::uint32_t end;
  float confidence;  // 0 to 1
};

// Upper bound of hits of one rule that are recorded; `truncated` says that one rule had more.
inline constexpr std::size_t kHitsPerRuleMax = 1'000;

struct Hits {
  std::vector<Hit> hits;  // ordered by begin
  bool truncated = false;
  void clear() {
    hits.clear();
    truncated = false;
  }
};

// Finds dangerous commands of Unix shells, cmd and PowerShell in `text` (any bytes): as the whole
// text, as lines of a script, inside quotes and code spans, appended to a value, or in a sentence
// where a runnable form stands. Words are judged as the shell would read them, without their quotes
// and escapes. Prose that only names a command stays clean. Linear in the text; what is read
// behind one command is bounded (lexer.h).
void Detect(std::string_view text, Hits& hits);

}  // namespace axonflow::policy::shell
