#include <iterator>

#include "policy/shell/case.h"

namespace axonflow::policy::shell {
namespace {

// Services that take what anybody sends and show it to whoever asked for it.
constexpr WordSet kDropPoints({
    "webhook.site", "requestbin",     "burpcollaborator", "oast.",       "interact.sh",
    "interactsh",   "ngrok",          "pastebin.com",     "transfer.sh", "0x0.st",
    "file.io",      "pipedream.net",  "canarytokens",     "dnslog",      "ix.io",
    "termbin",      "requestcatcher", "beeceptor",        "hookbin",     "anonfiles",
    "bashupload",   "temp.sh",        "catbox.moe",       "paste.ee",
});

constexpr WordSet kEnvironmentSecrets({"key", "secret", "token", "passw", "cred"});

bool AnyCredentialFile(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(), [](const Word& word) {
    return !word.value.starts_with("-") && IsCredentialFile(word.value);
  });
}

bool AnySensitiveFile(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(), [](const Word& word) {
    return word.value.find("://") == std::string_view::npos && IsSensitiveFile(word.value);
  });
}

bool SearchesForSecrets(const Case& one) {
  const auto words = one.arguments();
  const bool pattern = std::any_of(words.begin(), words.end(), [](const Word& word) {
    return !word.value.starts_with("/") && kEnvironmentSecrets.IsIn(word.value);
  });
  if (!pattern) return AnyCredentialFile(words);
  const bool everywhere = std::any_of(words.begin(), words.end(), [](const Word& word) {
    return IsSystemRoot(word.value) || word.value.starts_with("/home/") ||
           word.value.starts_with("/etc/") || word.value.starts_with("/proc/");
  });
  if (everywhere && words.size() >= 2) return true;
  // env | grep -i token
  if (one.index == 0 || one.simple().before != Joint::kPipe) return AnyCredentialFile(words);
  const auto before = one.line->WordsOf(one.line->commands[one.index - 1]);
  return before.size() == 1 && (before[0].value == "env" || before[0].value == "printenv" ||
                                before[0].value == "set" || before[0].value == "export");
}

bool FindsCredentials(std::span<const Word> words) {
  if (words.empty() ||
      !(IsSystemRoot(words.front().value) || words.front().value.starts_with("/"))) {
    return false;
  }
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i].value != "-name" && words[i].value != "-iname" && words[i].value != "-path")
      continue;
    const auto name = words[i + 1].value;
    if (IsCredentialFile(name) || ContainsIgnoringCase(name, "id_") ||
        ContainsIgnoringCase(name, ".pem") || ContainsIgnoringCase(name, ".kdbx") ||
        ContainsIgnoringCase(name, "passw") || ContainsIgnoringCase(name, "credential") ||
        ContainsIgnoringCase(name, "wallet") || ContainsIgnoringCase(name, "*.key") ||
        ContainsIgnoringCase(name, ".env") || ContainsIgnoringCase(name, ".htpasswd")) {
      return true;
    }
  }
  return false;
}

bool ReadsCredentials(const Case& one) {
  const auto words = one.arguments();
  switch (one.command) {
    case Command::kRead:
    case Command::kCp:
    case Command::kArchive:
    case Command::kDecode:
    case Command::kType:
    case Command::kXcopy:
    case Command::kLn:
      return AnyCredentialFile(words) || IsCredentialFile(one.simple().in.target) ||
             HasArgumentStarting(words, {"/dev/mem", "/proc/kcore"});
    case Command::kGrep:
      return SearchesForSecrets(one);
    case Command::kFind:
      return FindsCredentials(words);
    case Command::kPrintenv:
    case Command::kEcho:
      return std::any_of(words.begin(), words.end(), [&](const Word& word) {
        const bool variable = one.command == Command::kPrintenv || word.value.starts_with("$");
        return variable && word.value.size() < 64 &&
               word.value.find(' ') == std::string_view::npos &&
               kEnvironmentSecrets.IsIn(word.value);
      });
    case Command::kMemory:
      return HasArgument(words, {"-p"}) && one.words.front().value == "gcore";
    case Command::kHash:
      return words.size() >= 2 && (HasArgumentStarting(words, {"-"}) || AnySensitiveFile(words));
    case Command::kKubectl:
      return HasArgument(words, {"get"}) && HasArgument(words, {"secret", "secrets"}) &&
             HasArgumentStarting(words, {"-o", "--output", "-A", "--all-namespaces"});
    default:
      return false;
  }
}

bool IsUpload(std::span<const Word> words) {
  return HasArgumentStarting(words, {"-d", "--data", "-F", "--form", "-T", "--upload-file",
                                     "--post-file", "--post-data", "--body-file", "--json"}) ||
         HasArgument(words, {"POST", "PUT", "-XPOST", "-XPUT"});
}

// Whether an earlier command of the pipeline reads what should stay on the machine.
bool FedBySensitive(const Case& one) {
  for (std::size_t i = one.index; i > 0 && one.line->commands[i].before == Joint::kPipe; --i) {
    const auto [command, words] = ResolveCommand(*one.line, i - 1);
    if (command == Command::kEnv || command == Command::kPrintenv || command == Command::kRecon) {
      return true;
    }
    if (words.empty()) continue;
    if (AnySensitiveFile(words.subspan(1)) ||
        (command == Command::kArchive &&
         std::any_of(words.begin() + 1, words.end(), [](const Word& w) {
           return IsSystemRoot(w.value) || w.value.starts_with("~") || w.value.starts_with("/");
         }))) {
      return true;
    }
    if (command == Command::kDatabase && words.front().value.ends_with("dump")) return true;
  }
  return false;
}

bool DownloadSendsAway(const Case& one) {
  const auto words = one.arguments();
  const auto drop = [&words] {
    return std::any_of(words.begin(), words.end(),
                       [](const Word& word) { return kDropPoints.IsIn(word.value); });
  };
  bool address = false;
  for (const Word& word : words) {
    const auto value = word.value;
    const bool dotted = value.find('.') != std::string_view::npos;
    address = address || dotted;
    if (dotted && HoldsRevealingSubstitution(word)) return true;
    const std::size_t sign = value.find('@');
    const bool file = sign != std::string_view::npos && (sign == 0 || value[sign - 1] == '=');
    if (file && IsSensitiveFile(value.substr(sign + 1))) return true;
    if (StartsIgnoringCase(value, "--post-file=") && IsSensitiveFile(value.substr(12))) return true;
    if (StartsIgnoringCase(value, "file:///etc/")) return true;
  }
  if (!IsUpload(words)) return FedBySensitive(one) && drop();
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto value = words[i].value;
    const bool upload = value == "-T" || value == "--upload-file" || value == "--post-file";
    if (upload && IsSensitiveFile(words[i + 1].value)) return true;
    if (HoldsRevealingSubstitution(words[i + 1])) return true;
  }
  return (address && FedBySensitive(one)) || drop();
}

bool SendsAway(const Case& one) {
  const auto words = one.arguments();
  switch (one.command) {
    case Command::kDownload:
      return DownloadSendsAway(one);
    case Command::kNc:
    case Command::kSocat:
    case Command::kTelnet:
      return words.size() >= 2 && FedBySensitive(one);
    case Command::kCopyOut: {
      const bool remote = std::any_of(words.begin(), words.end(), [](const Word& word) {
        const std::size_t colon = word.value.find(':');
        return colon != std::string_view::npos && colon > 1;
      });
      const bool whole = std::any_of(words.begin(), words.end(), [](const Word& word) {
        return word.value == "/" || word.value == "/etc" || word.value == "/home" ||
               word.value == "/etc/" || word.value == "/root";
      });
      if (!remote || words.size() < 2) return false;
      // The last word is where it goes: a key sent to a server is not a key taken from it.
      const auto sources = words.first(words.size() - 1);
      return whole || std::any_of(sources.begin(), sources.end(), [&](const Word& word) {
               const bool identity = &word != sources.data() && (&word - 1)->value == "-i";
               return !identity &&
                      (IsCredentialFile(word.value) || word.value.starts_with("/etc/"));
             });
    }
    case Command::kNameLookup:
    case Command::kPing:
      return std::any_of(words.begin(), words.end(), [](const Word& word) {
        return HoldsRevealingSubstitution(word) ||
               (word.substitution && word.value.find('.') != std::string_view::npos);
      });
    case Command::kMail:
      return IsSensitiveFile(one.simple().in.target) || (FedBySensitive(one) && !words.empty()) ||
             AnyCredentialFile(words);
    default:
      return false;
  }
}

}  // namespace

void JudgeAccess(const Case& one, Sink& sink) {
  if (SendsAway(one)) sink.Report(Rule::kExfiltration, one.begin(), one.line_end(), 0.9F);
  if (ReadsCredentials(one)) sink.Report(Rule::kCredentialRead, one.begin(), one.end(), 0.9F);
}

}  // namespace axonflow::policy::shell
