#pragma once

#include <cstddef>
#include <string_view>

namespace axonflow {

// Length (1 to 4) of the well-formed UTF-8 sequence (RFC 3629: no overlong forms, no surrogates, at
// most U+10FFFF) at the start of `text`; 0 when there is none.
std::size_t Utf8SequenceLength(std::string_view text);

// The longest prefix of `text` of at most `bytes_max` bytes that does not end inside a sequence.
std::string_view Utf8Prefix(std::string_view text, std::size_t bytes_max);

}  // namespace axonflow
