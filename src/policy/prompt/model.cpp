#include "policy/prompt/model.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "policy/prompt/gate.h"

// The weights as the linker sees them: no reading at start, no second copy in memory.
__asm__(
    ".section .rodata\n"
    ".balign 64\n"
    ".hidden axonflow_prompt_weights\n"
    ".global axonflow_prompt_weights\n"
    "axonflow_prompt_weights:\n"
    ".incbin \"" AXONFLOW_PROMPT_WEIGHTS
    "\"\n"
    ".hidden axonflow_prompt_weights_end\n"
    ".global axonflow_prompt_weights_end\n"
    "axonflow_prompt_weights_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const char axonflow_prompt_weights[];
extern const char axonflow_prompt_weights_end[];
}

namespace axonflow::policy::prompt {
namespace {

static_assert(std::endian::native == std::endian::little, "weights.bin is little-endian");

constexpr std::string_view kMagic = "AXPROMPT";
// Magic, step, bias, threshold, weight that opens the gate, bytes of the vocabulary. Behind it
// the weights, the gate, the vocabulary.
constexpr std::size_t kHeaderBytes = 8 + 3 * sizeof(float) + 2 * sizeof(std::uint32_t);

template <typename Number>
Number Read(std::string_view file, std::size_t at) {
  Number number;
  std::memcpy(&number, file.data() + at, sizeof number);
  return number;
}

}  // namespace

const Model& Model::Get() {
  static const Model model(std::string_view(
      axonflow_prompt_weights,
      static_cast<std::size_t>(axonflow_prompt_weights_end - axonflow_prompt_weights)));
  return model;
}

Model::Model(std::string_view file) {
  if (file.size() < kHeaderBytes + kBuckets + kGateBuckets || !file.starts_with(kMagic))
    std::abort();
  step_ = Read<float>(file, 8);
  bias_ = Read<float>(file, 12);
  threshold_ = Read<float>(file, 16);
  gate_needed_ = Read<std::uint32_t>(file, 20);
  const auto words_bytes = Read<std::uint32_t>(file, 24);
  if (file.size() != kHeaderBytes + kBuckets + kGateBuckets + words_bytes) std::abort();
  weights_ = reinterpret_cast<const std::int8_t*>(file.data() + kHeaderBytes);
  gate_ = reinterpret_cast<const std::uint8_t*>(file.data() + kHeaderBytes + kBuckets);
  words_ = file.substr(kHeaderBytes + kBuckets + kGateBuckets);
}

float Model::Score(std::int32_t sum, std::size_t tokens) const {
  return bias_ + step_ * static_cast<float>(sum) / std::sqrt(static_cast<float>(tokens) + 4.0F);
}

std::int32_t Model::LeastSum(std::size_t tokens) const {
  const float sum = (threshold_ - bias_) / step_ * std::sqrt(static_cast<float>(tokens) + 4.0F);
  return static_cast<std::int32_t>(std::floor(sum)) - 1;  // rounding may take it below
}

void ScoreWindows(const Model& model, std::span<const Token> tokens, std::vector<Window>& windows) {
  if (tokens.empty()) return;
  thread_local std::vector<std::int32_t> sums;  // of the weights of all tokens before
  sums.resize(tokens.size() + 1);
  std::int32_t sum = 0;
  sums[0] = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) sums[i + 1] = sum += model.WeightAt(tokens, i);
  const auto look = [&](std::size_t first, std::size_t last) {
    const float score = model.Score(sums[last] - sums[first], last - first);
    if (score >= model.threshold()) windows.push_back({first, last, score});
  };
  for (const std::size_t size : kWindowTokens) {
    // Whole windows are told by their sums alone; few of them need their score.
    const std::int32_t least = model.LeastSum(size);
    std::size_t first = 0;
    for (; first + size < tokens.size(); first += size / 2) {
      if (sums[first + size] - sums[first] >= least) look(first, first + size);
    }
    look(first, tokens.size());
    if (tokens.size() <= kWindowTokens.back()) break;  // one window holds all
  }
  std::stable_sort(windows.begin(), windows.end(),
                   [](const Window& a, const Window& b) { return a.first < b.first; });
}

}  // namespace axonflow::policy::prompt
