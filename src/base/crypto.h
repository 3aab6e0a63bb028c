#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace axonflow {

using Digest256 = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4) of `bytes`.
Digest256 Sha256(std::string_view bytes);

// HMAC-SHA-256 (RFC 2104) of `message` under `key` (any length).
Digest256 HmacSha256(std::string_view key, std::string_view message);

// Whether `a` and `b` are equal, in time that depends on their lengths only.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

// Fills `out` from the operating system's generator. Ends the process when that fails: nothing in
// this program can go on without randomness.
void FillRandom(std::span<std::uint8_t> out);

// A new random (version 4) UUID, lower case. Random bytes are drawn in batches, about 60 ns a call.
std::string NewUuid();

// 128 random bits as 32 lower-case hex digits.
std::string NewRandomHex();

// 2 * size lower-case hex digits.
std::string HexEncode(std::span<const std::uint8_t> bytes);

std::string Base64Encode(std::string_view bytes);     // RFC 4648 section 4, padded
std::string Base64UrlEncode(std::string_view bytes);  // section 5, without padding
// Strict: the right alphabet, right padding (none for Url), no white space. Nothing on bad input.
std::optional<std::string> Base64Decode(std::string_view text);
std::optional<std::string> Base64UrlDecode(std::string_view text);

std::string_view AsBytes(const Digest256& digest);

}  // namespace axonflow
