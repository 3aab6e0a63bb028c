#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "settings/names.h"
#include "settings/settings.h"
#include "settings/value.h"
#include "settings/yaml_file.h"

namespace axonflow::settings {
namespace {

constexpr std::string_view kPrefix = "AXONFLOW_";
constexpr std::string_view kPlaceholderOrg = "local-dev-org";
constexpr std::size_t kShownBytesMax = 100;
constexpr std::size_t kOrgBytesMax = 128;

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Whatever the case: AxonFlow_Profile is a slip that must not go unnoticed.
bool HasOurPrefix(std::string_view name) {
  return name.size() >= kPrefix.size() &&
         std::equal(kPrefix.begin(), kPrefix.end(), name.begin(), [](char want, char got) {
           return want == (got >= 'a' && got <= 'z' ? static_cast<char>(got - 'a' + 'A') : got);
         });
}

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

// A value as an error message may show it: short and on one line.
std::string Shown(std::string_view text) {
  std::string shown = "\"";
  for (const char c : text.substr(0, kShownBytesMax)) {
    shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  return shown + (text.size() > kShownBytesMax ? "...\"" : "\"");
}

const Setting* FindVariable(std::string_view name) {
  for (const Setting& setting : Table()) {
    if (setting.variable == name) return &setting;
  }
  return nullptr;
}

const UnsupportedVariable* FindUnsupported(std::string_view name) {
  for (const UnsupportedVariable& variable : UnsupportedVariables()) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

const Setting* FindYamlKey(std::string_view key) {
  for (const Setting& setting : Table()) {
    if (!setting.yaml_key.empty() && setting.yaml_key == key) return &setting;
  }
  return nullptr;
}

std::string Suggestion(std::optional<std::string_view> nearest) {
  return nearest ? "; did you mean " + std::string(*nearest) + "?" : "";
}

bool IsNumericAddress(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, text.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), address.data()) == 1;
}

bool IsLoopback(std::string_view address) {
  return address.starts_with("127.") || address == "::1";
}

bool IsOrgName(std::string_view text) {
  return text.size() <= kOrgBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("._@:-").find(c) != std::string_view::npos;
         });
}

}  // namespace

// Collects values and every problem with them, so that an operator corrects all in one go.
class Loader {
 public:
  Result<Settings> Load(const std::map<std::string, std::string>& environment) {
    ReadEnvironment(environment);
    if (settings_.IsSet("AXONFLOW_CONFIG_FILE")) {
      ReadFile(settings_.String("AXONFLOW_CONFIG_FILE"));
    }
    // Rules that join several settings only make sense of values that are right by themselves.
    if (problems_.empty()) CheckTogether();
    if (problems_.empty()) {
      WarnOfWhatHasNoEffect();
      return std::move(settings_);
    }
    std::string message;
    for (const std::string& problem : problems_) {
      if (!message.empty()) message += '\n';
      message += problem;
    }
    return Error{ErrorCode::kInvalidArgument, std::move(message)};
  }

 private:
  void ReadEnvironment(const std::map<std::string, std::string>& environment) {
    for (const auto& [name, text] : environment) {
      if (const Setting* setting = FindVariable(name)) {
        Take(*setting, text, "env", name);
      } else if (Contains(VariablesWithoutEffect(), name)) {
        if (!text.empty()) without_effect_.push_back(name);
      } else if (const UnsupportedVariable* unsupported = FindUnsupported(name)) {
        Refuse(*unsupported, Trimmed(text));
      } else if (HasOurPrefix(name) && !Contains(ClientVariables(), name)) {
        const auto nearest = NearestVariable(Upper(name));
        problems_.push_back(name + " is not a known setting" + Suggestion(nearest));
      }
    }
  }

  // Never shows the value: some of these are keys.
  void Refuse(const UnsupportedVariable& variable, std::string_view text) {
    if (text.empty()) return;
    const std::string upper = Upper(text);
    for (const std::string_view harmless : variable.harmless) {
      if (upper == Upper(harmless)) return;
    }
    std::string way_out = ": unset it";
    if (!variable.harmless.empty())
      way_out += ", or set it to " + std::string(variable.harmless[0]);
    problems_.push_back(std::string(variable.name) + " is not supported in this version" + way_out);
  }

  // One line at start. A setting of the table counts from whichever source it came.
  void WarnOfWhatHasNoEffect() {
    for (const std::string_view inert : {"HIGH_RISK_ACTION"}) {
      if (settings_.IsSet(inert)) without_effect_.emplace_back(inert);
    }
    for (const std::string& group : ParseList(settings_.String("AXONFLOW_ENFORCE"))) {
      if (Upper(group) == "HIGH_RISK")
        without_effect_.emplace_back("high_risk of AXONFLOW_ENFORCE");
    }
    if (without_effect_.empty()) return;
    std::string names;
    for (const std::string& name : without_effect_) {
      names += (names.empty() ? "" : ", ") + name;
    }
    settings_.warnings_.push_back("These settings have no effect in this version: " + names);
  }

  void ReadFile(const std::string& file) {
    const auto pairs = ReadYamlFile(file);
    if (!pairs) {
      problems_.push_back("AXONFLOW_CONFIG_FILE=" + Shown(file) + ": " + pairs.error().message);
      return;
    }
    std::vector<std::string_view> keys;
    for (const Setting& setting : Table()) {
      if (!setting.yaml_key.empty()) keys.push_back(setting.yaml_key);
    }
    for (const auto& [key, text] : *pairs) {
      if (const Setting* setting = FindYamlKey(key)) {
        Take(*setting, text, "file", key + " in " + file);
      } else {
        problems_.push_back(key + " in " + file + " is not a known key" +
                            Suggestion(Nearest(key, keys)));
      }
    }
  }

  // Keeps `text` as the value of `setting` unless a stronger source gave one. An empty text is no
  // value: compose files set variables to nothing to say that they are unset. `where` names it in a
  // problem.
  void Take(const Setting& setting, std::string_view text, std::string_view source,
            const std::string& where) {
    const bool trims = setting.type == Type::kSecret || setting.variable == "ENVIRONMENT";
    if (trims) text = Trimmed(text);
    if (text.empty()) return;
    if (const auto complaint = Complaint(setting, text)) {
      std::string problem = where;
      if (setting.type != Type::kSecret) problem += "=" + Shown(text);
      problem += " " + *complaint;
      if (setting.type == Type::kEnum) problem += Suggestion(Nearest(text, setting.accepted));
      problems_.push_back(std::move(problem));
      return;
    }
    const bool secret = setting.type == Type::kSecret;
    const auto [entry, taken] = settings_.values_.try_emplace(
        std::string(setting.variable),
        Settings::Entry{secret ? std::string() : std::string(text), source});
    if (taken && secret) settings_.secrets_.try_emplace(entry->first, Secret(std::string(text)));
  }

  void CheckTogether() {
    const std::string org = settings_.String("ORG_ID");
    if (!IsOrgName(org)) {
      problems_.push_back("ORG_ID=" + Shown(org) +
                          " must be 1 to 128 characters of A-Z a-z 0-9 . _ @ : -");
    }
    if (settings_.String("DEPLOYMENT_KIND") == "production" && org == kPlaceholderOrg) {
      problems_.push_back("DEPLOYMENT_KIND=production needs an ORG_ID other than the placeholder " +
                          std::string(kPlaceholderOrg));
    }
    CheckAddress();
    for (const auto& [variable, secret] : settings_.secrets_) {
      if (IsSecretReference(secret.Reveal())) continue;
      if (const auto complaint = SecretComplaint(variable, secret.Reveal())) {
        problems_.push_back(variable + " " + *complaint);
      }
    }
    CheckStore();
  }

  void CheckStore() {
    if (!settings_.IsSet("DATABASE_URL")) {
      if (settings_.Bool("AXONFLOW_DB_USE_APP_ROLE")) {
        problems_.push_back(
            "AXONFLOW_DB_USE_APP_ROLE=\"true\" needs row-level security, which the embedded store "
            "does not have: unset it, or set DATABASE_URL");
      }
      for (const std::string_view url :
           {"AXONFLOW_DB_APP_ROLE_URL", "AXONFLOW_DB_PLATFORM_ADMIN_URL"}) {
        if (settings_.IsSet(url)) {
          problems_.push_back(std::string(url) + " needs DATABASE_URL, which is not set");
        }
      }
      return;
    }
    const Secret url = settings_.SecretOf("DATABASE_URL");
    const std::string_view text = url.Reveal();
    if (text.find("://") != std::string_view::npos && !text.starts_with("postgres://") &&
        !text.starts_with("postgresql://")) {
      problems_.push_back(
          "DATABASE_URL must begin with postgres:// or postgresql://; unset it to use the embedded "
          "store under AXONFLOW_DATA_DIR");
    }
  }

  void CheckAddress() {
    const std::string address = settings_.String("AXONFLOW_BIND_ADDRESS");
    if (address.empty()) return;
    if (!IsNumericAddress(address)) {
      problems_.push_back("AXONFLOW_BIND_ADDRESS=" + Shown(address) +
                          " must be a numeric IPv4 or IPv6 address");
    } else if (settings_.String("DEPLOYMENT_MODE") == "community" && !IsLoopback(address) &&
               !settings_.Bool("AXONFLOW_ALLOW_ANONYMOUS")) {
      problems_.push_back("AXONFLOW_BIND_ADDRESS=" + Shown(address) +
                          " lets other machines in without credentials, because DEPLOYMENT_MODE is "
                          "community: set AXONFLOW_ALLOW_ANONYMOUS=true if that is meant");
    }
  }

  Settings settings_;
  std::vector<std::string> problems_;
  std::vector<std::string> without_effect_;
};

Result<Settings> Settings::Load(const std::map<std::string, std::string>& environment) {
  return Loader().Load(environment);
}

}  // namespace axonflow::settings
