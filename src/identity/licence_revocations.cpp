#include "identity/licence_revocations.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/json.h"
#include "base/json_writer.h"

namespace axonflow::identity {
namespace {

constexpr std::string_view kPrefix = "AXON-REVOKED-";
// Is part of what is signed: no licence can be taken for a list, and no list for a licence.
constexpr std::string_view kPurpose = "axonflow revoked licences\n";
constexpr std::size_t kIdBytesMax = 256;

Error Refuse(std::string why) {
  return {ErrorCode::kInvalidArgument, "the list of revoked licences " + std::move(why)};
}

bool IsDigest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

Result<std::vector<std::string>> Texts(const JsonValue& list, std::string_view name) {
  std::vector<std::string> texts;
  const auto member = list.Find(name);
  if (!member) return texts;
  bool well_formed = member->type() == JsonType::kArray;
  member->ForEachElement([&](JsonValue element) {
    const auto text = element.AsString();
    well_formed = well_formed && text && texts.size() < kRevokedMax;
    if (well_formed) texts.emplace_back(*text);
  });
  if (!well_formed) return Refuse("has no list of texts in " + std::string(name));
  return texts;
}

}  // namespace

Result<LicenceRevocations> LicenceRevocations::Make(std::int64_t serial,
                                                    const std::vector<std::string>& ids,
                                                    const std::vector<std::string>& digests) {
  if (serial < 1) return Refuse("needs a serial number from 1 on");
  if (ids.size() + digests.size() > kRevokedMax) return Refuse("is too long");
  LicenceRevocations list;
  list.serial_ = serial;
  for (const std::string& id : ids) {
    if (id.empty() || id.size() > kIdBytesMax) return Refuse("names a licence by a senseless id");
    list.ids_.insert(id);
  }
  for (const std::string& digest : digests) {
    if (!IsDigest(digest)) return Refuse("names a licence by something that is no SHA-256");
    list.digests_.insert(digest);
  }
  return list;
}

Result<LicenceRevocations> LicenceRevocations::Read(std::string_view text,
                                                    const LicenceKeys& keys) {
  text = Trimmed(text);
  const std::size_t dot = text.rfind('.');
  if (text.size() > kRevocationsBytesMax || !text.starts_with(kPrefix) ||
      dot == std::string_view::npos) {
    return Refuse("begins with AXON-REVOKED- and ends with a signature; this does not");
  }
  const std::string_view encoded = text.substr(kPrefix.size(), dot - kPrefix.size());
  const auto signature = Base64UrlDecode(text.substr(dot + 1));
  const auto payload = Base64UrlDecode(encoded);
  if (!signature || !payload) return Refuse("is damaged: it is not base64url");
  const LicenceKeys::Key* signer =
      keys.Signer(std::string(kPurpose) + std::string(encoded), *signature);
  if (signer == nullptr || signer->evaluation) return Refuse("is not signed by a key that may");
  JsonDocument document;
  const auto list = document.Parse(*payload);
  if (!list || list->type() != JsonType::kObject) return Refuse("is not a JSON object");
  const auto serial = list->Find("serial");
  const auto ids = Texts(*list, "ids");
  if (!ids) return ids.error();
  const auto digests = Texts(*list, "digests");
  if (!digests) return digests.error();
  return Make(serial ? serial->AsInt().value_or(0) : 0, *ids, *digests);
}

std::string LicenceRevocations::Sign(const Ed25519Signer& signer) const {
  JsonWriter json;
  json.BeginObject().Field("serial", serial_).Key("ids").BeginArray();
  for (const std::string& id : ids_) json.String(id);
  json.EndArray().Key("digests").BeginArray();
  for (const std::string& digest : digests_) json.String(digest);
  json.EndArray().EndObject();
  const std::string payload = Base64UrlEncode(json.text());
  return std::string(kPrefix) + payload + "." +
         Base64UrlEncode(signer.Sign(std::string(kPurpose) + payload));
}

bool LicenceRevocations::Contains(const Licence& licence, std::string_view digest) const {
  return (!licence.id.empty() && ids_.contains(licence.id)) || digests_.contains(digest);
}

std::string LicenceDigest(std::string_view text) { return HexEncode(Sha256(text)); }

}  // namespace axonflow::identity
