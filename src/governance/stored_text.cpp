#include "governance/stored_text.h"

#include "base/json.h"
#include "base/json_writer.h"
#include "governance/excerpt.h"

namespace axonflow::governance {

std::string RedactForStorage(const policy::PolicyView& view, std::string_view text,
                             std::size_t bytes_max) {
  auto excerpt = RedactedExcerpt(text, view, bytes_max);
  return excerpt ? std::move(*excerpt) : std::string(kWithheld);
}

namespace {

void WriteRedacted(const policy::PolicyView& view, JsonValue value, JsonWriter& out) {
  switch (value.type()) {
    case JsonType::kObject:
      out.BeginObject();
      value.ForEachMember([&](std::string_view key, JsonValue member) {
        out.Key(RedactForStorage(view, key, key.size()));
        WriteRedacted(view, member, out);
      });
      out.EndObject();
      return;
    case JsonType::kArray:
      out.BeginArray();
      value.ForEachElement([&](JsonValue element) { WriteRedacted(view, element, out); });
      out.EndArray();
      return;
    case JsonType::kString: {
      const auto text = *value.AsString();
      out.String(RedactForStorage(view, text, text.size()));
      return;
    }
    case JsonType::kNumber: {
      const std::string text = value.ToString();
      const std::string redacted = RedactForStorage(view, text, text.size());
      if (redacted == text) {
        out.Raw(text);
      } else {
        out.String(redacted);
      }
      return;
    }
    default:
      out.Raw(value.ToString());
  }
}

}  // namespace

std::string RedactJsonForStorage(const policy::PolicyView& view, std::string_view json,
                                 std::size_t bytes_max) {
  if (json.size() > bytes_max) return {};
  JsonDocument document;
  const auto root = document.Parse(json);
  if (!root) return {};
  JsonWriter out;
  WriteRedacted(view, *root, out);
  return std::move(out).Take();
}

}  // namespace axonflow::governance
