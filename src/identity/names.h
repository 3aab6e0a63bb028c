#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace axonflow::identity {

inline constexpr std::size_t kNameBytesMax = 128;
inline constexpr std::size_t kEmailBytesMax = 254;  // RFC 5321, section 4.5.3.1.3

// Whether `name` may name a tenant or client that the directory issues: 1 to kNameBytesMax
// characters of [A-Za-z0-9._-] and not reserved.
bool IsDirectoryName(std::string_view name);

// Whether `name` may name a caller that has no credential: as above, and '@' and ':' too, because
// clients without a credential call themselves by address or by "mcp-client:<name>".
bool IsCallerName(std::string_view name);

// Whether `name` has a meaning of its own in the store (baseline rows, orphan rows, wildcards), in
// any spelling, so that nobody may be called by it.
bool IsReservedName(std::string_view name);

// `text` without surrounding white space and in lower case (ASCII): how e-mail addresses and roles
// are compared and kept.
std::string Normalized(std::string_view text);

// Whether `email` (normalised) can be recorded as a person's: one '@' with something on both sides
// of it, at most kEmailBytesMax bytes, visible ASCII or well-formed UTF-8 without control
// characters or spaces.
bool IsRecordableEmail(std::string_view email);

// Whether `email` (normalised) stands for many people at once, so that it can own no rows.
bool IsSharedIdentity(std::string_view email);

}  // namespace axonflow::identity
