#include "secrets/key_ring.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "base/crypto.h"

namespace axonflow::secrets {
namespace {

bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= KeyRing::kIdBytesMax &&
         std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

// Keys of examples and of tired fingers: every step from one byte to the next is the same.
bool IsTrivial(std::string_view key) {
  const auto step = static_cast<unsigned char>(key[1] - key[0]);
  for (std::size_t i = 2; i < key.size(); ++i) {
    if (static_cast<unsigned char>(key[i] - key[i - 1]) != step) return false;
  }
  return true;
}

Error Bad(std::string_view id, std::string_view what) {
  return Error{ErrorCode::kInvalidArgument,
               "encryption key \"" + std::string(id) + "\" " + std::string(what)};
}

}  // namespace

Status KeyRing::Add(std::string_view id, std::string_view base64) {
  if (!IsId(id)) {
    return Error{ErrorCode::kInvalidArgument,
                 "the id of an encryption key must be 1 to 32 characters of a-z 0-9 - _"};
  }
  if (keys_.size() == kKeysMax) return Bad(id, "is one too many: a ring holds at most 16");
  std::optional<std::string> decoded = Base64Decode(base64);
  if (!decoded || decoded->size() != kKeyBytes) {
    if (decoded) OPENSSL_cleanse(decoded->data(), decoded->size());
    return Bad(id, "must be the base64 of 32 bytes");
  }
  const bool trivial = IsTrivial(*decoded);
  auto locked = LockedBytes::Make(kKeyBytes);
  if (locked) std::memcpy(locked->bytes().data(), decoded->data(), kKeyBytes);
  OPENSSL_cleanse(decoded->data(), decoded->size());
  if (!locked) return locked.error();
  if (trivial) return Bad(id, "is a pattern, not a key");
  for (const Key& key : keys_) {
    if (key.id == id) return Bad(id, "comes twice");
    if (ConstantTimeEqual(key.bytes.view(), locked->view())) {
      return Bad(id, "has the same bytes as another one");
    }
  }
  keys_.push_back({std::string(id), std::move(*locked)});
  return {};
}

Result<std::shared_ptr<const KeyRing>> KeyRing::Parse(const Secret& single, const Secret& ring) {
  auto made = std::make_shared<KeyRing>();
  std::string_view left = ring.Reveal();
  while (!left.empty()) {
    const std::size_t comma = std::min(left.find(','), left.size());
    std::string_view entry = left.substr(0, comma);
    left.remove_prefix(std::min(comma + 1, left.size()));
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    const std::size_t colon = entry.find(':');
    if (colon == std::string_view::npos) {
      return Error{ErrorCode::kInvalidArgument,
                   "an entry of the encryption key ring is not \"id:base64\""};
    }
    if (auto added = made->Add(entry.substr(0, colon), entry.substr(colon + 1)); !added) {
      return added.error();
    }
  }
  if (!single.empty()) {
    if (auto added = made->Add(kDefaultId, single.Reveal()); !added) return added.error();
  }
  return std::shared_ptr<const KeyRing>(std::move(made));
}

Result<std::shared_ptr<const KeyRing>> KeyRing::Ephemeral() {
  auto key = GenerateKey("process");
  if (!key) return key.error();
  return Parse(Secret(), *key);
}

std::vector<std::string> KeyRing::ids() const {
  std::vector<std::string> ids;
  for (const Key& key : keys_) ids.push_back(key.id);
  return ids;
}

std::string_view KeyRing::Find(std::string_view id) const {
  for (const Key& key : keys_) {
    if (key.id == id) return key.bytes.view();
  }
  return {};
}

Result<Secret> GenerateKey(std::string_view id) {
  if (!IsId(id)) {
    return Error{ErrorCode::kInvalidArgument,
                 "the id of a key must be 1 to 32 characters of a-z 0-9 - _"};
  }
  std::array<std::uint8_t, KeyRing::kKeyBytes> bytes{};
  FillRandom(bytes);
  std::string base64 = Base64Encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  OPENSSL_cleanse(bytes.data(), bytes.size());
  Secret line(std::string(id) + ":" + base64);
  OPENSSL_cleanse(base64.data(), base64.size());
  return line;
}

}  // namespace axonflow::secrets
