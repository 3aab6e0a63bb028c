#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "secrets/locked_bytes.h"

namespace axonflow::secrets {

// The keys that seal stored credentials. The first seals, all of them open: that is how a key is
// changed without a moment in which something cannot be read. Immutable and thread-safe.
class KeyRing {
 public:
  static constexpr std::size_t kKeyBytes = 32;
  static constexpr std::size_t kKeysMax = 16;
  static constexpr std::size_t kIdBytesMax = 32;
  // The id of the key of CONNECTOR_ENCRYPTION_KEY.
  static constexpr std::string_view kDefaultId = "default";

  // `single`, the text of CONNECTOR_ENCRYPTION_KEY, is the base64 of 32 bytes and becomes the key
  // "default"; `ring`, of CONNECTOR_ENCRYPTION_KEYS, is "id:base64,id:base64,...". With both, the
  // keys of `ring` come first. Both empty is an empty ring. Refuses, without a byte of a key in the
  // message: bad base64, another length, a key of one repeated or of counted-up bytes, an id that
  // is not 1 to 32 of a-z 0-9 - _, an id or a key that comes twice, more than kKeysMax keys.
  static Result<std::shared_ptr<const KeyRing>> Parse(const Secret& single, const Secret& ring);

  // One key of 32 random bytes for this process alone.
  static Result<std::shared_ptr<const KeyRing>> Ephemeral();

  bool empty() const { return keys_.empty(); }
  std::size_t size() const { return keys_.size(); }
  // Of the key that seals. The ring must not be empty.
  const std::string& primary() const { return keys_.front().id; }
  std::vector<std::string> ids() const;
  // The key of that id, kKeyBytes long; empty when there is none.
  std::string_view Find(std::string_view id) const;

 private:
  struct Key {
    std::string id;
    LockedBytes bytes;
  };
  Status Add(std::string_view id, std::string_view base64);

  std::vector<Key> keys_;
};

// "id:base64" of a fresh random key, as CONNECTOR_ENCRYPTION_KEYS takes it. kInvalidArgument for an
// id that the ring would refuse.
Result<Secret> GenerateKey(std::string_view id);

}  // namespace axonflow::secrets
