#include "policy/prompt/prompt_detector.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "policy/prompt/gate.h"
#include "policy/prompt/model.h"
#include "policy/prompt/tokens.h"
#include "policy/prompt/words.h"

namespace axonflow::policy::prompt {
namespace {

constexpr std::array<std::string_view, kRuleCount> kNames = {"model", "obfuscated", "indirect"};
constexpr std::size_t kWidenBytesMax = 200;  // how far a hit is widened to the end of its sentence
// A hit that begins so far behind the beginning of its text stands inside a document.
constexpr std::size_t kDocumentBytesMin = 160;

constexpr std::array<bool, 256> kMayEndSentence = [] {
  std::array<bool, 256> ends{};
  for (const unsigned char c : std::string_view("\n.!?")) ends[c] = true;
  return ends;
}();

inline bool EndsSentence(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (!kMayEndSentence[static_cast<unsigned char>(c)]) return false;
  return c == '\n' || at + 1 >= text.size() || text[at + 1] == ' ' || text[at + 1] == '\n';
}

// Widens [begin, end) to whole sentences, so that redaction leaves no half of one.
void Widen(std::string_view text, std::uint32_t& begin, std::uint32_t& end) {
  const std::size_t least = begin - std::min<std::size_t>(begin, kWidenBytesMax);
  std::size_t first = begin;
  while (first > least && !EndsSentence(text, first - 1)) --first;
  while (first < begin && text[first] == ' ') ++first;
  const std::size_t most = std::min(text.size(), end + kWidenBytesMax);
  std::size_t last = end;
  while (last < most && !EndsSentence(text, last - 1)) ++last;
  begin = static_cast<std::uint32_t>(first);
  end = static_cast<std::uint32_t>(last);
}

float Confidence(float score) { return 1.0F / (1.0F + std::exp(-score)); }

// Collects hits and joins those that overlap.
class Collector {
 public:
  Collector(std::string_view text, Hits& hits) : text_(text), hits_(hits) {}

  void Add(Rule rule, std::uint32_t begin, std::uint32_t end, float score) {
    Widen(text_, begin, end);
    auto& last = last_[static_cast<std::size_t>(rule)];
    if (last != 0 && hits_.hits[last - 1].end >= begin) {
      Hit& hit = hits_.hits[last - 1];
      hit.end = std::max(hit.end, end);
      hit.confidence = std::max(hit.confidence, Confidence(score));
      return;
    }
    if (hits_.hits.size() >= kHitsPerRuleMax) {
      hits_.truncated = true;
      return;
    }
    hits_.hits.push_back({rule, begin, end, Confidence(score)});
    last = hits_.hits.size();
  }

 private:
  std::string_view text_;
  Hits& hits_;
  std::array<std::size_t, kRuleCount> last_{};  // one more than the index of the rule's last hit
};

struct Scratch {
  std::vector<Token> tokens;
  std::vector<Window> windows;
  std::vector<Stretch> stretches;
  std::vector<Rewritten> rewritten;
};

// Whether a short window that scored lies inside of windows[at], a long one: it says better where.
bool HasShorter(const std::vector<Window>& windows, std::size_t at) {
  const Window& window = windows[at];
  if (window.last - window.first <= kWindowTokens.back()) return false;
  const auto shorter = [&window](const Window& other) {
    return other.first >= window.first && other.last <= window.last &&
           other.last - other.first <= kWindowTokens.back();
  };
  // They are in the order of their beginnings, a few of them at most inside of one.
  for (std::size_t i = at; i-- > 0 && windows[i].first == window.first;) {
    if (shorter(windows[i])) return true;
  }
  for (std::size_t i = at + 1; i < windows.size() && windows[i].first < window.last; ++i) {
    if (shorter(windows[i])) return true;
  }
  return false;
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsBlank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

// Whether a window is made of words, as everything is that talks somebody into something; settings,
// addresses and code hold the same words between other signs. Scripts beyond ASCII pass.
bool ReadsLikeSpeech(std::string_view window) {
  std::size_t beyond = 0;
  std::size_t parts = 0;
  std::size_t words = 0;
  for (std::size_t at = 0; at < window.size();) {
    if (IsBlank(window[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    std::size_t others = 0;  // signs inside of the part
    bool letter_before = false;
    bool gap = false;
    for (; end < window.size() && !IsBlank(window[end]); ++end) {
      const bool high = static_cast<unsigned char>(window[end]) >= 0x80;
      const bool letter =
          IsLetter(window[end]) || high || window[end] == '\'' || window[end] == '-';
      beyond += high ? 1 : 0;
      if (letter && gap) ++others;
      gap = letter_before && !letter;
      letter_before = letter_before || letter;
      others += window[end] >= '0' && window[end] <= '9' ? 1 : 0;
    }
    ++parts;
    words += letter_before && others == 0 ? 1 : 0;
    at = end;
  }
  if (beyond * 4 >= window.size()) return true;
  return (words >= 4 && words * 5 >= parts * 3) || (words >= 3 && words * 10 >= parts * 9);
}

// A text that opens with an attack is one; otherwise what scores stands inside a document.
void ScoreStretch(std::string_view text, Stretch stretch, Scratch& scratch, bool& opened,
                  Collector& collector) {
  scratch.tokens.clear();
  scratch.windows.clear();
  Tokenize(text.substr(stretch.begin, stretch.end - stretch.begin), stretch.begin, scratch.tokens);
  ScoreWindows(Model::Get(), scratch.tokens, scratch.windows);
  for (std::size_t i = 0; i < scratch.windows.size(); ++i) {
    if (HasShorter(scratch.windows, i)) continue;
    const Window& window = scratch.windows[i];
    const std::uint32_t begin = scratch.tokens[window.first].begin;
    const std::uint32_t end = scratch.tokens[window.last - 1].end;
    if (!ReadsLikeSpeech(text.substr(begin, end - begin))) continue;
    opened = opened || begin < kDocumentBytesMin;
    collector.Add(opened ? Rule::kModel : Rule::kIndirect, begin, end, window.score);
  }
}

void ScoreRewritten(std::string_view text, Scratch& scratch, Collector& collector) {
  Rewrite(text, scratch.rewritten);
  for (const Rewritten& rewritten : scratch.rewritten) {
    scratch.tokens.clear();
    scratch.windows.clear();
    Tokenize(rewritten.text, 0, scratch.tokens);
    ScoreWindows(Model::Get(), scratch.tokens, scratch.windows);
    for (const Window& window : scratch.windows) {
      collector.Add(Rule::kObfuscated, rewritten.begin, rewritten.end, window.score);
    }
  }
}

}  // namespace

Rule ParseRule(std::string_view name) {
  const auto at = std::find(kNames.begin(), kNames.end(), name);
  return static_cast<Rule>(at - kNames.begin());
}

std::string_view ToString(Rule rule) {
  return rule < Rule::kCount ? kNames[static_cast<std::size_t>(rule)] : std::string_view();
}

void Detect(std::string_view text, Hits& hits) {
  hits.clear();
  thread_local Scratch scratch;
  Collector collector(text, hits);
  bool opened = false;
  if (text.size() <= kWholeBytesMax) {
    ScoreStretch(text, {0, static_cast<std::uint32_t>(text.size())}, scratch, opened, collector);
  } else {
    FindStretches(text, scratch.stretches);
    for (const Stretch& stretch : scratch.stretches) {
      ScoreStretch(text, stretch, scratch, opened, collector);
    }
  }
  ScoreRewritten(text, scratch, collector);
  std::stable_sort(hits.hits.begin(), hits.hits.end(),
                   [](const Hit& a, const Hit& b) { return a.begin < b.begin; });
}

}  // namespace axonflow::policy::prompt
