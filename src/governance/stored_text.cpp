#include "base/json.h"
#include "base/json_writer.h"
#include "governance/excerpt.h"
#include "governance/governor.h"

namespace axonflow::governance {
namespace {

constexpr std::string_view kNotRedactable = "[withheld: could not be checked for personal data]";

}  // namespace

std::string Governor::RedactForStorage(std::string_view text, std::size_t bytes_max) const {
  const auto set = policies_.load();
  if (!set) return std::string(kNotRedactable);
  auto excerpt = RedactedExcerpt(text, *set, bytes_max);
  return excerpt ? std::move(*excerpt) : std::string(kNotRedactable);
}

namespace {

void WriteRedacted(const Governor& governor, JsonValue value, JsonWriter& out) {
  switch (value.type()) {
    case JsonType::kObject:
      out.BeginObject();
      value.ForEachMember([&](std::string_view key, JsonValue member) {
        out.Key(governor.RedactForStorage(key, key.size()));
        WriteRedacted(governor, member, out);
      });
      out.EndObject();
      return;
    case JsonType::kArray:
      out.BeginArray();
      value.ForEachElement([&](JsonValue element) { WriteRedacted(governor, element, out); });
      out.EndArray();
      return;
    case JsonType::kString: {
      const auto text = *value.AsString();
      out.String(governor.RedactForStorage(text, text.size()));
      return;
    }
    case JsonType::kNumber: {
      const std::string text = value.ToString();
      const std::string redacted = governor.RedactForStorage(text, text.size());
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

std::string Governor::RedactJsonForStorage(std::string_view json, std::size_t bytes_max) const {
  if (json.size() > bytes_max) return {};
  JsonDocument document;
  const auto root = document.Parse(json);
  if (!root) return {};
  JsonWriter out;
  WriteRedacted(*this, *root, out);
  return std::move(out).Take();
}

}  // namespace axonflow::governance
