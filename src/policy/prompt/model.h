#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "policy/prompt/features.h"
#include "policy/prompt/tokens.h"

namespace axonflow::policy::prompt {

// A linear model over hashed words and pairs of words (features.h), trained by tools/prompt_model.
// A window's score is its bias plus the sum of the weights of its features over the square root of
// its length; above zero it reads more like an attack than not.
class Model {
 public:
  // The model in the binary (tools/prompt_model/weights.bin). The file is part of the build; one
  // that does not have this layout is a defect of the build and ends the program.
  static const Model& Get();

  float threshold() const { return threshold_; }     // from here on a window is reported
  std::string_view words() const { return words_; }  // vocabulary, one word a line, commonest first

  const std::uint8_t* gate() const { return gate_; }     // kGateBuckets weights, see gate.h
  unsigned gate_needed() const { return gate_needed_; }  // the sum of them that opens a stretch

  // Sum of the weights of the features that end at tokens[at].
  std::int32_t WeightAt(std::span<const Token> tokens, std::size_t at) const {
    std::uint32_t buckets[kFeaturesPerToken];
    const std::size_t count = FeaturesAt(tokens, at, buckets);
    if (at >= 2) {  // all but the first tokens, without a branch
      const std::int32_t last = weights_[buckets[3]] * static_cast<std::int32_t>(count - 3);
      return weights_[buckets[0]] + weights_[buckets[1]] + weights_[buckets[2]] + last;
    }
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) sum += weights_[buckets[i]];
    return sum;
  }

  // Score of a window of `tokens` whose weights add up to `sum`.
  float Score(std::int32_t sum, std::size_t tokens) const;

  // No window of `tokens` whose weights add up to less than this reaches the threshold.
  std::int32_t LeastSum(std::size_t tokens) const;

 private:
  explicit Model(std::string_view file);

  const std::int8_t* weights_ = nullptr;  // kBuckets of them
  const std::uint8_t* gate_ = nullptr;
  unsigned gate_needed_ = 0;
  float step_ = 0;  // what a weight of one stands for
  float bias_ = 0;
  float threshold_ = 0;
  std::string_view words_;
};

// Windows have so many tokens and begin half of them apart; the last one ends with the text. The
// long ones see what a persona is made of, the short ones a single sentence in a document.
inline constexpr std::array<std::size_t, 2> kWindowTokens = {48, 16};

// A window that scored, as a range of tokens.
struct Window {
  std::size_t first = 0;
  std::size_t last = 0;  // one past
  float score = 0;
};

// Appends the windows of `tokens` that reach the threshold, by their beginnings. Linear in the
// tokens.
void ScoreWindows(const Model& model, std::span<const Token> tokens, std::vector<Window>& windows);

}  // namespace axonflow::policy::prompt
