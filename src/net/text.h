#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace axonflow::net {

// Whether `a` and `b` are equal when ASCII letters are compared without case.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// tchar of RFC 9110 section 5.6.2: what a method or a field name is made of.
bool IsTokenChar(char c);

// Whether every byte may stand in a field line (RFC 9110 section 5.5): visible characters,
// obs-text, space and tab. NUL, bare CR and all other control characters may not.
bool IsFieldText(std::string_view text);

// Decodes %XX once into `out` (cleared first; its capacity is kept). False for an escape that is
// cut short or not hexadecimal, and for one that stands for a control character: no route has one,
// and in logs and file names they only do harm.
bool PercentDecode(std::string_view text, std::string& out);

// Splits an http or https absolute-form target (RFC 9112 section 3.2.2) after its authority:
// "http://host/a?b" gives "/a?b", "http://host" gives "". Nothing for any other text and for an
// empty authority.
std::optional<std::string_view> AfterAuthority(std::string_view target);

}  // namespace axonflow::net
