#include "secrets/reference.h"

#include <gtest/gtest.h>

namespace axonflow::secrets {
namespace {

TEST(Reference, ReadsEveryScheme) {
  struct Row {
    const char* text;
    Reference::Scheme scheme;
    const char *path, *field, *masked;
  };
  const Row rows[] = {
      {"env:MY_KEY_2", Reference::Scheme::kEnv, "MY_KEY_2", "", "env:MY_KEY_2"},
      {"file:/run/secrets/a b", Reference::Scheme::kFile, "/run/secrets/a b", "",
       "file:/run/secrets/a b"},
      {"file:/run/x.json#key", Reference::Scheme::kFile, "/run/x.json", "key",
       "file:/run/x.json#key"},
      {"vault:kv/apps/pay/openai#api-key", Reference::Scheme::kVault, "kv/apps/pay/openai",
       "api-key", "vault:***enai"},
      {"vault:a/b#c", Reference::Scheme::kVault, "a/b", "c", "vault:***"},
      {"aws-sm:prod/openai", Reference::Scheme::kAws, "prod/openai", "", "aws-sm:***enai"},
      {"aws-sm:arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf#k",
       Reference::Scheme::kAws, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf",
       "k", "aws-sm:***CdEf"},
  };
  for (const Row& row : rows) {
    ASSERT_TRUE(Reference::IsOne(row.text)) << row.text;
    const auto reference = Reference::Parse(row.text);
    ASSERT_TRUE(reference.ok()) << row.text;
    EXPECT_EQ(reference->scheme, row.scheme) << row.text;
    EXPECT_EQ(reference->path, row.path);
    EXPECT_EQ(reference->field, row.field);
    EXPECT_EQ(reference->Masked(), row.masked);
    EXPECT_EQ(reference->ToString(), row.text);
  }
}

TEST(Reference, RefusesWhatPointsElsewhereThanItSays) {
  for (const char* bad : {"env:",
                          "env:A-B",
                          "env:A B",
                          "env:A#b",
                          "file:",
                          "file:relative/path",
                          "file:/a\nb",
                          "file:/a#",
                          "vault:",
                          "vault:kv#field",
                          "vault:kv/path",
                          "vault:kv/../sys/seal#x",
                          "vault:kv/./x#y",
                          "vault:kv//x#y",
                          "vault:/kv/x#y",
                          "vault:kv/x/#y",
                          "vault:kv/x?y=z#f",
                          "vault:kv/%2e%2e/x#f",
                          "vault:kv/x#",
                          "aws-sm:",
                          "aws-sm:a b",
                          "aws-sm:a\"b",
                          "aws-sm:x#a b"}) {
    EXPECT_FALSE(Reference::Parse(bad).ok()) << bad;
  }
  EXPECT_FALSE(Reference::Parse("env:" + std::string(300, 'A')).ok());
  EXPECT_FALSE(Reference::Parse("file:/" + std::string(Reference::kBytesMax, 'a')).ok());
}

TEST(Reference, LeavesOrdinarySecretsAlone) {
  for (const char* text : {"", "sk-abc", "postgres://u:p@h/db", "environment", "file", "ENV:X",
                           "https://x", "vaulted:x", "aws:x"}) {
    EXPECT_FALSE(Reference::IsOne(text)) << text;
  }
}

}  // namespace
}  // namespace axonflow::secrets
