#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "audit/signing_key.h"
#include "base/crypto.h"
#include "base/result.h"
#include "base/time.h"

// Tree heads as C2SP tlog-checkpoint writes them, in a C2SP signed note: what witnesses co-sign.
namespace axonflow::audit {

// The head of one tenant's tree.
struct TreeHead {
  std::string origin;
  std::uint64_t size = 0;
  Digest256 root{};
  Time signed_at{};
  std::string key_id;     // empty: unsigned
  std::string signature;  // 64 raw bytes over CheckpointText, or empty
};

// The name of a tenant's log: "axonflow/<org>/<tenant>", with what a key name must not hold
// percent-encoded.
std::string LogOrigin(std::string_view org, std::string_view tenant);

// Origin, size, base64 of the root and "time <RFC 3339>", each on a line of its own.
std::string CheckpointText(const TreeHead& head);

// The four bytes that name a key beside its name: SHA-256(name || 0x0A || 0x01 || key).
std::string NoteKeyHash(std::string_view name, const PublicKey& key);

// The text, an empty line, and the signature line. The signature line is left out when the head is
// unsigned.
std::string SignedCheckpoint(const TreeHead& head, const PublicKey* key);

// Reads what SignedCheckpoint wrote, strictly; `key_id` stays empty. kInvalidArgument otherwise.
// Lines of other signers are passed over.
Result<TreeHead> ParseCheckpoint(std::string_view note);

// Signs `head` under its origin.
void SignHead(const SigningKey& key, std::string_view key_id, TreeHead& head);
// Whether one of the keys signed the head.
bool VerifyHead(const TreeHead& head, const KeyRing& keys);

}  // namespace axonflow::audit
