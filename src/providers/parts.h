#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "providers/fields.h"

namespace axonflow::providers {

// One value of a JSON document that governance looks at.
struct Part {
  std::uint32_t begin = 0;  // of its content in the document, without quotes
  std::uint32_t end = 0;
  bool quoted = true;     // a string or a key; else a number
  bool json = false;      // kArguments
  bool attached = false;  // judged, not redacted
  bool echo = false;      // not judged; goes when anything of the document was redacted
  bool withheld = false;  // of an object that nobody knows: must not go on
  std::string path;       // as in FieldRule; a key has the path of its object and "{}"
  std::string text;       // without escapes
};

// What is to be judged in `json` (one object), in order of the document. Fails (kInvalidArgument)
// when it is no object or nests too deep. Linear in the text.
//
// Looked at is every string, every key that is no plain lower-case name, and every number of
// kNumberBytesMin characters or more, unless the table says otherwise.
inline constexpr std::size_t kNumberBytesMin = 7;
Result<std::vector<Part>> ReadParts(const Fields& fields, std::string_view json);

// Whether `text` is in the alphabet of base64, padded or not, as what nobody but the provider can
// read is: anything else counts as text.
bool IsBase64(std::string_view text);

// `json` with each of `parts` that has a replacement changed to it, all else byte for byte. A
// number becomes a string. `replacements` has one entry a part; an unchanged one equals its text.
std::string Rewrite(std::string_view json, std::span<const Part> parts,
                    std::span<const std::string> replacements);

}  // namespace axonflow::providers
