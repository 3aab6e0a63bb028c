#include "identity/licence_payload.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/json.h"
#include "base/json_writer.h"
#include "identity/names.h"

namespace axonflow::identity {
namespace {

constexpr std::size_t kTextBytesMax = 256;
constexpr std::size_t kListedMax = 64;
constexpr std::array<std::string_view, 3> kServiceTypes = {"client-application", "backend-service",
                                                           "integration"};

// Reads members one after the other and remembers the first thing that is wrong.
class Reader {
 public:
  Reader(const JsonValue& payload, LicenceVerdict& fault) : payload_(payload), fault_(fault) {}

  bool ok() const { return fault_.fault == LicenceFault::kNone; }

  void Fail(std::string why, LicenceFault fault = LicenceFault::kMalformed) {
    if (!ok()) return;
    fault_.fault = fault;
    fault_.message = "the licence is not usable: " + std::move(why);
  }

  // A text without control characters; empty when absent.
  std::string Text(std::string_view name) {
    const auto member = payload_.Find(name);
    if (!member) return {};
    const auto text = member->AsString();
    if (!text || text->size() > kTextBytesMax || !IsPlain(*text)) {
      Fail(std::string(name) + " is not a text of at most 256 bytes");
      return {};
    }
    return std::string(*text);
  }

  std::optional<Time> Day(std::string_view name) {
    const std::string text = Text(name);
    if (text.empty()) return std::nullopt;
    const auto day = ParseLicenceDay(text);
    if (!day) Fail(std::string(name) + " is not a day written as YYYYMMDD");
    return day;
  }

  std::vector<std::string> Texts(std::string_view name) {
    std::vector<std::string> texts;
    const auto member = payload_.Find(name);
    if (!member) return texts;
    bool well_formed = member->type() == JsonType::kArray;
    member->ForEachElement([&](JsonValue element) {
      const auto text = element.AsString();
      well_formed = well_formed && text && !text->empty() && text->size() <= kTextBytesMax &&
                    IsPlain(*text) && texts.size() < kListedMax;
      if (well_formed) texts.emplace_back(*text);
    });
    if (!well_formed) Fail(std::string(name) + " is not a list of at most 64 texts");
    return texts;
  }

  std::vector<std::pair<std::string, std::int64_t>> Limits() {
    std::vector<std::pair<std::string, std::int64_t>> limits;
    const auto member = payload_.Find("limits");
    if (!member) return limits;
    bool well_formed = member->type() == JsonType::kObject;
    member->ForEachMember([&](std::string_view name, JsonValue value) {
      const auto number = value.AsInt();
      well_formed = well_formed && number && *number >= -1 && name.size() <= kTextBytesMax &&
                    IsPlain(name) && limits.size() < kListedMax;
      if (well_formed) limits.emplace_back(name, *number);
    });
    if (!well_formed) Fail("limits does not hold numbers from -1 on");
    return limits;
  }

 private:
  static bool IsPlain(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
      const auto byte = static_cast<unsigned char>(c);
      return byte < 0x20 || byte == 0x7f;
    });
  }

  const JsonValue& payload_;
  LicenceVerdict& fault_;
};

void ReadWho(Reader& reader, Licence& licence) {
  const std::string tier = reader.Text("tier");
  const auto known = ParseLicenceTier(tier);
  if (!known) reader.Fail("its tier is unknown", LicenceFault::kUnknownTier);
  licence.tier = known.value_or(LicenceTier::kEvaluation);
  licence.id = reader.Text("id");
  licence.org = OrgId(reader.Text("org_id"));
  if (!IsDirectoryName(licence.org.str())) reader.Fail("org_id is missing or no name");
  licence.tenant = TenantId(reader.Text("tenant_id"));
  if (!licence.tenant.empty() && !IsDirectoryName(licence.tenant.str())) {
    reader.Fail("tenant_id is no name");
  }
  licence.email = reader.Text("email");
  licence.email2 = reader.Text("email2");
  licence.deployment_id = reader.Text("deployment_id");
}

void ReadService(Reader& reader, Licence& licence) {
  licence.service_name = reader.Text("service_name");
  licence.service_type = reader.Text("service_type");
  const bool known = licence.service_type.empty() ||
                     std::find(kServiceTypes.begin(), kServiceTypes.end(), licence.service_type) !=
                         kServiceTypes.end();
  if (!known) reader.Fail("service_type is unknown");
  licence.permissions = reader.Texts("permissions");
  licence.limits = reader.Limits();
}

void ReadDays(Reader& reader, Licence& licence) {
  licence.issued_at = reader.Day("issued_at");
  const auto expires = reader.Day("expires_at");
  if (!expires) reader.Fail("expires_at is missing");
  licence.expires_at = expires.value_or(Time{});
  if (licence.issued_at && *licence.issued_at >= licence.expires_at) {
    reader.Fail("it expires before it is issued");
  }
}

}  // namespace

std::optional<Licence> ReadLicencePayload(std::string_view json, LicenceVerdict& fault) {
  JsonDocument document;
  const auto payload = document.Parse(json);
  if (!payload || payload->type() != JsonType::kObject) {
    fault.fault = LicenceFault::kMalformed;
    fault.message = "the licence is not usable: its payload is not a JSON object";
    return std::nullopt;
  }
  Reader reader(*payload, fault);
  Licence licence;
  ReadWho(reader, licence);
  ReadService(reader, licence);
  ReadDays(reader, licence);
  const auto audience = ParseLicenceAudience(reader.Text("aud"));
  const bool is_blank = payload->Find("aud") && reader.Text("aud").empty();
  if (!audience || is_blank) reader.Fail("its audience is unknown", LicenceFault::kWrongAudience);
  if (!reader.ok()) return std::nullopt;
  std::tie(licence.realm, licence.scope) = *audience;
  return licence;
}

std::string WriteLicencePayload(const Licence& licence) {
  JsonWriter json;
  const auto optional = [&json](std::string_view name, const std::string& text) {
    if (!text.empty()) json.Field(name, text);
  };
  json.BeginObject();
  optional("id", licence.id);
  json.Field("tier", ToString(licence.tier)).Field("org_id", licence.org.str());
  optional("tenant_id", licence.tenant.str());
  optional("service_name", licence.service_name);
  optional("service_type", licence.service_type);
  if (!licence.permissions.empty()) {
    json.Key("permissions").BeginArray();
    for (const std::string& permission : licence.permissions) json.String(permission);
    json.EndArray();
  }
  if (licence.issued_at) json.Field("issued_at", FormatLicenceDay(*licence.issued_at));
  json.Field("expires_at", FormatLicenceDay(licence.expires_at));
  optional("email", licence.email);
  optional("email2", licence.email2);
  if (!licence.limits.empty()) {
    json.Key("limits").BeginObject();
    for (const auto& [name, value] : licence.limits) json.Field(name, value);
    json.EndObject();
  }
  json.Field("aud", ToString(licence.realm, licence.scope));
  optional("deployment_id", licence.deployment_id);
  json.EndObject();
  return std::move(json).Take();
}

}  // namespace axonflow::identity
