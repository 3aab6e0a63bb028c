#include <array>

#include "policy/shell/case.h"

namespace axonflow::policy::shell {
namespace {

constexpr std::uint32_t kDecode = 1;
constexpr std::uint32_t kEvaluate = 2;
constexpr TaggedWords kScriptWords(std::to_array<TaggedWord>({
    {"b64decode", kDecode},
    {"base64_decode", kDecode},
    {"fromhex", kDecode},
    {"exec", kEvaluate},
    {"eval", kEvaluate},
}));

bool Decodes(const Case& one) {
  const auto words = one.arguments();
  const auto name = one.words.front().value;
  if (EqualsIgnoringCase(name, "rev")) return true;
  if (EqualsIgnoringCase(name, "xxd")) return HasLetter(words, 'r');
  if (EqualsIgnoringCase(name, "openssl")) {
    return HasArgument(words, {"s_client"}) || HasArgument(words, {"-d"});
  }
  return HasArgument(words, {"-d", "-D", "--decode", "-di", "-id", "-dw0"});
}

bool HoldsDecoder(std::string_view value) {
  // Each of them has a blank or a '<' in it, which few words have.
  if (value.find(' ') == std::string_view::npos && value.find('<') == std::string_view::npos) {
    return false;
  }
  return ContainsIgnoringCase(value, "base64 -d") ||
         ContainsIgnoringCase(value, "base64 --decode") ||
         ContainsIgnoringCase(value, "base64 -D") || ContainsIgnoringCase(value, "xxd -r") ||
         ContainsIgnoringCase(value, "rev<<<") || ContainsIgnoringCase(value, "rev <<<") ||
         ContainsIgnoringCase(value, "| rev");
}

bool PrintsCodes(std::span<const Word> words) {
  return std::any_of(words.begin(), words.end(), [](const Word& word) {
    std::size_t codes = 0;
    for (std::size_t at = word.value.find("\\x"); at != std::string_view::npos && codes < 4;
         at = word.value.find("\\x", at + 2)) {
      ++codes;
    }
    return codes >= 3;
  });
}

}  // namespace

void JudgeObfuscation(const Case& one, Sink& sink) {
  const auto words = one.arguments();
  const bool ifs = one.simple().ifs && !words.empty() && one.command != Command::kUnset &&
                   one.command != Command::kPrefix;
  bool hidden = ifs;
  if (one.command == Command::kDecode) {
    if (PipesIntoInterpreter(one) && Decodes(one)) hidden = true;
    const bool client = HasArgument(words, {"s_client"});
    if (client && PipesIntoInterpreter(one)) {
      return sink.Report(Rule::kRemoteShell, one.begin(), one.line_end(), 0.95F);
    }
  }
  if (one.command == Command::kEcho)
    hidden = hidden || (PrintsCodes(words) && PipesIntoInterpreter(one));
  if (one.command == Command::kEval || one.command == Command::kShell) {
    for (const Word& word : words) hidden = hidden || HoldsDecoder(word.value);
    hidden = hidden || HoldsDecoder(one.simple().in.target);
  }
  if (one.command == Command::kScript) {
    for (const Word& word : words) {
      // A shorter word holds no decoder.
      if (word.value.size() < 7) continue;
      hidden = hidden || kScriptWords.TagsOf(word.value) == (kDecode | kEvaluate);
    }
  }
  if (hidden) sink.Report(Rule::kObfuscated, one.begin(), one.line_end(), 0.9F);
}

}  // namespace axonflow::policy::shell
