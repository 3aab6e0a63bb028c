#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace axonflow::policy::secrets {

// One for each secrets policy of the catalogue. Names match the part after "secrets." in the YAML.
enum class Rule : std::uint8_t {
  kAwsKey,
  kAwsSecret,
  kGithubToken,
  kOpenaiKey,
  kAnthropicKey,
  kJwt,
  kPasswordAssign,  // a password as a literal of a program: password = "..."
  kGoogle,
  kAzure,
  kGitlab,
  kSlack,
  kPayment,        // Stripe, Square, Shopify, Plaid, ...
  kMessaging,      // Twilio, SendGrid, Mailgun, Mailchimp, Telegram, Discord, ...
  kAi,             // Hugging Face, Groq, Replicate, Perplexity, ...
  kRegistry,       // npm, PyPI, RubyGems, Docker Hub, ...
  kCloud,          // DigitalOcean, Heroku, Databricks, Alibaba, ...
  kObservability,  // New Relic, Sentry, Grafana, Dynatrace, ...
  kDevelopment,    // Atlassian, Linear, Notion, Vault, Doppler, Terraform, ...
  kLoginUrl,       // an address with user and password in it
  kNetrc,
  kEncryptionKey,  // a private key of age
  kProviderKey,    // stands beside each rule that is about a provider
  kAssigned,       // a name that says "secret", and a random value
  kCount,
};

inline constexpr std::size_t kRuleCount = static_cast<std::size_t>(Rule::kCount);

// "aws_key" -> Rule::kAwsKey; kCount for an unknown name. And back.
Rule ParseRule(std::string_view name);
std::string_view ToString(Rule rule);

struct Hit {
  Rule rule;
  std::uint32_t begin;  // byte range of the secret alone, without its name and quotes
  std::uint32_t end;
  float confidence;  // 0 to 1
};

// Upper bound of hits of one rule that are recorded; `truncated` says that one rule had more.
inline constexpr std::size_t kHitsPerRuleMax = 10'000;

struct Hits {
  std::vector<Hit> hits;  // ordered by begin
  bool truncated = false;
  void clear() {
    hits.clear();
    truncated = false;
  }
};

// Finds keys, tokens and logins in `text` (UTF-8 or any bytes): by the documented formats of their
// providers (prefix, length, alphabet, checksum), and by a telling name in front of a random value.
// Placeholders (`your-api-key`, `xxxx`, `<token>`, `${TOKEN}`) and the examples that providers
// document are no secrets. Linear in the text; nothing is allocated but the hits.
void Detect(std::string_view text, Hits& hits);

}  // namespace axonflow::policy::secrets
