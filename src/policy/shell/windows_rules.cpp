#include "policy/shell/case.h"

namespace axonflow::policy::shell {
namespace {

bool Any(std::span<const Word> words, std::initializer_list<std::string_view> parts) {
  return std::any_of(words.begin(), words.end(), [&](const Word& word) {
    return word.value.size() < 1024 &&
           std::any_of(
               parts.begin(), parts.end(),
               [&](std::string_view part) { return ContainsIgnoringCase(word.value, part); });
  });
}

bool IsDrive(std::string_view value) {
  value = CleanPath(value);
  if (value.size() < 1 || value.size() > 4) return false;
  const char letter = static_cast<char>(value[0] | 0x20);
  if (letter < 'a' || letter > 'z') return false;
  const auto rest = value.substr(1);
  return rest == ":" || rest == ":\\" || rest == ":/" || rest == ":\\*" || rest == ":*" ||
         rest.empty();
}

bool IsWindowsRoot(std::string_view value) {
  value = CleanPath(value);
  if (value.size() >= 2 && value[1] == ':' && IsDrive(value)) return true;
  return StartsIgnoringCase(value, "c:\\windows") || StartsIgnoringCase(value, "c:/windows") ||
         EqualsIgnoringCase(value, "c:\\users") || StartsIgnoringCase(value, "c:\\*") ||
         StartsIgnoringCase(value, "%systemroot%") || StartsIgnoringCase(value, "%systemdrive%") ||
         StartsIgnoringCase(value, "%userprofile%") ||
         StartsIgnoringCase(value, "$env:systemroot") ||
         StartsIgnoringCase(value, "c:\\program files");
}

bool AnyWindowsRoot(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(),
                     [](const Word& word) { return IsWindowsRoot(word.value); });
}

// Where a command of cmd or PowerShell stands is judged loosely: its arguments are unmistakable.
bool DeletesWindows(const Case& one) {
  const auto words = one.arguments();
  const bool quiet = HasArgument(words, {"/q", "/f", "/s/q", "/q/s"});
  return HasArgument(words, {"/s", "/s/q", "/q/s"}) && (quiet || AnyWindowsRoot(words)) &&
         words.size() >= 2 && (AnyWindowsRoot(words) || HasArgument(words, {"/q", "*.*", "*"}));
}

bool RunsEncoded(const Case& one) {
  const auto words = one.arguments();
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto option = words[i].value;
    const bool encoded = StartsIgnoringCase(option, "-e") && !StartsIgnoringCase(option, "-ex") &&
                         option.size() <= 15 && words[i + 1].value.size() >= 16 &&
                         words[i + 1].value.find(' ') == std::string_view::npos;
    if (encoded) return true;
  }
  if (Any(words, {"downloadstring", "downloadfile", "downloaddata", "invoke-expression",
                  "tcpclient", "frombase64string", "invoke-mimikatz", "-disablerealtimemonitoring",
                  "invoke-shellcode", "set-mppreference"})) {
    return true;
  }
  if (Any(words, {"iex", "| iex"}) && Any(words, {"http", "iwr", "irm", "net.webclient"}))
    return true;
  return HasArgumentStarting(words, {"-w", "-nop"}) && Any(words, {"hidden", "bypass"}) &&
         Any(words, {"http"});
}

bool CmdletAttacks(const Case& one) {
  const auto words = one.arguments();
  const auto name = one.words.front().value;
  if (EqualsIgnoringCase(name, "remove-item")) {
    return HasArgumentStarting(words, {"-r"}) && AnyWindowsRoot(words);
  }
  if (EqualsIgnoringCase(name, "set-mppreference")) return Any(words, {"-disable"});
  if (EqualsIgnoringCase(name, "add-mppreference")) return Any(words, {"-exclusion"});
  if (EqualsIgnoringCase(name, "add-localgroupmember")) return Any(words, {"admin"});
  if (EqualsIgnoringCase(name, "set-netfirewallprofile")) return Any(words, {"false"});
  if (EqualsIgnoringCase(name, "stop-service")) return Any(words, {"windefend", "sense", "mpssvc"});
  if (EqualsIgnoringCase(name, "clear-eventlog") || EqualsIgnoringCase(name, "format-volume") ||
      EqualsIgnoringCase(name, "clear-disk") || EqualsIgnoringCase(name, "new-localuser")) {
    return !words.empty() && one.grade != Grade::kProse;
  }
  if (EqualsIgnoringCase(name, "new-itemproperty") ||
      EqualsIgnoringCase(name, "set-itemproperty")) {
    return Any(words, {"currentversion\\run", "disableantispyware", "enablelua"});
  }
  if (EqualsIgnoringCase(name, "get-content")) {
    return Any(words, {"\\config\\sam", "ntds.dit", ".ssh\\", "unattend.xml"});
  }
  if (EqualsIgnoringCase(name, "invoke-wmimethod")) return Any(words, {"win32_process"});
  if (EqualsIgnoringCase(name, "start-process")) return Any(words, {"http://", "hidden"});
  return PipesIntoInterpreter(one);
}

bool NetAttacks(std::span<const Word> words) {
  if (HasArgument(words, {"/add"}) && HasArgument(words, {"user", "localgroup", "group"}))
    return true;
  if (HasArgument(words, {"user"}) && HasArgumentStarting(words, {"/active:yes"})) return true;
  if (HasArgument(words, {"share"}) && Any(words, {"=c:", "everyone"})) return true;
  return HasArgument(words, {"stop"}) &&
         Any(words, {"windefend", "mpssvc", "wuauserv", "eventlog", "sense", "mssql", "veeam",
                     "backup", "security center"});
}

bool RegistryAttacks(std::span<const Word> words) {
  if (HasArgument(words, {"save", "export"})) {
    return Any(words, {"\\sam", "\\system", "\\security"});
  }
  if (!HasArgument(words, {"add", "delete"})) {
    return HasArgument(words, {"query"}) && Any(words, {"winlogon", "putty", "password"});
  }
  return Any(words,
             {"currentversion\\run", "terminal server", "windows defender", "\\lsa", "enablelua",
              "image file execution", "winlogon", "disabletaskmgr", "\\services\\",
              "fdenytsconnections", "uselogoncredential", "policies\\system"});
}

bool Attacks(const Case& one) {
  const auto words = one.arguments();
  switch (one.command) {
    case Command::kPowershell:
      return RunsEncoded(one);
    case Command::kIex:
      return !words.empty() && (Any(words, {"http", "net.webclient", "downloadstring", "iwr", "irm",
                                            "frombase64", "gzipstream"}));
    case Command::kCmdlet:
      return CmdletAttacks(one);
    case Command::kDel:
      return DeletesWindows(one);
    case Command::kFormatter:
      return one.words.size() >= 2 && words.front().value.size() >= 2 &&
             words.front().value[1] == ':' && IsDrive(words.front().value);
    case Command::kReg:
      return RegistryAttacks(words);
    case Command::kNet:
      return NetAttacks(words);
    case Command::kNetsh:
      return (Any(words, {"firewall"}) && HasArgument(words, {"disable", "off", "opmode"})) ||
             HasArgument(words, {"portproxy"}) || Any(words, {"key=clear"}) ||
             (Any(words, {"firewall"}) && HasArgument(words, {"add"}) && Any(words, {"allow"}));
    case Command::kVssadmin:
      return HasArgument(words, {"delete", "resize"}) && Any(words, {"shadow"});
    case Command::kBcdedit:
      return Any(words,
                 {"recoveryenabled", "bootstatuspolicy", "safeboot", "testsigning", "/delete"});
    case Command::kWbadmin:
      return HasArgument(words, {"delete"});
    case Command::kWevtutil:
      return HasArgument(words, {"cl", "clear-log"}) || Any(words, {"/e:false"});
    case Command::kSchtasks:
      return HasArgument(words, {"/create"}) &&
             Any(words, {"/ru", "powershell", "cmd", "http", "\\temp", "\\appdata",
                         "\\users\\public", "system", "onlogon", "onstart"});
    case Command::kSc:
      return (HasArgument(words, {"create"}) && Any(words, {"binpath"})) ||
             (HasArgument(words, {"stop", "delete", "config"}) &&
              Any(words, {"windefend", "sense", "wscsvc", "mpssvc"}));
    case Command::kWmic:
      return (Any(words, {"shadowcopy"}) && HasArgument(words, {"delete"})) ||
             (HasArgument(words, {"process"}) && HasArgument(words, {"call"}) &&
              HasArgument(words, {"create"})) ||
             Any(words, {"/node:"}) || (Any(words, {"/format:"}) && Any(words, {"http"}));
    case Command::kCertutil:
      return HasArgumentStarting(
                 words, {"-urlcache", "/urlcache", "-decode", "/decode", "-verifyctl", "-post"}) ||
             (HasArgument(words, {"-f"}) && Any(words, {"http"}));
    case Command::kBitsadmin:
      return HasArgument(words, {"/transfer", "/addfile", "/setnotifycmdline"});
    case Command::kMshta:
    case Command::kRundll:
    case Command::kCscript:
      return Any(words, {"http", "javascript:", "vbscript:", "comsvcs", "scrobj", "\\\\",
                         "minidump", ".sct"});
    case Command::kTaskkill:
      return Any(words, {"msmpeng", "defender", "sqlservr", "veeam"});
    case Command::kIcacls:
      return (Any(words, {"everyone:"}) || HasArgument(words, {"/f"})) && AnyWindowsRoot(words);
    case Command::kNtdsutil:
      return Any(words, {"ifm", "ac i ntds", "activate instance", "ntds"});
    case Command::kProcdump:
      return Any(words, {"lsass"});
    case Command::kCipher:
      return HasArgumentStarting(words, {"/w:"});
    case Command::kDiskpart:
      return HasArgument(words, {"/s"}) || (one.simple().in.target.size() > 0);
    case Command::kTool:
      return one.grade != Grade::kProse && !words.empty();
    case Command::kXcopy:
      return Any(words, {"\\config\\sam", "ntds.dit", "harddiskvolumeshadowcopy"});
    default:
      return false;
  }
}

}  // namespace

void JudgeWindows(const Case& one, Sink& sink) {
  if (Attacks(one)) sink.Report(Rule::kWindows, one.begin(), one.line_end(), 0.9F);
}

}  // namespace axonflow::policy::shell
