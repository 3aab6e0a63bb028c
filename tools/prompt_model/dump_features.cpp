// Prints the features of texts for train.py, so that training and judging read a text alike.
// In: one text after the other, each a 32-bit little-endian length and its bytes. Out, for each
// text: the number of tokens, then for each token its bucket in the gate (all ones for none), its
// number of features and these, as 32-bit little-endian numbers.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "policy/prompt/features.h"
#include "policy/prompt/gate.h"
#include "policy/prompt/tokens.h"

int main() {
  namespace prompt = axonflow::policy::prompt;
  std::uint32_t size = 0;
  std::string text;
  std::vector<prompt::Token> tokens;
  std::vector<std::uint32_t> out;
  while (std::fread(&size, sizeof size, 1, stdin) == 1) {
    text.resize(size);
    if (size != 0 && std::fread(text.data(), 1, size, stdin) != size) return 1;
    tokens.clear();
    prompt::Tokenize(text, 0, tokens);
    out.assign(1, static_cast<std::uint32_t>(tokens.size()));
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      std::uint32_t buckets[prompt::kFeaturesPerToken];
      const std::size_t count = prompt::FeaturesAt(tokens, i, buckets);
      char start[8] = {};
      text.copy(start, sizeof start, tokens[i].begin);
      const bool gated = prompt::IsGateStart(text, tokens[i].begin);
      out.push_back(gated ? prompt::GateBucket(start) : prompt::kNoGate);
      out.push_back(static_cast<std::uint32_t>(count));
      out.insert(out.end(), buckets, buckets + count);
    }
    if (std::fwrite(out.data(), sizeof out[0], out.size(), stdout) != out.size()) return 1;
  }
  return 0;
}
