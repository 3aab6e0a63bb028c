#include "providers/price.h"

#include <gtest/gtest.h>

namespace axonflow::providers {
namespace {

TEST(PriceOf, TakesTheLongestNameThatBeginsTheModel) {
  EXPECT_DOUBLE_EQ(PriceOf("openai", "gpt-4o-mini-2024-07-18")->input_per_1k, 0.00015);
  EXPECT_DOUBLE_EQ(PriceOf("openai", "gpt-4o-2024-08-06")->input_per_1k, 0.0025);
  EXPECT_DOUBLE_EQ(PriceOf("anthropic", "claude-3-5-haiku-20241022")->output_per_1k, 0.004);
}

TEST(PriceOf, KnowsNoPriceOfAnUnknownModelAndNothingOfALocalOne) {
  EXPECT_FALSE(PriceOf("openai", "gpt-4omni"));
  EXPECT_FALSE(PriceOf("nobody", "gpt-4o"));
  EXPECT_DOUBLE_EQ(PriceOf("ollama", "llama3")->input_per_1k, 0);
}

TEST(CostOf, CountsInputAndOutputByTheirOwnPrice) {
  EXPECT_DOUBLE_EQ(*CostOf("openai", "gpt-4o", {1000, 500, false}), 0.0025 + 0.005);
  EXPECT_FALSE(CostOf("openai", "mystery", {1000, 500, false}));
}

TEST(UsageIn, ReadsBothProtocols) {
  const auto openai = UsageIn(R"({"usage":{"prompt_tokens":3,"completion_tokens":4}})");
  ASSERT_TRUE(openai);
  EXPECT_EQ(openai->prompt_tokens, 3);
  EXPECT_EQ(openai->completion_tokens, 4);
  const auto anthropic =
      UsageIn(R"({"type":"message_start","message":{"usage":{"input_tokens":5}}})");
  ASSERT_TRUE(anthropic);
  EXPECT_EQ(anthropic->prompt_tokens, 5);
  EXPECT_FALSE(UsageIn(R"({"usage":null})"));
  EXPECT_FALSE(UsageIn(R"({"usage":{"prompt_tokens":-1}})"));
}

}  // namespace
}  // namespace axonflow::providers
