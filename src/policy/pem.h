#pragma once

#include <cstddef>
#include <string_view>

namespace axonflow::policy {

// Returns where the block of a key ends (one past its last byte) whose BEGIN line ends at
// `begin_line_end` (RFC 7468; RFC 1421 headers and RFC 4880 armor included). That is behind the
// next END line, unless another BEGIN line comes first or there is none, as in text that was cut:
// then it is behind the lines of base64 that follow. Line breaks may be written as \n, and lines
// may be quoted as source code and mail do. At least `begin_line_end`, which must lie in `text`.
// Reads no further than the next BEGIN line, so all blocks of a text together cost one pass.
std::size_t PemEnd(std::string_view text, std::size_t begin_line_end);

}  // namespace axonflow::policy
