#include "governance/llm_price.h"

#include <gtest/gtest.h>

namespace axonflow::governance {
namespace {

TEST(EstimateCostUsd, UsesTheLongestKnownName) {
  EXPECT_DOUBLE_EQ(EstimateCostUsd("openai", "gpt-4", 1000), 0.03);
  EXPECT_DOUBLE_EQ(EstimateCostUsd("openai", "gpt-4-turbo", 1000), 0.01);
  EXPECT_DOUBLE_EQ(EstimateCostUsd("openai", "gpt-4-turbo-2024-04-09", 2000), 0.02);
  EXPECT_DOUBLE_EQ(EstimateCostUsd("anthropic", "claude-3-haiku-20240307", 1000), 0.00025);
}

TEST(EstimateCostUsd, CountsUnknownModelsAndNothingForLocalOnes) {
  EXPECT_DOUBLE_EQ(EstimateCostUsd("openai", "gpt-45", 1000), kUnknownPricePer1k);
  EXPECT_DOUBLE_EQ(EstimateCostUsd("elsewhere", "gpt-4", 1000), kUnknownPricePer1k);
  EXPECT_DOUBLE_EQ(EstimateCostUsd("ollama", "llama3", 1'000'000), 0);
}

}  // namespace
}  // namespace axonflow::governance
