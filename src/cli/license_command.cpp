#include "cli/license_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <optional>
#include <tuple>

#include "base/crypto.h"
#include "base/file.h"
#include "base/json_writer.h"
#include "cli/node.h"
#include "identity/licence.h"
#include "identity/licence_revocations.h"
#include "settings/settings.h"

namespace axonflow::cli {
namespace {

using identity::Ed25519Signer;
using identity::Licence;
using identity::LicenceKeys;
using identity::LicenceRevocations;
using identity::LicenceVerdict;

constexpr std::size_t kKeyFileBytesMax = 16 * 1024;
constexpr std::size_t kKeyIdDigits = 8;

Error Invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

std::string PublicKeyText(const std::string& id, const Ed25519Signer& signer) {
  const auto& key = signer.public_key();
  return id + ":" +
         Base64Encode(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()));
}

// Never over a file that is there: a lost signing key cannot be made again.
Status WritePrivately(const std::string& file, std::string_view text) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    const auto code = errno == EEXIST ? ErrorCode::kConflict : ErrorCode::kUnavailable;
    return Error{code, file + ": " + std::strerror(errno)};
  }
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  const bool closed = ::close(fd) == 0;
  if (written && closed) return {};
  ::unlink(file.c_str());
  return Error{ErrorCode::kUnavailable, file + ": cannot be written"};
}

Result<Ed25519Signer> LoadSigner(const std::string& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) {
    return Error{ErrorCode::kUnavailable, file + ": " + std::strerror(errno)};
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{ErrorCode::kPermissionDenied,
                 file + ": is open to other users; make it private with: chmod 600"};
  }
  auto text = ReadFile(file, kKeyFileBytesMax);
  if (!text) return text.error();
  auto signer = Ed25519Signer::FromPem(Secret(*text));
  OPENSSL_cleanse(text->data(), text->size());
  if (!signer) return Error{signer.error().code, file + ": " + signer.error().message};
  return signer;
}

Result<std::pair<std::string, std::int64_t>> ParseLimit(const std::string& text) {
  const std::size_t equals = text.find('=');
  std::int64_t value = 0;
  if (equals != std::string::npos && equals > 0) {
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + equals + 1, end, value);
    if (read.ec == std::errc() && read.ptr == end) return std::pair{text.substr(0, equals), value};
  }
  return Invalid("--limit takes NAME=NUMBER, not \"" + ForTerminal(text) + "\"");
}

Result<Licence> LicenceOf(const LicenseIssueOptions& options, Time today) {
  Licence licence;
  const auto tier = identity::ParseLicenceTier(options.tier);
  if (!tier) return Invalid("--tier is Evaluation, Professional, Enterprise or Plus");
  const auto audience = identity::ParseLicenceAudience(options.audience);
  if (!audience || options.audience.empty()) {
    return Invalid("--audience is axonflow.{saas|self_hosted}.{plugin|sdk|full}");
  }
  licence.tier = *tier;
  std::tie(licence.realm, licence.scope) = *audience;
  licence.org = OrgId(options.org);
  licence.tenant = TenantId(options.tenant);
  licence.id = options.id.empty() ? "lic-" + NewUuid() : options.id;
  licence.service_name = options.service_name;
  licence.service_type = options.service_type;
  licence.email = options.email;
  licence.email2 = options.email2;
  licence.deployment_id = options.deployment_id;
  licence.permissions = options.permissions;
  for (const std::string& text : options.limits) {
    auto limit = ParseLimit(text);
    if (!limit) return limit.error();
    licence.limits.push_back(std::move(*limit));
  }
  licence.issued_at = today;
  licence.expires_at = today + std::chrono::days(options.days);
  if (!options.expires.empty()) {
    const auto day = identity::ParseLicenceDay(options.expires);
    if (!day) return Invalid("--expires takes a day written as YYYYMMDD");
    licence.expires_at = *day;
  }
  if (const Status checked = identity::CheckLicence(licence); !checked) return checked.error();
  return licence;
}

void WriteLicence(JsonWriter& json, const Licence& licence) {
  json.Field("id", licence.id)
      .Field("tier", identity::ToString(licence.tier))
      .Field("org_id", licence.org.str())
      .Field("tenant_id", licence.tenant.str())
      .Field("audience", identity::ToString(licence.realm, licence.scope))
      .Field("expires_at", identity::FormatLicenceDay(licence.expires_at));
  if (licence.issued_at) {
    json.Field("issued_at", identity::FormatLicenceDay(*licence.issued_at));
  }
  json.Field("service_name", licence.service_name).Field("service_type", licence.service_type);
  json.Field("email", licence.email).Field("email2", licence.email2);
  json.Field("deployment_id", licence.deployment_id).Key("permissions").BeginArray();
  for (const std::string& permission : licence.permissions) json.String(permission);
  json.EndArray().Key("limits").BeginObject();
  for (const auto& [name, value] : licence.limits) json.Field(name, value);
  json.EndObject();
}

void PrintVerdictAsJson(const LicenceVerdict& verdict, bool with_licence) {
  JsonWriter json;
  json.BeginObject().Field("valid", verdict.valid());
  json.Field("code", identity::ToString(verdict.fault)).Field("message", verdict.message);
  if (verdict.licence) {
    json.Field("key_id", verdict.key_id).Field("days_left", verdict.days_left);
    json.Field("in_grace", verdict.in_grace);
    if (with_licence) {
      json.Key("license").BeginObject();
      WriteLicence(json, *verdict.licence);
      json.EndObject();
    }
  }
  json.EndObject();
  Print(json.text());
}

void PrintLicence(const LicenceVerdict& verdict) {
  const Licence& licence = *verdict.licence;
  TextTable table({"FIELD", "VALUE"});
  const auto row = [&table](std::string name, std::string value) {
    if (!value.empty()) table.AddRow({std::move(name), std::move(value)});
  };
  row("id", licence.id);
  row("tier", std::string(identity::ToString(licence.tier)));
  row("org_id", licence.org.str());
  row("tenant_id", licence.tenant.str());
  row("audience", identity::ToString(licence.realm, licence.scope));
  if (licence.issued_at) row("issued_at", identity::FormatLicenceDay(*licence.issued_at));
  row("expires_at", identity::FormatLicenceDay(licence.expires_at));
  row("days left", std::to_string(verdict.days_left));
  row("service", licence.service_name);
  row("service type", licence.service_type);
  for (const std::string& permission : licence.permissions) row("permission", permission);
  for (const auto& [name, value] : licence.limits) row("limit " + name, std::to_string(value));
  row("email", licence.email);
  row("email2", licence.email2);
  row("deployment", licence.deployment_id);
  row("signed by", verdict.key_id);
  Print(table.ToString());
}

// The licence, the keys and the list that a command looks at, from its options and the settings.
struct Reading {
  std::string licence;
  LicenceKeys keys;
  LicenceRevocations revocations;
};

Result<std::string> LicenceText(const std::string& argument, const settings::Settings& settings) {
  std::string text = argument;
  if (argument == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else if (argument.empty()) {
    text = settings.SecretOf("AXONFLOW_LICENSE_KEY").Reveal();
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return Invalid("no licence: give its text, - or AXONFLOW_LICENSE_KEY");
  return text;
}

Result<Reading> Read(const LicenseReadOptions& options) {
  const auto settings = settings::Settings::Load(settings::ProcessEnvironment());
  if (!settings) return settings.error();
  Reading reading;
  auto text = LicenceText(options.licence, *settings);
  if (!text) return text.error();
  reading.licence = std::move(*text);
  const bool own = !options.public_keys.empty() || !options.evaluation_keys.empty();
  auto keys = LicenceKeys::Parse(
      own ? options.public_keys : settings->List("AXONFLOW_LICENSE_PUBLIC_KEYS"),
      own ? options.evaluation_keys : settings->List("AXONFLOW_LICENSE_EVALUATION_KEYS"));
  if (!keys) return keys.error();
  if (keys->empty()) {
    return Invalid(
        "no public key to check with: give --public-key or AXONFLOW_LICENSE_PUBLIC_KEYS");
  }
  reading.keys = std::move(*keys);
  const std::string list = options.revocations.empty()
                               ? settings->String("AXONFLOW_LICENSE_REVOCATIONS")
                               : options.revocations;
  if (list.empty()) return reading;
  const auto file = ReadFile(list, identity::kRevocationsBytesMax);
  if (!file) return file.error();
  auto revocations = LicenceRevocations::Read(*file, reading.keys);
  if (!revocations) return revocations.error();
  reading.revocations = std::move(*revocations);
  return reading;
}

LicenceVerdict Judge(const Reading& reading, const std::string& org) {
  LicenceVerdict verdict = identity::VerifyLicence(reading.licence, reading.keys, Now());
  if (!verdict.valid()) return verdict;
  if (reading.revocations.Contains(*verdict.licence, identity::LicenceDigest(reading.licence))) {
    verdict.fault = identity::LicenceFault::kRevoked;
    verdict.message = "the licence was revoked";
  } else if (!org.empty() && verdict.licence->org != OrgId(org)) {
    verdict.fault = identity::LicenceFault::kWrongOrganization;
    verdict.message = "the licence is for another organisation";
  }
  return verdict;
}

}  // namespace

ExitCode RunLicenseKeygen(const LicenseKeygenOptions& options) {
  const Ed25519Signer signer = Ed25519Signer::Generate();
  std::string id = options.key_id;
  if (id.empty()) {
    id = "key-" + identity::LicenceDigest(PublicKeyText("", signer)).substr(0, kKeyIdDigits);
  }
  const std::string public_key = PublicKeyText(id, signer);
  if (const auto usable = LicenceKeys::Parse({public_key}, {}); !usable) {
    return Fail(usable.error());
  }
  const Secret pem = signer.ToPem();
  if (const Status written = WritePrivately(options.out, pem.Reveal()); !written) {
    return Fail(written.error());
  }
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("key_id", id).Field("public_key", public_key);
    json.Field("private_key_file", options.out).EndObject();
    Print(json.text());
    return ExitCode::kOk;
  }
  Print("private key  " + options.out + " (keep it away from every server)");
  Print("public key   " + public_key);
  Print("Servers take it in AXONFLOW_LICENSE_PUBLIC_KEYS or AXONFLOW_LICENSE_EVALUATION_KEYS.");
  return ExitCode::kOk;
}

ExitCode RunLicenseIssue(const LicenseIssueOptions& options) {
  const Time today = std::chrono::floor<std::chrono::days>(Now());
  const auto licence = LicenceOf(options, today);
  if (!licence) return Fail(licence.error());
  const auto signer = LoadSigner(options.key_file);
  if (!signer) return Fail(signer.error());
  const std::string text = identity::SignLicence(*licence, *signer);
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("license_key", text);
    json.Field("digest", identity::LicenceDigest(text)).Key("license").BeginObject();
    WriteLicence(json, *licence);
    json.EndObject().EndObject();
    Print(json.text());
  } else {
    Print(text);
  }
  return ExitCode::kOk;
}

ExitCode RunLicenseInspect(const LicenseReadOptions& options) {
  const auto reading = Read(options);
  if (!reading) return Fail(reading.error());
  const LicenceVerdict verdict = Judge(*reading, options.org);
  if (options.output == OutputFormat::kJson) {
    PrintVerdictAsJson(verdict, true);
  } else if (verdict.licence) {
    PrintLicence(verdict);
    if (!verdict.message.empty()) Print(verdict.message);
  }
  if (verdict.licence) return ExitCode::kOk;
  return Fail(ExitCode::kNegative,
              std::string(identity::ToString(verdict.fault)) + ": " + verdict.message);
}

ExitCode RunLicenseVerify(const LicenseReadOptions& options) {
  const auto reading = Read(options);
  if (!reading) return Fail(reading.error());
  const LicenceVerdict verdict = Judge(*reading, options.org);
  if (options.output == OutputFormat::kJson) PrintVerdictAsJson(verdict, false);
  if (!verdict.valid()) {
    return Fail(ExitCode::kNegative,
                std::string(identity::ToString(verdict.fault)) + ": " + verdict.message);
  }
  if (options.output == OutputFormat::kText) {
    Print("valid, signed by " + verdict.key_id + ", " + std::to_string(verdict.days_left) +
          " days left");
    if (!verdict.message.empty()) Print(verdict.message);
  }
  return ExitCode::kOk;
}

ExitCode RunLicenseRevoke(const LicenseRevokeOptions& options) {
  const auto signer = LoadSigner(options.key_file);
  if (!signer) return Fail(signer.error());
  std::vector<std::string> ids = options.ids;
  std::vector<std::string> digests;
  for (const std::string& text : options.licences) digests.push_back(identity::LicenceDigest(text));
  std::int64_t serial = 1;
  if (std::filesystem::exists(options.list)) {
    const auto file = ReadFile(options.list, identity::kRevocationsBytesMax);
    if (!file) return Fail(file.error());
    const auto keys = LicenceKeys::Parse({PublicKeyText("own", *signer)}, {});
    if (!keys) return Fail(keys.error());
    const auto before = LicenceRevocations::Read(*file, *keys);
    if (!before) return Fail(before.error());
    ids.insert(ids.end(), before->ids().begin(), before->ids().end());
    digests.insert(digests.end(), before->digests().begin(), before->digests().end());
    serial = before->serial() + 1;
  }
  const auto list = LicenceRevocations::Make(serial, ids, digests);
  if (!list) return Fail(list.error());
  const Status written = WriteFileAtomically(options.list, list->Sign(*signer) + "\n");
  if (!written) return Fail(written.error());
  if (options.output == OutputFormat::kJson) {
    JsonWriter json;
    json.BeginObject().Field("serial", list->serial());
    json.Field("revoked", std::uint64_t{list->size()}).EndObject();
    Print(json.text());
  } else {
    Print("list " + std::to_string(list->serial()) + " names " + std::to_string(list->size()) +
          " licences");
  }
  return ExitCode::kOk;
}

}  // namespace axonflow::cli
