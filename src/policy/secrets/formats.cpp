#include "policy/secrets/formats.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace axonflow::policy::secrets {
namespace {

constexpr std::uint16_t kLong = 4096;  // for values without a stated greatest length

bool AcceptJwt(std::string_view text, std::size_t& begin, std::size_t& end) {
  // Two or three parts; the signature of an unsecured token is empty.
  const auto token = text.substr(begin, end - begin);
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos || first < 10) return false;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || second - first < 8) return false;
  const std::size_t third = token.find('.', second + 1);
  if (third != std::string_view::npos) end = begin + third;
  return IsJwt(token);
}

// The three parts of a bot token of Discord: user number in base64, time, signature.
bool AcceptDiscord(std::string_view text, std::size_t& begin, std::size_t& end) {
  const auto token = text.substr(begin, end - begin);
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos || first < 23 || first > 28) return false;
  const std::size_t second = token.find('.', first + 1);
  if (second != first + 7) return false;
  const std::size_t signature = token.size() - second - 1;
  return signature >= 27 && signature <= 40;
}

bool AcceptDynatrace(std::string_view text, std::size_t& begin, std::size_t& end) {
  const auto token = text.substr(begin, end - begin);
  return token.size() > 31 && token[31] == '.';  // dt0c01. and 24 bytes, then the secret part
}

// SG.<22>.<43>
bool AcceptSendgrid(std::string_view text, std::size_t& begin, std::size_t& end) {
  const auto token = text.substr(begin + 3, end - begin - 3);
  const std::size_t dot = token.find('.');
  return dot != std::string_view::npos && dot >= 16 && token.size() - dot - 1 >= 16;
}

// The format names the data centre at the end, so it is found there and read backwards.
bool AcceptMailchimp(std::string_view text, std::size_t& begin, std::size_t& end) {
  constexpr std::size_t kKeyBytes = 32;
  if (begin <= kKeyBytes || text[begin - 1] != '-' || end - begin > 4) return false;
  const std::size_t key = begin - 1 - kKeyBytes;
  if (RunLength(text, key, kLowerHex, kKeyBytes) != kKeyBytes) return false;
  if (key > 0 && IsIn(text[key - 1], kWord)) return false;
  begin = key;
  return true;
}

bool AcceptTerraform(std::string_view text, std::size_t& begin, std::size_t& end) {
  constexpr std::size_t kNameBytes = 14;  // <14 letters and digits>.atlasv1.<60 to 70>
  (void)end;
  if (begin <= kNameBytes || text[begin - 1] != '.') return false;
  const std::size_t name = begin - 1 - kNameBytes;
  if (RunLength(text, name, kAlnum, kNameBytes) != kNameBytes) return false;
  begin = name;
  return true;
}

bool HasDigitAndLetter(std::string_view value) {
  return std::any_of(value.begin(), value.end(), [](char c) { return IsIn(c, kDigit); }) &&
         std::any_of(value.begin(), value.end(), [](char c) { return IsIn(c, kLetters); });
}

bool AcceptMixed(std::string_view text, std::size_t& begin, std::size_t& end) {
  return HasDigitAndLetter(text.substr(begin + 2, end - begin - 2));
}

// The last part of an address that is itself the secret: long enough to be random.
bool AcceptLongLastPart(std::string_view text, std::size_t& begin, std::size_t& end) {
  const auto address = text.substr(begin, end - begin);
  const std::size_t slash = address.rfind('/');
  return slash != std::string_view::npos && address.size() - slash - 1 >= 16;
}

bool AcceptDotted(std::string_view text, std::size_t& begin, std::size_t& end) {
  return text.substr(begin, end - begin).find('.', 4) != std::string_view::npos;
}

bool AcceptUuid(std::string_view text, std::size_t& begin, std::size_t& end) {
  const auto value = text.substr(begin, end - begin);
  if (value.size() < 36) return false;
  const auto uuid = value.substr(value.size() - 36);
  for (const std::size_t hyphen : {8U, 13U, 18U, 23U}) {
    if (uuid[hyphen] != '-') return false;
  }
  return true;
}

// "s." begins ordinary words too: old tokens of Vault are told by mixing cases and digits.
bool AcceptOldVault(std::string_view text, std::size_t& begin, std::size_t& end) {
  const auto value = text.substr(begin + 2, end - begin - 2);
  const bool upper =
      std::any_of(value.begin(), value.end(), [](char c) { return IsIn(c, kUpper); });
  const bool lower =
      std::any_of(value.begin(), value.end(), [](char c) { return IsIn(c, kLower); });
  return upper && lower && HasDigitAndLetter(value);
}

constexpr Format kFormats[] = {
    // Amazon
    {"AKIA", Rule::kAwsKey, 16, 16, kUpperAlnum, 25},
    {"ASIA", Rule::kAwsKey, 16, 16, kUpperAlnum, 25},
    {"ABIA", Rule::kAwsKey, 16, 16, kUpperAlnum, 25},
    {"ACCA", Rule::kAwsKey, 16, 16, kUpperAlnum, 25},
    {"A3T", Rule::kAwsKey, 17, 17, kUpperAlnum, 25},
    {"ABSK", Rule::kAwsSecret, 109, 269, kBase64, 35},
    {"bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t", Rule::kAwsSecret, 0, kLong, kBase64, 0},
    {"amzn.mws.", Rule::kAwsSecret, 36, 36, kHex | kHyphen, 30, AcceptUuid},
    // GitHub
    {"ghp_", Rule::kGithubToken, 36, 255, kAlnum, 30},
    {"gho_", Rule::kGithubToken, 36, 255, kAlnum, 30},
    {"ghu_", Rule::kGithubToken, 36, 255, kAlnum, 30},
    {"ghs_", Rule::kGithubToken, 36, 1024, kWord | kDot | kHyphen, 30},
    {"ghr_", Rule::kGithubToken, 36, 255, kAlnum, 30},
    {"github_pat_", Rule::kGithubToken, 36, 255, kWord, 30},
    // Anthropic before OpenAI: the longer prefix is tried first.
    {"sk-ant-", Rule::kAnthropicKey, 20, 255, kUrlSafe, 30},
    {"sk-", Rule::kOpenaiKey, 20, 255, kUrlSafe, 35, AcceptMixed},
    {"sk-proj-", Rule::kOpenaiKey, 20, 255, kUrlSafe, 30},
    {"sk-svcacct-", Rule::kOpenaiKey, 20, 255, kUrlSafe, 30},
    {"sk-admin-", Rule::kOpenaiKey, 20, 255, kUrlSafe, 30},
    // JSON web tokens; the run takes the dots along.
    {"eyJ", Rule::kJwt, 24, kLong, kDotted | kEquals, 30, AcceptJwt},
    // Google
    {"AIza", Rule::kGoogle, 35, 40, kUrlSafe, 30},
    {"ya29.", Rule::kGoogle, 20, kLong, kDotted, 30},
    {"GOCSPX-", Rule::kGoogle, 24, 36, kUrlSafe, 30},
    {"1//0", Rule::kGoogle, 38, 255, kUrlSafe, 30},
    // GitLab
    {"glpat-", Rule::kGitlab, 20, 320, kDotted, 28},
    {"gldt-", Rule::kGitlab, 20, 320, kDotted, 28},
    {"glrt-", Rule::kGitlab, 20, 320, kDotted, 28},
    {"glrtr-", Rule::kGitlab, 20, 320, kDotted, 28},
    {"glptt-", Rule::kGitlab, 20, 320, kUrlSafe, 28},
    {"glcbt-", Rule::kGitlab, 20, 320, kUrlSafe, 28},
    {"glimt-", Rule::kGitlab, 20, 320, kUrlSafe, 28},
    {"glft-", Rule::kGitlab, 20, 320, kUrlSafe, 28},
    {"glffct-", Rule::kGitlab, 20, 320, kUrlSafe, 28},
    {"glsoat-", Rule::kGitlab, 20, 320, kUrlSafe, 28},
    {"gloas-", Rule::kGitlab, 40, 320, kUrlSafe, 28},
    {"glagent-", Rule::kGitlab, 40, 320, kUrlSafe, 28},
    {"GR1348941", Rule::kGitlab, 20, 32, kUrlSafe, 28},
    {"_gitlab_session=", Rule::kGitlab, 32, 32, kAlnum, 28},
    // Slack
    {"xoxb-", Rule::kSlack, 10, 255, kAlnum | kHyphen, 25},
    {"xoxp-", Rule::kSlack, 10, 255, kAlnum | kHyphen, 25},
    {"xoxa-", Rule::kSlack, 10, 255, kAlnum | kHyphen, 25},
    {"xoxe-", Rule::kSlack, 10, 255, kAlnum | kHyphen, 25},
    {"xoxe.", Rule::kSlack, 10, 255, kAlnum | kHyphen, 25},
    {"xoxo-", Rule::kSlack, 10, 255, kAlnum | kHyphen, 25},
    {"xoxr-", Rule::kSlack, 10, 255, kAlnum | kHyphen, 25},
    {"xoxs-", Rule::kSlack, 10, 255, kAlnum | kHyphen, 25},
    {"xoxc-", Rule::kSlack, 10, 255, kAlnum | kHyphen, 25},
    {"xoxd-", Rule::kSlack, 10, 512, kAlnum | kHyphen | kPercent, 25},
    {"xapp-", Rule::kSlack, 20, 255, kAlnum | kHyphen, 25},
    {"hooks.slack.com/", Rule::kSlack, 40, 128, kUrlSafe | kPlusSlash, 30, AcceptLongLastPart},
    // Payment
    {"sk_live_", Rule::kPayment, 10, 255, kAlnum, 25},
    {"sk_test_", Rule::kPayment, 10, 255, kAlnum, 25},
    {"sk_prod_", Rule::kPayment, 10, 255, kAlnum, 25},
    {"rk_live_", Rule::kPayment, 10, 255, kAlnum, 25},
    {"rk_test_", Rule::kPayment, 10, 255, kAlnum, 25},
    {"rk_prod_", Rule::kPayment, 10, 255, kAlnum, 25},
    {"whsec_", Rule::kPayment, 24, 255, kBase64, 30},
    {"sq0atp-", Rule::kPayment, 22, 60, kUrlSafe, 28},
    {"sq0csp-", Rule::kPayment, 43, 60, kUrlSafe, 28},
    {"EAAA", Rule::kPayment, 60, 60, kUrlSafe | kPlusSlash | kEquals, 32},
    {"shpat_", Rule::kPayment, 32, 32, kHex, 25},
    {"shpca_", Rule::kPayment, 32, 32, kHex, 25},
    {"shppa_", Rule::kPayment, 32, 32, kHex, 25},
    {"shpss_", Rule::kPayment, 32, 32, kHex, 25},
    {"access-sandbox-", Rule::kPayment, 36, 36, kHex | kHyphen, 25, AcceptUuid},
    {"access-development-", Rule::kPayment, 36, 36, kHex | kHyphen, 25, AcceptUuid},
    {"access-production-", Rule::kPayment, 36, 36, kHex | kHyphen, 25, AcceptUuid},
    {"access_token$production$", Rule::kPayment, 40, 64, kLowerAlnum | kDigit, 0},
    {"FLWSECK_TEST-", Rule::kPayment, 12, 64, kAlnum | kHyphen, 20},
    {"FLWSECK-", Rule::kPayment, 12, 64, kAlnum | kHyphen, 20},
    {"FLWPUBK_TEST-", Rule::kPayment, 32, 64, kAlnum | kHyphen, 20},
    {"live_", Rule::kPayment, 35, 64, kUrlSafe | kEquals, 35, AcceptMixed},
    {"EZAK", Rule::kPayment, 54, 54, kAlnum, 30},
    {"EZTK", Rule::kPayment, 54, 54, kAlnum, 30},
    {"rzp_live_", Rule::kPayment, 14, 24, kAlnum, 25},
    {"rzp_test_", Rule::kPayment, 14, 24, kAlnum, 25},
    {"duffel_live_", Rule::kPayment, 40, 48, kUrlSafe | kEquals, 28},
    {"duffel_test_", Rule::kPayment, 40, 48, kUrlSafe | kEquals, 28},
    {"shippo_live_", Rule::kPayment, 40, 40, kHex, 20},
    {"shippo_test_", Rule::kPayment, 40, 40, kHex, 20},
    // Mail and messages
    {"SG.", Rule::kMessaging, 33, 90, kDotted, 30, AcceptSendgrid},
    {"SK", Rule::kMessaging, 32, 32, kLowerHex, 30},
    {"key-", Rule::kMessaging, 32, 32, kLowerHex, 28},
    {"pubkey-", Rule::kMessaging, 32, 32, kLowerHex, 28},
    {"us", Rule::kMessaging, 1, 2, kDigit, 0, AcceptMailchimp},
    {"md-", Rule::kMessaging, 22, 22, kUrlSafe, 35, AcceptMixed},
    {"xkeysib-", Rule::kMessaging, 64, 90, kAlnum | kHyphen, 25},
    {"xsmtpsib-", Rule::kMessaging, 64, 90, kAlnum | kHyphen, 25},
    {"discord.com/api/webhooks/", Rule::kMessaging, 70, 160, kUrlSafe | kPlusSlash, 30,
     AcceptLongLastPart},
    {"discordapp.com/api/webhooks/", Rule::kMessaging, 70, 160, kUrlSafe | kPlusSlash, 30,
     AcceptLongLastPart},
    {"MT", Rule::kMessaging, 55, 80, kDotted, 35, AcceptDiscord},
    {"Mj", Rule::kMessaging, 55, 80, kDotted, 35, AcceptDiscord},
    {"Mz", Rule::kMessaging, 55, 80, kDotted, 35, AcceptDiscord},
    {"ND", Rule::kMessaging, 55, 80, kDotted, 35, AcceptDiscord},
    {"NT", Rule::kMessaging, 55, 80, kDotted, 35, AcceptDiscord},
    {"Nj", Rule::kMessaging, 55, 80, kDotted, 35, AcceptDiscord},
    {"Nz", Rule::kMessaging, 55, 80, kDotted, 35, AcceptDiscord},
    {"OD", Rule::kMessaging, 55, 80, kDotted, 35, AcceptDiscord},
    {"OT", Rule::kMessaging, 55, 80, kDotted, 35, AcceptDiscord},
    {"webhook.office.com/webhookb2/", Rule::kMessaging, 60, 255, kUrlSafe | kPlusSlash | kTilde,
     28},
    {"EAAM", Rule::kMessaging, 100, 300, kAlnum, 30},
    {"EAAC", Rule::kMessaging, 100, 300, kAlnum, 30},
    {"AAAAAAAAAAAAAAAAAAAAA", Rule::kMessaging, 80, 120, kAlnum | kPercent | kPlusSlash, 30},
    {"EAACEdEose0cBA", Rule::kMessaging, 10, 300, kAlnum, 25},
    // Models
    {"hf_", Rule::kAi, 34, 40, kAlnum, 30},
    {"api_org_", Rule::kAi, 34, 34, kAlnum, 30},
    {"gsk_", Rule::kAi, 52, 52, kAlnum, 30},
    {"r8_", Rule::kAi, 37, 37, kAlnum, 30},
    {"pplx-", Rule::kAi, 40, 64, kAlnum, 30},
    {"xai-", Rule::kAi, 70, 90, kAlnum, 30},
    {"sk-or-v1-", Rule::kAi, 64, 64, kHex, 30},
    {"nvapi-", Rule::kAi, 60, 80, kUrlSafe, 30},
    {"csk-", Rule::kAi, 40, 64, kAlnum, 30},
    {"tvly-", Rule::kAi, 32, 48, kUrlSafe, 30},
    {"pcsk_", Rule::kAi, 60, 90, kWord, 30},
    {"lsv2_pt_", Rule::kAi, 32, 48, kWord, 28},
    {"lsv2_sk_", Rule::kAi, 32, 48, kWord, 28},
    {"esecret_", Rule::kAi, 30, 64, kAlnum, 30},
    // Package registries
    {"npm_", Rule::kRegistry, 36, 255, kAlnum, 30},
    {"pypi-AgE", Rule::kRegistry, 16, kLong, kUrlSafe, 30},
    {"rubygems_", Rule::kRegistry, 48, 48, kHex, 25},
    {"cio", Rule::kRegistry, 32, 32, kAlnum, 35, AcceptMixed},
    {"oy2", Rule::kRegistry, 43, 43, kLowerAlnum, 35},
    {"dckr_pat_", Rule::kRegistry, 27, 40, kUrlSafe, 28},
    {"dckr_oat_", Rule::kRegistry, 27, 40, kUrlSafe, 28},
    {"CLOJARS_", Rule::kRegistry, 60, 60, kAlnum, 20},
    {"packagist_", Rule::kRegistry, 60, 100, kWord, 28},
    {"AKCp", Rule::kRegistry, 69, 80, kAlnum, 35},
    {"cmVmdGtu", Rule::kRegistry, 56, 72, kAlnum, 35},
    // Clouds
    {"dop_v1_", Rule::kCloud, 64, 64, kHex, 0},
    {"doo_v1_", Rule::kCloud, 64, 64, kHex, 0},
    {"dor_v1_", Rule::kCloud, 64, 64, kHex, 0},
    {"HRKU-AA", Rule::kCloud, 50, 70, kUrlSafe, 30},
    {"nfp_", Rule::kCloud, 36, 40, kAlnum, 30},
    {"nfc_", Rule::kCloud, 36, 40, kAlnum, 30},
    {"vcp_", Rule::kCloud, 24, 80, kAlnum, 30},
    {"v1.0-", Rule::kCloud, 100, 200, kLowerHex | kHyphen, 30},
    {"cfat_", Rule::kCloud, 40, 64, kUrlSafe, 30},
    {"cfut_", Rule::kCloud, 40, 64, kUrlSafe, 30},
    {"fo1_", Rule::kCloud, 43, 43, kUrlSafe, 30},
    {"fm1", Rule::kCloud, 80, 500, kBase64 | kUnderscore, 35},
    {"fm2_", Rule::kCloud, 80, 800, kBase64, 35},
    {"dapi", Rule::kCloud, 32, 34, kLowerHex | kHyphen, 28},
    {"LTAI", Rule::kCloud, 12, 26, kAlnum, 30, AcceptMixed},
    {"AKID", Rule::kCloud, 32, 36, kAlnum, 32},
    {"AQVN", Rule::kCloud, 35, 38, kUrlSafe, 32},
    {"YC", Rule::kCloud, 38, 38, kUrlSafe, 38, AcceptMixed},
    {"t1.", Rule::kCloud, 60, 400, kDotted | kEquals, 35, AcceptDotted},
    {"SCW", Rule::kCloud, 17, 17, kUpperAlnum, 30, AcceptMixed},
    {"rnd_", Rule::kCloud, 24, 40, kAlnum, 30},
    {"sbp_", Rule::kCloud, 40, 44, kHex, 28},
    {"sb_secret_", Rule::kCloud, 24, 60, kUrlSafe, 28},
    {"napi_", Rule::kCloud, 50, 80, kAlnum, 30},
    {"pscale_tkn_", Rule::kCloud, 32, 64, kDotted | kEquals, 28},
    {"pscale_pw_", Rule::kCloud, 32, 64, kDotted | kEquals, 28},
    {"pscale_oauth_", Rule::kCloud, 32, 64, kDotted | kEquals, 28},
    {"4b1d", Rule::kCloud, 38, 38, kAlnum, 35},
    {"pul-", Rule::kCloud, 40, 40, kHex, 20},
    {"ico-", Rule::kCloud, 32, 32, kAlnum, 30},
    {"tk-us-", Rule::kCloud, 40, 48, kUrlSafe, 28},
    {"sha256~", Rule::kCloud, 43, 43, kUrlSafe, 30},
    {"cloudinary://", Rule::kCloud, 30, 160, kDotted | kColon, 30},
    // Observability
    {"NRAK-", Rule::kObservability, 27, 27, kUpperAlnum, 25},
    {"NRJS-", Rule::kObservability, 19, 19, kLowerAlnum, 25},
    {"NRII-", Rule::kObservability, 32, 32, kUrlSafe, 25},
    {"NRRA-", Rule::kObservability, 42, 42, kLowerHex, 25},
    {"sntrys_", Rule::kObservability, 60, kLong, kBase64 | kUrlSafe, 30},
    {"sntryu_", Rule::kObservability, 64, 64, kHex, 28},
    {"glsa_", Rule::kObservability, 41, 41, kWord, 28},
    {"glc_", Rule::kObservability, 32, 400, kBase64, 28},
    {"eyJrIjoi", Rule::kObservability, 60, 400, kBase64, 30},
    {"dt0c01.", Rule::kObservability, 80, 96, kUpperAlnum | kDot | kLower, 30, AcceptDynatrace},
    {"dt0s02.", Rule::kObservability, 40, 96, kUpperAlnum | kDot | kLower, 30},
    {"hcaik_", Rule::kObservability, 50, 70, kAlnum, 30},
    {"essu_", Rule::kObservability, 40, 200, kBase64, 30},
    {"phc_", Rule::kObservability, 40, 48, kAlnum, 30},
    {"phx_", Rule::kObservability, 40, 48, kAlnum, 30},
    {"sdk-", Rule::kObservability, 36, 36, kHex | kHyphen, 25, AcceptUuid},
    {"api-", Rule::kObservability, 36, 36, kHex | kHyphen, 25, AcceptUuid},
    // Tools of developers
    {"ATATT3", Rule::kDevelopment, 60, 400, kUrlSafe | kEquals, 30},
    {"ATCTT3", Rule::kDevelopment, 60, 400, kUrlSafe | kEquals, 30},
    {"ATBB", Rule::kDevelopment, 24, 40, kAlnum | kEquals, 32, AcceptMixed},
    {"lin_api_", Rule::kDevelopment, 32, 48, kAlnum, 28},
    {"lin_oauth_", Rule::kDevelopment, 32, 64, kAlnum, 28},
    {"ntn_", Rule::kDevelopment, 40, 50, kAlnum, 30},
    {"secret_", Rule::kDevelopment, 43, 43, kAlnum, 35},
    {"figd_", Rule::kDevelopment, 36, 64, kUrlSafe, 28},
    {"PMAK-", Rule::kDevelopment, 59, 59, kHex | kHyphen, 28},
    {"PMAT-", Rule::kDevelopment, 26, 26, kUpperAlnum, 28},
    {"dp.pt.", Rule::kDevelopment, 40, 48, kAlnum, 25},
    {"dp.st.", Rule::kDevelopment, 40, 96, kDotted, 25},
    {"dp.ct.", Rule::kDevelopment, 40, 48, kAlnum, 25},
    {"dp.sa.", Rule::kDevelopment, 40, 48, kAlnum, 25},
    {"dp.scim.", Rule::kDevelopment, 40, 48, kAlnum, 25},
    {"dp.audit.", Rule::kDevelopment, 40, 48, kAlnum, 25},
    {"hvs.", Rule::kDevelopment, 20, 320, kUrlSafe, 28},
    {"hvb.", Rule::kDevelopment, 20, 320, kUrlSafe, 28},
    {"hvr.", Rule::kDevelopment, 20, 320, kUrlSafe, 28},
    {"s.", Rule::kDevelopment, 24, 24, kAlnum, 35, AcceptOldVault},
    {"atlasv1.", Rule::kDevelopment, 60, 72, kUrlSafe | kEquals, 30, AcceptTerraform},
    {"pat", Rule::kDevelopment, 79, 79, kAlnum | kDot, 35, AcceptDotted},
    {"pat-na1-", Rule::kDevelopment, 36, 36, kHex | kHyphen, 25, AcceptUuid},
    {"pat-eu1-", Rule::kDevelopment, 36, 36, kHex | kHyphen, 25, AcceptUuid},
    {"pat.", Rule::kDevelopment, 60, 80, kDotted, 35, AcceptDotted},
    {"sat.", Rule::kDevelopment, 60, 80, kDotted, 35, AcceptDotted},
    {"pk.", Rule::kDevelopment, 80, 200, kDotted, 35, AcceptDotted},
    {"sk.eyJ", Rule::kDevelopment, 60, 200, kDotted, 35},
    {"rdme_", Rule::kDevelopment, 70, 70, kLowerAlnum, 25},
    {"pnu_", Rule::kDevelopment, 36, 36, kAlnum, 30},
    {"tfp_", Rule::kDevelopment, 44, 59, kDotted | kEquals, 28},
    {"b_", Rule::kDevelopment, 44, 44, kUrlSafe | kEquals, 35, AcceptMixed},
    {"p8e-", Rule::kDevelopment, 32, 32, kAlnum, 28},
    {"p8e", Rule::kDevelopment, 32, 33, kAlnum | kHyphen, 32},
    {"fio-u-", Rule::kDevelopment, 64, 64, kUrlSafe | kEquals, 28},
    {"CFPAT-", Rule::kDevelopment, 40, 48, kUrlSafe, 28},
    {"squ_", Rule::kDevelopment, 40, 40, kHex, 25},
    {"sqp_", Rule::kDevelopment, 40, 40, kHex, 25},
    {"sqa_", Rule::kDevelopment, 40, 40, kHex, 25},
    {"sgp_", Rule::kDevelopment, 40, 64, kHex | kUnderscore, 28},
    {"sgp_local_", Rule::kDevelopment, 40, 40, kHex, 25},
    {"slk_", Rule::kDevelopment, 64, 64, kHex, 25},
    {"API-", Rule::kDevelopment, 26, 32, kUpperAlnum, 28, AcceptMixed},
    {"ops_eyJ", Rule::kDevelopment, 200, kLong, kBase64, 35},
    {"A3-", Rule::kDevelopment, 36, 40, kUpperAlnum | kHyphen, 30},
    {"dnkey-", Rule::kDevelopment, 60, 100, kUrlSafe | kEquals, 28},
    {"sm_pat_", Rule::kDevelopment, 16, 16, kAlnum, 20},
    {"sm_aat_", Rule::kDevelopment, 16, 16, kAlnum, 20},
    {"sm_sat_", Rule::kDevelopment, 16, 16, kAlnum, 20},
    {"s-s4t2ud-", Rule::kDevelopment, 64, 64, kHex, 25},
    {"s-s4t2af-", Rule::kDevelopment, 64, 64, kHex, 25},
    {"u-s4t2ud-", Rule::kDevelopment, 64, 64, kHex, 25},
    {"u-s4t2af-", Rule::kDevelopment, 64, 64, kHex, 25},
    {"maxmind_", Rule::kDevelopment, 24, 60, kWord, 28},
    {"sl.", Rule::kDevelopment, 130, 200, kUrlSafe | kEquals, 35},
    {"sc_", Rule::kDevelopment, 40, 120, kDotted, 35, AcceptDotted},
    {"ext_", Rule::kDevelopment, 40, 120, kDotted, 35, AcceptDotted},
    {"scauth_", Rule::kDevelopment, 40, 120, kDotted, 35, AcceptDotted},
    {"authress_", Rule::kDevelopment, 40, 120, kDotted, 35, AcceptDotted},
    {"tskey-", Rule::kDevelopment, 24, 80, kAlnum | kHyphen, 28},
    {"ion_", Rule::kDevelopment, 42, 42, kAlnum, 35},
    {"bkua_", Rule::kDevelopment, 40, 40, kHex, 25},
    {"CCIPAT_", Rule::kDevelopment, 40, 80, kWord, 28},
    {"AGE-SECRET-KEY-1", Rule::kEncryptionKey, 58, 58, kUpperAlnum, 30},
};

constexpr std::size_t kKeyBytes = WordFilter::kKeyBytes;

// Beginnings of other words that the detector judges ("password" of .netrc, -u and --user of
// curl), so that one look tells all words that matter.
constexpr std::string_view kOtherWords[] = {"pas", "u ", "use"};

// The formats by their first three bytes. A prefix of two bytes is entered with every third byte
// that its alphabet allows.
class Index {
 public:
  Index() {
    for (const Format& format : kFormats) {
      char key[kKeyBytes] = {format.prefix[0], format.prefix[1], '\0'};
      if (format.prefix.size() >= kKeyBytes) {
        key[2] = format.prefix[2];
        Add(WordFilter::KeyOf(key), format);
        continue;
      }
      for (int c = 0; c < 256; ++c) {
        key[2] = static_cast<char>(c);
        if (IsIn(key[2], format.alphabet)) Add(WordFilter::KeyOf(key), format);
      }
    }
    for (const std::string_view word : kOtherWords) {
      for (int c = 0; c < 256; ++c) {
        const char key[kKeyBytes] = {word[0], word[1],
                                     word.size() > 2 ? word[2] : static_cast<char>(c)};
        filter_.Add(WordFilter::KeyOf(key));
      }
    }
    std::stable_sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
      return a.key != b.key ? a.key < b.key : a.format->prefix.size() > b.format->prefix.size();
    });
  }

  const WordFilter& filter() const { return filter_; }

  template <typename Try>
  void ForEach(std::uint32_t key, Try attempt) const {
    auto entry = std::lower_bound(entries_.begin(), entries_.end(), key,
                                  [](const Entry& e, std::uint32_t k) { return e.key < k; });
    for (; entry != entries_.end() && entry->key == key; ++entry) {
      if (attempt(*entry->format)) return;
    }
  }

 private:
  struct Entry {
    std::uint32_t key;
    const Format* format;
  };

  void Add(std::uint32_t key, const Format& format) {
    filter_.Add(key);
    entries_.push_back({key, &format});
  }

  WordFilter filter_;
  std::vector<Entry> entries_;
};

const Index& TheIndex() {
  static const Index index;
  return index;
}

// Documented examples end with EXAMPLE (as those of AWS do), or show a pattern of letters.
bool IsExample(std::string_view value) {
  return value.ends_with("EXAMPLE") || value.ends_with("example") || IsPlaceholder(value);
}

bool Fits(const Format& format, std::string_view text, std::size_t at, FormatMatch& match) {
  if (text.substr(at, format.prefix.size()) != format.prefix) return false;
  const std::size_t run_begin = at + format.prefix.size();
  const std::size_t length = RunLength(text, run_begin, format.alphabet, format.max + 1U);
  if (length < format.min || length > format.max) return false;
  std::size_t begin = at;
  std::size_t end = run_begin + length;
  // A dot or hyphen at the end belongs to the sentence.
  while (end > run_begin + format.min && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  if (end < text.size() && IsIn(text[end], kAlnum)) return false;
  if (format.accept != nullptr && !format.accept(text, begin, end)) return false;
  const auto run = text.substr(run_begin, end - run_begin);
  if (format.entropy_tenths > 0 &&
      (EntropyOf(run) * 10 < format.entropy_tenths || IsExample(run))) {
    return false;
  }
  match = {&format, begin, end, 0.9F};
  return true;
}

}  // namespace

const WordFilter& TheWordFilter() { return TheIndex().filter(); }

FormatMatch MatchFormat(std::string_view text, std::size_t at) {
  FormatMatch match;
  if (text.size() - at < kKeyBytes) return match;
  TheIndex().ForEach(WordFilter::KeyOf(text.data() + at),
                     [&](const Format& format) { return Fits(format, text, at, match); });
  if (match.format != nullptr && match.format->rule == Rule::kGithubToken) {
    // The checksum of a classic token makes chance all but impossible.
    const auto payload = text.substr(match.begin + 4, match.end - match.begin - 4);
    if (HasChecksum(payload)) match.confidence = 0.99F;
  }
  return match;
}

}  // namespace axonflow::policy::secrets
