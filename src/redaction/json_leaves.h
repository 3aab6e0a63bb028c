#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace axonflow::redaction {

// Where the values of a JSON text stand, so that they can be changed with all else left as it is.
struct JsonLeaf {
  enum class Kind : std::uint8_t { kKey, kString, kNumber, kLiteral };  // kLiteral: true and false
  Kind kind = Kind::kString;
  std::uint32_t begin = 0;  // of the content, without quotes
  std::uint32_t end = 0;
  std::uint32_t container = 0;
  std::uint32_t element = 0;  // in an array
  std::uint32_t key = 0;      // in an object: the leaf that names it
};

struct JsonContainer {
  bool object = false;
  std::uint32_t container = 0;  // that it stands in; its own index at the root
  std::uint32_t element = 0;
  std::uint32_t key = 0;
};

struct JsonLeaves {
  std::vector<JsonLeaf> leaves;  // in order of the text
  std::vector<JsonContainer> containers;
};

inline constexpr std::size_t kJsonDepthMax = 64;

// Reads `text` as one JSON object or array (RFC 8259). Nothing when it is not one, or nests deeper
// than kJsonDepthMax. Bytes of strings are not checked for UTF-8.
std::optional<JsonLeaves> ReadJsonLeaves(std::string_view text);

// The content of a JSON string without its escapes. `places`, when the two differ, gets the place
// in `content` of each byte, and one more for the end. A lone surrogate becomes U+FFFD.
std::string DecodeJsonString(std::string_view content, std::vector<std::uint32_t>& places);

// The content of a JSON string that reads as `text`.
std::string EncodeJsonString(std::string_view text);

}  // namespace axonflow::redaction
