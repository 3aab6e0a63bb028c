#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "secrets/key_ring.h"

namespace axonflow::secrets {

// Where a sealed value is stored. It is authenticated with the value, so that a value that was
// moved to another row, tenant or field does not open.
struct Place {
  std::string_view table;
  std::string_view org;
  std::string_view tenant;  // empty: of the whole organisation
  std::string_view row;
  std::string_view field;
};

// Longest value that is sealed, in bytes.
inline constexpr std::size_t kSealedBytesMax = 64 * 1024;

// "enc:v2:<key id>:<base64 of nonce, cipher text and tag>": AES-256-GCM (NIST SP 800-38D) under the
// first key of the ring with a random nonce of 12 bytes. kInvalidArgument when the ring is empty,
// kTooLarge above kSealedBytesMax. A key may seal 2^32 values before it must be changed.
Result<std::string> Seal(const KeyRing& ring, const Place& place, const Secret& value);

// The value of an envelope of Seal at the same place, or of one of the older form
// "enc:<base64>" (no key id, no place; tried with every key), with or without the quotes of a JSON
// string around it. kCorrupt when it does not open: changed, moved, or sealed under a key that the
// ring does not hold (the message names the key's id then).
Result<Secret> Open(const KeyRing& ring, const Place& place, std::string_view envelope);

// Whether `text` is an envelope of either form, by its first bytes.
bool IsSealed(std::string_view text);

// The id of the key of an envelope; empty for the older form and for what is no envelope.
std::string_view KeyIdOf(std::string_view envelope);

}  // namespace axonflow::secrets
