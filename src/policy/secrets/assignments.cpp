#include "policy/secrets/assignments.h"

#include <algorithm>
#include <array>

#include "policy/secrets/values.h"

namespace axonflow::policy::secrets {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kValueBytesMax = 512;
constexpr std::size_t kGapBytesMax = 8;  // blanks between name, sign and value

constexpr Alphabet kNameBytes = kAlnum | kUnderscore | kHyphen | kDot;
// A value without quotes ends where none of these goes on.
constexpr Alphabet kValueBytes =
    kAlnum | kUnderscore | kHyphen | kDot | kPlusSlash | kEquals | kTilde | kColon | kPercent;

// A name in lower case without '_', '-' and '.', so that "API_KEY", "apiKey" and "api-key" are one.
struct Name {
  std::array<char, kNameBytesMax> bytes{};
  std::size_t size = 0;
  std::string_view view() const { return {bytes.data(), size}; }
  bool Has(std::string_view word) const { return view().find(word) != std::string_view::npos; }
};

bool IsBlank(char c) { return c == ' ' || c == '\t'; }
bool IsQuote(char c) { return c == '"' || c == '\'' || c == '`'; }

// Words that stand between a name and its value: a type, or the second attribute of
// <add key="NAME" value="...">.
bool IsFiller(std::string_view word) {
  return word == "value" || word == "str" || word == "string" || word == "String";
}

// The name that ends before `at`, over blanks, quotes and closing brackets.
Name NameBefore(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  std::size_t end = at;
  for (int words = 0; words < 2; ++words) {
    end = begin;
    for (std::size_t i = 0; i < kGapBytesMax && end > 0; ++i) {
      const char c = text[end - 1];
      const bool line_break = words > 0 && (c == '\n' || c == '\r');
      if (!IsBlank(c) && !IsQuote(c) && !line_break && c != '\\' && c != ']' && c != ':') break;
      --end;
    }
    begin = end;
    while (begin > 0 && end - begin < kNameBytesMax && IsIn(text[begin - 1], kNameBytes)) --begin;
    if (!IsFiller(text.substr(begin, end - begin))) break;
  }
  Name name;
  for (std::size_t i = begin; i < end; ++i) {
    const char c = text[i];
    if (!IsIn(c, kAlnum)) continue;
    name.bytes[name.size++] = IsIn(c, kUpper) ? static_cast<char>(c | 0x20) : c;
  }
  return name;
}

struct Value {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool quoted = false;
};

// The value behind the sign at `at`: to its closing quote on the same line, else as long as the
// bytes of tokens go on.
Value ValueBehind(std::string_view text, std::size_t at) {
  std::size_t begin = at + 1;
  while (begin < text.size() && (text[begin] == '=' || text[begin] == '>')) ++begin;
  for (std::size_t i = 0; i < kGapBytesMax && begin < text.size() && IsBlank(text[begin]); ++i) {
    ++begin;
  }
  if (begin < text.size() && text[begin] == '\\') ++begin;
  if (begin >= text.size()) return {};
  const std::size_t limit = std::min(text.size(), begin + kValueBytesMax);
  if (IsQuote(text[begin])) {
    const char quote = text[begin++];
    std::size_t end = begin;
    while (end < limit && text[end] != quote && text[end] != '\n' && text[end] != '\\') ++end;
    if (end >= limit || text[end] == '\n') return {};
    return {begin, end, true};
  }
  const std::size_t end = begin + RunLength(text, begin, kValueBytes, kValueBytesMax);
  // A call, an index or a path of names is code that fetches a value, not the value.
  if (end < text.size() && (text[end] == '(' || text[end] == '[' || text[end] == '{')) return {};
  return {begin, end, false};
}

bool IsAll(std::string_view value, Alphabet alphabet) {
  return RunLength(value, 0, alphabet, value.size()) == value.size();
}

bool Has(std::string_view value, Alphabet alphabet) {
  return std::any_of(value.begin(), value.end(), [&](char c) { return IsIn(c, alphabet); });
}

// Names that hold a public half or a count, whatever other word they hold.
constexpr std::string_view kHarmlessWords[] = {
    "publickey", "public",  "primarykey", "foreignkey",  "keyword",   "tokenizer", "tokens",
    "maxtoken",  "keyid",   "monkey",     "keyboard",    "hotkey",    "cachekey",  "partitionkey",
    "sortkey",   "keyname", "keypath",    "keyfile",     "tokentype", "hash",      "checksum",
    "uri",       "url",     "author",     "passage",     "compass",   "keyvault",  "secretname",
    "keyalias",  "expires", "keysize",    "fingerprint",
};

constexpr std::string_view kSecretWords[] = {
    "secret",     "token", "passw",      "apikey", "credential", "auth",   "accesskey",
    "privatekey", "key",   "passphrase", "pwd",    "creds",      "apipass"};

bool SaysSecret(const Name& name) {
  const auto view = name.view();
  if (view.size() < 3) return false;
  const bool said = std::any_of(std::begin(kSecretWords), std::end(kSecretWords),
                                [&](std::string_view word) { return name.Has(word); });
  if (!said) return false;
  return std::none_of(std::begin(kHarmlessWords), std::end(kHarmlessWords),
                      [&](std::string_view word) { return name.Has(word); });
}

// Whether a value looks drawn at random: letters and digits mixed, and many different ones.
bool LooksRandom(std::string_view value) {
  if (value.size() < 10 || !Has(value, kDigit) || !Has(value, kLetters)) return false;
  const double entropy = EntropyOf(value);
  if (IsAll(value, kHex | kHyphen)) return value.size() >= 16 && entropy >= 2.9;
  return entropy >= (value.size() < 20 ? 3.1 : 3.5);
}

// A constant or variable of a program, with the few digits that names have.
bool LooksLikeName(std::string_view value) {
  const auto digits =
      std::count_if(value.begin(), value.end(), [](char c) { return IsIn(c, kDigit); });
  return digits <= 6 && (IsAll(value, kUpperAlnum | kUnderscore) ||
                         IsAll(value, kLowerAlnum | kUnderscore | kDot));
}

// Numbers with units, versions, paths, addresses and dates are no secrets.
bool LooksOrdinary(std::string_view value, bool quoted) {
  if (value.find("://") != std::string_view::npos || value.find(' ') != std::string_view::npos) {
    return true;
  }
  if (value.starts_with("/") || value.starts_with("./") || value.starts_with("~/")) return true;
  const auto slashes = std::count(value.begin(), value.end(), '/');
  const auto dots = std::count(value.begin(), value.end(), '.');
  if (slashes > 3 && value.size() < 40) return true;
  if (dots > 0 && !Has(value, kDigit)) return true;
  if (!quoted && value.find('_') != std::string_view::npos && LooksLikeName(value)) return true;
  return value.starts_with("arn:") || value.starts_with("projects/");
}

bool IsAwsSecret(const Name& name, std::string_view value) {
  return value.size() == 40 && IsAll(value, kBase64) && EntropyOf(value) >= 3.8 &&
         (name.Has("secret") || name.Has("aws")) && Has(value, kDigit) && Has(value, kUpper) &&
         Has(value, kLower);
}

// A password as a literal of a program or a settings file.
bool IsPasswordLiteral(const Name& name, const Value& place, std::string_view value) {
  const auto view = name.view();
  const bool password = view.ends_with("password") || view.ends_with("passwd") ||
                        view.ends_with("pwd") || view.ends_with("passphrase") || view == "pass" ||
                        view.ends_with("dbpass");
  return password && place.quoted && value.size() >= 4 && value.size() <= 128 &&
         value.find_first_of(" <>{}$\n") == std::string_view::npos && !value.ends_with(":");
}

// Keys of Azure: in a connection string, 86 or 43 bytes of base64 with their padding.
bool IsAzureKey(const Name& name, std::string_view value) {
  if (value.size() == 88 && value.ends_with("=="))
    return name.Has("accountkey") || name.Has("azure");
  return value.size() == 44 && value.ends_with("=") &&
         (name.Has("sharedaccesskey") || name.Has("azure") || name.Has("primarykey"));
}

Rule RuleOf(const Name& name, const Value& place, std::string_view value) {
  if (IsAzureKey(name, value)) return Rule::kAzure;
  if (name.view() == "sig" && value.size() >= 43 && Has(value, kPercent | kEquals) &&
      LooksRandom(value)) {
    return Rule::kAzure;  // the signature of a shared access address
  }
  if (IsAwsSecret(name, value)) return Rule::kAwsSecret;
  if (!SaysSecret(name)) return Rule::kCount;
  if (IsPasswordLiteral(name, place, value)) return Rule::kPasswordAssign;
  if (LooksRandom(value) && !LooksOrdinary(value, place.quoted)) return Rule::kAssigned;
  return Rule::kCount;
}

}  // namespace

Assignment JudgeAssignment(std::string_view text, std::size_t at) {
  if (at + 4 >= text.size() || at < 3) return {};
  // Arguments of a call: ("name", "value") and setName("value").
  if (text[at] == ',' && !IsQuote(text[at - 1])) return {};
  if (text[at] == '(' && !IsQuote(text[at + 1])) return {};
  const Name name = NameBefore(text, at);
  if (name.size < 3) return {};
  if (name.view() != "sig" && !name.Has("aws") && !name.Has("azure") && !SaysSecret(name)) {
    return {};
  }
  const Value place = ValueBehind(text, at);
  if (place.end - place.begin < 4) return {};
  auto value = text.substr(place.begin, place.end - place.begin);
  std::size_t end = place.end;
  if (!place.quoted) {
    while (!value.empty() && (value.back() == '.' || value.back() == ':')) {
      value.remove_suffix(1);
      --end;
    }
  }
  const bool argument = text[at] == ',' || text[at] == '(';
  const Rule rule = RuleOf(name, place, value);
  if (argument && (!place.quoted || rule == Rule::kPasswordAssign)) return {};
  if (rule == Rule::kCount || IsPlaceholder(value) || value.ends_with("EXAMPLEKEY")) return {};
  return {true, rule, place.begin, end, rule == Rule::kAssigned ? 0.7F : 0.85F};
}

}  // namespace axonflow::policy::secrets
