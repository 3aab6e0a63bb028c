#include "policy/shell/case.h"

#include <iterator>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace axonflow::policy::shell {
namespace {

char Lower(char c) { return static_cast<char>(kLowered[static_cast<std::uint8_t>(c)]); }

constexpr std::string_view kSystemRoots[] = {
    "/",          "/bin",         "/boot",    "/dev",     "/etc",          "/home",
    "/lib",       "/lib64",       "/opt",     "/proc",    "/root",         "/sbin",
    "/srv",       "/sys",         "/usr",     "/usr/bin", "/usr/lib",      "/usr/sbin",
    "/usr/local", "/var",         "/var/lib", "/var/log", "/var/www",      "/mnt",
    "/media",     "/users",       "/system",  "/library", "/applications", "~",
    "$home",      "${home}",      "*",        "c:",       "c:/",           "/boot/efi",
    "/etc/ssh",   "/var/backups", "/backup",  "/backups", "/data",
};

constexpr std::string_view kDisks[] = {"/dev/sd",
                                       "/dev/hd",
                                       "/dev/nvme",
                                       "/dev/vd",
                                       "/dev/xvd",
                                       "/dev/mmcblk",
                                       "/dev/disk",
                                       "/dev/mapper/",
                                       "/dev/rdisk",
                                       "/dev/md",
                                       "\\\\.\\physicaldrive",
                                       "/dev/dm-"};

constexpr WordSet kCredentialFiles({
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/sudoers",
    "/etc/master.passwd",
    ".ssh/",
    "/.aws",
    ".aws/",
    ".netrc",
    ".gnupg",
    ".kube/config",
    ".docker/config",
    ".pgpass",
    ".git-credentials",
    ".npmrc",
    ".azure/",
    "gcloud/",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    "id_dsa",
    "/environ",
    "wallet.dat",
    ".bash_history",
    ".zsh_history",
    "login data",
    "logins.json",
    "key4.db",
    "ntds.dit",
    "lsass",
    "/etc/krb5.keytab",
    "kubernetes.io/serviceaccount",
    ".vault-token",
    "shadow.bak",
    "keychain",
    ".mozilla/firefox",
    "google-chrome",
    "/etc/kubernetes/",
    ".my.cnf",
    ".mysql_history",
    "credentials.xml",
    "wp-config.php",
    "cookies.sqlite",
    "/etc/ssl/private",
    "private.key",
    "server.key",
    "/etc/pki/",
    "terraform.tfstate",
    ".pypirc",
    "sam.bak",
    "config/sam",
    "config\\sam",
    "repair\\sam",
    "repair\\system",
    ".ssh",
});

constexpr WordSet kSensitiveFiles({"/etc/passwd", "/etc/group", "/etc/hosts", "/var/log/", "/etc/",
                                   "/home/", "/root", ".env", ".pem", "passw", "credential",
                                   "secret"});

constexpr std::string_view kRevealing[] = {"whoami", "hostname", "uname", "cat ", "env",
                                           "id)",    "id`",      "ls ",   "pwd",  "ifconfig",
                                           "base64", "printenv", "<",     "xxd",  "tar "};

#if defined(__SSE2__)
// A byte in either case, looked for in sixteen bytes.
class Either {
 public:
  explicit Either(char lower)
      : lower_(_mm_set1_epi8(lower)),
        upper_(_mm_set1_epi8(lower >= 'a' && lower <= 'z' ? static_cast<char>(lower - 0x20)
                                                          : lower)) {}
  std::uint32_t In(const char* at) const {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(block, lower_), _mm_cmpeq_epi8(block, upper_))));
  }

 private:
  __m128i lower_;
  __m128i upper_;
};
#endif

}  // namespace

bool StartsIgnoringCase(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (Lower(text[i]) != Lower(word[i])) return false;
  }
  return true;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view word) {
  return text.size() == word.size() && StartsIgnoringCase(text, word);
}

bool ContainsIgnoringCase(std::string_view text, std::string_view word) {
  if (word.empty()) return true;
  if (text.size() < word.size()) return false;
  const std::size_t places = text.size() - word.size() + 1;
  const char first = Lower(word.front());
  std::size_t at = 0;
#if defined(__SSE2__)
  // Sixteen places at a time are asked for the first and the last byte of the word.
  const Either first_byte(first);
  const Either last_byte(Lower(word.back()));
  for (; at + 16 <= places; at += 16) {
    std::uint32_t found =
        first_byte.In(text.data() + at) & last_byte.In(text.data() + at + word.size() - 1);
    for (; found != 0; found &= found - 1) {
      const auto place = at + static_cast<std::size_t>(__builtin_ctz(found));
      if (StartsIgnoringCase(text.substr(place), word)) return true;
    }
  }
#endif
  for (; at < places; ++at) {
    if (Lower(text[at]) == first && StartsIgnoringCase(text.substr(at), word)) return true;
  }
  return false;
}

namespace {

// The first bytes of `words` in either case, one bit for each byte's last six bits: most arguments
// begin with none of them.
std::uint64_t FirstBytesOf(std::initializer_list<std::string_view> words) {
  std::uint64_t bytes = 0;
  for (const std::string_view word : words) {
    const auto first = static_cast<std::uint8_t>(word.front());
    bytes |= std::uint64_t{1} << (first % 64);
    const bool letter = (first | 0x20) >= 'a' && (first | 0x20) <= 'z';
    if (letter) bytes |= std::uint64_t{1} << ((first ^ 0x20) % 64);
  }
  return bytes;
}

bool MayBegin(std::string_view value, std::uint64_t first_bytes) {
  return !value.empty() &&
         ((first_bytes >> (static_cast<std::uint8_t>(value.front()) % 64)) & 1U) != 0;
}

}  // namespace

bool HasArgument(std::span<const Word> words, std::initializer_list<std::string_view> wanted) {
  const std::uint64_t first_bytes = FirstBytesOf(wanted);
  for (const Word& word : words) {
    if (!MayBegin(word.value, first_bytes)) continue;
    const auto value = CleanPath(word.value);
    for (const std::string_view one : wanted) {
      if (value.size() == one.size() && StartsIgnoringCase(value, one)) return true;
    }
  }
  return false;
}

bool HasArgumentStarting(std::span<const Word> words,
                         std::initializer_list<std::string_view> wanted) {
  const std::uint64_t first_bytes = FirstBytesOf(wanted);
  for (const Word& word : words) {
    if (!MayBegin(word.value, first_bytes)) continue;
    for (const std::string_view one : wanted) {
      if (StartsIgnoringCase(word.value, one)) return true;
    }
  }
  return false;
}

bool HasLetter(std::span<const Word> words, char letter) {
  return std::any_of(words.begin(), words.end(), [&](const Word& word) {
    const auto value = word.value;
    if (value.size() < 2 || value[0] != '-' || value[1] == '-') return false;
    return value.find(letter, 1) != std::string_view::npos;
  });
}

std::string_view CleanPath(std::string_view path) {
  while (path.size() > 1) {
    const char last = path.back();
    if (last != '.' && last != ',' && last != ';' && last != ':' && last != '!' && last != '?' &&
        last != ')' && last != ']' && last != '"' && last != '\'' && last != '\n') {
      break;
    }
    path.remove_suffix(1);
  }
  return path;
}

bool IsSystemRoot(std::string_view path) {
  if (path == "." || path == "..") return false;
  path = CleanPath(path);
  if (path.ends_with("/*") || path.ends_with("/.")) path.remove_suffix(path.size() > 2 ? 2 : 1);
  while (path.size() > 1 && path.ends_with("/")) path.remove_suffix(1);
  if (path.find("//") == 0) path.remove_prefix(1);
  // A root is "/...", "~", "$...", "*", or "c:" and "c:/".
  const char first = path.empty() ? '\0' : Lower(path.front());
  if (first != '/' && first != '~' && first != '$' && first != '*' && first != 'c') return false;
  return std::any_of(std::begin(kSystemRoots), std::end(kSystemRoots), [&](std::string_view root) {
    return path.size() == root.size() && StartsIgnoringCase(path, root);
  });
}

bool IsDisk(std::string_view path) {
  if (path.empty() || (path.front() != '/' && path.front() != '\\')) return false;
  return std::any_of(std::begin(kDisks), std::end(kDisks),
                     [&](std::string_view disk) { return StartsIgnoringCase(path, disk); });
}

bool IsCredentialFile(std::string_view path) {
  if (path.size() < 4 || path.size() > 512) return false;
  if (path.ends_with(".pub") || path.find("known_hosts") != std::string_view::npos) return false;
  return kCredentialFiles.IsIn(path);
}

bool IsSensitiveFile(std::string_view path) {
  return IsCredentialFile(path) || kSensitiveFiles.IsIn(path);
}

bool HoldsRevealingSubstitution(const Word& word) {
  return word.substitution && ContainsAny(word.value, kRevealing);
}

Resolved ResolveWords(std::span<const Word> words) {
  while (!words.empty()) {
    const std::string_view value = words.front().value;
    const std::size_t slash = value.find_last_of("/\\");
    const auto base = slash == std::string_view::npos ? value : value.substr(slash + 1);
    const Entry* entry = FindCommand(base);
    const bool skipped =
        value.starts_with("-") || value.starts_with("{") || value == "(" || value == "!" ||
        (value.find('=') != std::string_view::npos && slash == std::string_view::npos) ||
        (entry == nullptr && !value.empty() && value[0] >= '0' && value[0] <= '9');
    if (entry != nullptr && entry->command != Command::kPrefix &&
        !(entry->command == Command::kEnv && words.size() > 1)) {
      return {entry->command, words};
    }
    if (entry == nullptr && !skipped) return {Command::kNone, words};
    words = words.subspan(1);
  }
  return {};
}

Resolved ResolveCommand(const Line& line, std::size_t index) {
  if (index >= line.command_count) return {};
  return ResolveWords(line.WordsOf(line.commands[index]));
}

bool PipesIntoInterpreter(const Case& one) {
  for (std::size_t i = one.index + 1; i < one.line->command_count; ++i) {
    if (one.line->commands[i].before != Joint::kPipe) return false;
    const auto [command, words] = ResolveCommand(*one.line, i);
    if (command == Command::kShell) {
      // `| bash`, `| sh -s -- x`; a script named as an argument reads no standard input.
      return words.size() < 2 || words[1].value.starts_with("-");
    }
    if (command == Command::kPowershell || command == Command::kIex) return true;
    if (command == Command::kScript) return words.size() < 2 || words[1].value == "-";
    if (command == Command::kEval) return true;
  }
  return false;
}

}  // namespace axonflow::policy::shell
