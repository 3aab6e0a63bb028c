#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "redaction/edits.h"
#include "redaction/redactor.h"

namespace axonflow::redaction {

// Redacts `text` and reports what was taken out. A text that is itself a JSON object or array is
// redacted leaf by leaf and stays valid JSON, byte for byte the same outside the leaves that
// change:
//
// - Each key, string and number is asked about by itself with its escapes decoded, so that what is
//   hidden in escapes is found and labels around it do not cut it off; and the text as a whole is
//   asked about once, so that a key speaks for its value and what goes across leaves is found.
// - What the whole text shows across leaves is taken out of every value that it touches; a key goes
//   only when no value is touched.
// - A number or a truth value that is redacted becomes a string. Two keys of one object that become
//   the same are told apart by "#2", "#3", ...
//
// Any other text is redacted as Redact does. Fails when `detect` does.
Result<Redaction> RedactText(std::string_view text, const Detect& detect);

}  // namespace axonflow::redaction
