#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "policy/prompt/tokens.h"

namespace axonflow::policy::prompt {

inline constexpr unsigned kBucketBits = 17;
inline constexpr std::size_t kBuckets = std::size_t{1} << kBucketBits;
inline constexpr std::size_t kFeaturesPerToken = 4;

// The features that end at tokens[at]: the word, its beginning, the pair with the token before and
// the pair with the one before that. Each is a bucket of the model; training (tools/prompt_model)
// calls this same function. Returns how many of `buckets` were written, at most kFeaturesPerToken.
inline std::size_t FeaturesAt(std::span<const Token> tokens, std::size_t at,
                              std::uint32_t* buckets) {
  const auto bucket = [](std::uint32_t hash) {
    return (hash * 2'654'435'761U) >> (32U - kBucketBits);
  };
  const Token& token = tokens[at];
  std::size_t count = 0;
  buckets[count++] = bucket(token.word);
  if (at >= 1) {
    buckets[count++] = bucket((tokens[at - 1].prefix * 0x9E3779B1U) ^ token.prefix);
  }
  if (at >= 2) {
    buckets[count++] = bucket((tokens[at - 2].prefix * 0xC2B2AE35U + 0x165667B1U) ^ token.prefix);
  }
  // Last, so that whether it counts is no branch.
  buckets[count] = bucket(token.prefix + 0x5BD1E995U);
  return count + static_cast<std::size_t>(token.prefix != token.word);
}

}  // namespace axonflow::policy::prompt
