#include "policy/dynamic/risk_score.h"

#include <gtest/gtest.h>

#include <string>

namespace axonflow::policy {
namespace {

TEST(RiskScore, AddsUpWhatStandsInTheText) {
  EXPECT_DOUBLE_EQ(RiskScore(false, "What is the weather?"), 0);
  EXPECT_DOUBLE_EQ(RiskScore(true, "What is the weather?"), 0.9);
  EXPECT_DOUBLE_EQ(RiskScore(false, "Select * from orders"), 0.3);
  EXPECT_DOUBLE_EQ(RiskScore(false, "my PASSWORD"), 0.7);
  EXPECT_DOUBLE_EQ(RiskScore(false, "select * from token"), 1.0);
  EXPECT_DOUBLE_EQ(RiskScore(true, "SELECT * FROM x WHERE key = secret"), 1.0);
}

TEST(RiskScore, CountsSecretWordsOnce) {
  EXPECT_DOUBLE_EQ(RiskScore(false, "password, secret, key, token"), 0.7);
}

TEST(RiskScore, TakesWholeWordsOnly) {
  for (const char* text : {"passwords", "a tokenizer", "api_key", "secrets", "monkey", "keyboard",
                           "key2", "2key", "ke y", "select*", "select  *", "selec"}) {
    EXPECT_DOUBLE_EQ(RiskScore(false, text), 0) << text;
  }
  for (const char* text : {"key", "a key", "key.", "api-key", "(token)", "\xC3\xA9key\xC3\xA9",
                           "monkey key", "Token"}) {
    EXPECT_DOUBLE_EQ(RiskScore(false, text), 0.7) << text;
  }
  EXPECT_DOUBLE_EQ(RiskScore(false, "preselect *"), 0.3);
}

}  // namespace
}  // namespace axonflow::policy
