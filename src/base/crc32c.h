#pragma once

#include <cstdint>
#include <string_view>

namespace axonflow {

// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `bytes`, continuing from `seed` (0 to begin).
// Uses the SSE 4.2 instruction where the processor has it: about 0.1 ns a byte.
std::uint32_t Crc32c(std::string_view bytes, std::uint32_t seed = 0);

}  // namespace axonflow
