#include <array>

#include "policy/shell/case.h"

namespace axonflow::policy::shell {
namespace {

// What the words of a script say.
constexpr std::uint32_t kSocket = 1;  // it opens a connection
constexpr std::uint32_t kUse = 2;     // and makes something of it
constexpr std::uint32_t kStart = 4;   // it starts a shell
constexpr std::uint32_t kFetch = 8;
constexpr std::uint32_t kRun = 16;
constexpr std::uint32_t kRaise = 32;
constexpr std::uint32_t kRemove = 64;
constexpr TaggedWords kScriptWords(std::to_array<TaggedWord>({
    {"socket", kSocket},
    {"tcpsocket", kSocket},
    {"fsockopen", kSocket},
    {"sockopen", kSocket},
    {"/inet/tcp", kSocket},
    {"/dev/tcp", kSocket},
    {"tcpclient", kSocket},
    {"net.connect", kSocket},
    {"exec", kUse},
    {"connect", kUse},
    {"dup2", kUse},
    {"popen", kUse},
    {"getline", kUse},
    {"/bin/sh", kStart},
    {"/bin/bash", kStart},
    {"pty.spawn", kStart | kRaise},
    {"cmd.exe", kStart},
    {"'sh'", kStart},
    {"\"sh\"", kStart},
    {"\"bash\"", kStart},
    {"'bash'", kStart},
    {"urlopen", kFetch},
    {"urlretrieve", kFetch},
    {"requests.get", kFetch},
    {"http.get", kFetch},
    {"lwp::", kFetch},
    {"open-uri", kFetch},
    {"file_get_contents", kFetch},
    {"downloadstring", kFetch},
    {"exec(", kRun},
    {"eval(", kRun},
    {"system(", kRun},
    {"exec ", kRun},
    {"subprocess", kRun},
    {"os.system", kRun},
    {"eval ", kRun},
    {"setuid(0", kRaise},
    {"rmtree('/", kRemove},
    {"rmtree(\"/", kRemove},
}));

bool IsUrl(std::string_view value) { return value.find("://") != std::string_view::npos; }

std::string_view LastPart(std::string_view path) {
  path = path.substr(0, path.find('?'));
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

void JudgeShell(const Case& one, Sink& sink) {
  const auto arguments = one.arguments();
  const Simple& simple = one.simple();
  const bool socket_out =
      simple.out.target.starts_with("/dev/tcp/") || simple.out.target.starts_with("/dev/udp/");
  const bool interactive = HasLetter(arguments, 'i') && one.grade != Grade::kProse;
  if (socket_out || (interactive && (!simple.out.target.empty() || !simple.in.target.empty()))) {
    sink.Report(Rule::kRemoteShell, one.begin(), one.line_end(), 0.95F);
  }
  for (const Word& word : arguments) {
    const bool feeds = word.substitution && (ContainsIgnoringCase(word.value, "curl") ||
                                             ContainsIgnoringCase(word.value, "wget"));
    if (feeds) sink.Report(Rule::kDownloadRun, one.begin(), one.line_end(), 0.95F);
  }
}

void JudgeScript(const Case& one, Sink& sink) {
  for (const Word& word : one.arguments()) {
    const std::string_view code = word.value;
    if (code.size() < 8) continue;
    const std::uint32_t says = kScriptWords.TagsOf(code);
    if (says == 0) continue;
    if ((says & kSocket) != 0 && (says & (kStart | kUse)) != 0) {
      return sink.Report(Rule::kRemoteShell, one.begin(), one.line_end(), 0.95F);
    }
    if ((says & kFetch) != 0 && (says & kRun) != 0) {
      return sink.Report(Rule::kDownloadRun, one.begin(), one.line_end(), 0.9F);
    }
    if ((says & kStart) != 0 && (says & kRun) != 0) {
      return sink.Report(Rule::kPrivilege, one.begin(), one.line_end(), 0.8F);
    }
    if ((says & kRaise) != 0) {
      return sink.Report(Rule::kPrivilege, one.begin(), one.line_end(), 0.9F);
    }
    if ((says & kRemove) != 0) {
      return sink.Report(Rule::kDestructive, one.begin(), one.line_end(), 0.9F);
    }
  }
}

bool LineRuns(const Case& one, std::initializer_list<Command> wanted) {
  for (std::size_t i = 0; i < one.line->command_count; ++i) {
    const Command command = ResolveCommand(*one.line, i).command;
    if (i != one.index && std::find(wanted.begin(), wanted.end(), command) != wanted.end()) {
      return true;
    }
  }
  return false;
}

bool LooksLikePort(std::string_view value) {
  return value.size() >= 2 && value.size() <= 5 &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
}

void JudgeNetcat(const Case& one, Sink& sink) {
  const auto arguments = one.arguments();
  if (arguments.empty()) return;
  const bool port = std::any_of(arguments.begin(), arguments.end(), [](const Word& word) {
    return LooksLikePort(CleanPath(word.value));
  });
  const bool runs = HasLetter(arguments, 'e') || HasLetter(arguments, 'c') ||
                    HasArgument(arguments, {"--exec", "--sh-exec"});
  const bool names_shell =
      HasArgumentStarting(arguments, {"/bin/", "cmd", "sh", "bash", "powershell"});
  if ((runs && (port || names_shell)) || (port && HasLetter(arguments, 'l'))) {
    sink.Report(Rule::kRemoteShell, one.begin(), one.line_end(), 0.95F);
    return;
  }
  if (!port || HasLetter(arguments, 'z')) return;
  if (PipesIntoInterpreter(one) || LineRuns(one, {Command::kMkfifo})) {
    sink.Report(Rule::kRemoteShell, one.begin(), one.line_end(), 0.95F);
    return;
  }
  const Simple& simple = one.simple();
  if (!simple.in.target.empty() && IsSensitiveFile(simple.in.target)) {
    sink.Report(Rule::kExfiltration, one.begin(), one.line_end(), 0.9F);
  }
}

// wget URL; sh file: what was fetched runs later on the same line.
bool RunsWhatItFetched(const Case& one) {
  std::string_view fetched;
  std::string_view named;
  const auto arguments = one.arguments();
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto value = arguments[i].value;
    if (IsUrl(value)) fetched = LastPart(value);
    const bool output = value == "-o" || value == "-O" || value == "--output" ||
                        value == "--output-document" || value == "-qO" || value == "-sLo" ||
                        value == "-Lo" || value == "-so" || value == "-fsSLo";
    if (output && i + 1 < arguments.size()) named = LastPart(arguments[i + 1].value);
  }
  if (one.simple().out.out) named = LastPart(one.simple().out.target);
  if (named.empty() && fetched.empty()) return false;
  for (std::size_t i = one.index + 1; i < one.line->command_count; ++i) {
    const auto words = one.line->WordsOf(one.line->commands[i]);
    const Resolved resolved = ResolveCommand(*one.line, i);
    if (words.empty()) continue;
    const bool interpreter =
        resolved.command == Command::kShell || resolved.command == Command::kScript ||
        resolved.command == Command::kChmod || resolved.command == Command::kEval;
    const auto candidates =
        interpreter ? resolved.words : words.first(std::min<std::size_t>(2, words.size()));
    for (const Word& word : candidates) {
      const auto part = LastPart(word.value);
      if (!part.empty() && (part == named || part == fetched) &&
          (interpreter || word.value.starts_with("./") || word.value.starts_with("/"))) {
        return true;
      }
    }
  }
  return false;
}

void JudgeDownload(const Case& one, Sink& sink) {
  const auto arguments = one.arguments();
  if (arguments.empty()) return;
  if (PipesIntoInterpreter(one) || RunsWhatItFetched(one)) {
    sink.Report(Rule::kDownloadRun, one.begin(), one.line_end(), 0.95F);
  }
}

}  // namespace

void JudgeRunning(const Case& one, Sink& sink) {
  switch (one.command) {
    case Command::kShell:
      return JudgeShell(one, sink);
    case Command::kScript:
      return JudgeScript(one, sink);
    case Command::kNc:
      return JudgeNetcat(one, sink);
    case Command::kSocat:
      for (const Word& word : one.arguments()) {
        if (ContainsIgnoringCase(word.value, "exec:") ||
            ContainsIgnoringCase(word.value, "system:")) {
          return sink.Report(Rule::kRemoteShell, one.begin(), one.line_end(), 0.95F);
        }
      }
      return;
    case Command::kTelnet:
      if (PipesIntoInterpreter(one) || LineRuns(one, {Command::kMkfifo})) {
        sink.Report(Rule::kRemoteShell, one.begin(), one.line_end(), 0.95F);
      }
      return;
    case Command::kMkfifo:
      if (LineRuns(one, {Command::kNc, Command::kTelnet, Command::kDecode})) {
        sink.Report(Rule::kRemoteShell, one.begin(), one.line_end(), 0.95F);
      }
      return;
    case Command::kDownload:
      return JudgeDownload(one, sink);
    case Command::kEval:
      for (const Word& word : one.arguments()) {
        if (word.substitution && (ContainsIgnoringCase(word.value, "curl ") ||
                                  ContainsIgnoringCase(word.value, "wget "))) {
          return sink.Report(Rule::kDownloadRun, one.begin(), one.line_end(), 0.95F);
        }
      }
      return;
    default:
      return;
  }
}

}  // namespace axonflow::policy::shell
