#include "base/json.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

namespace axonflow {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

static_assert(sizeof(element) == 16 && alignof(element) <= 8);
static_assert(std::is_trivially_copyable_v<element>);

element Unpack(const unsigned char (&bytes)[16]) {
  element value;
  std::memcpy(static_cast<void*>(&value), bytes, sizeof value);
  return value;
}

// Above this many members the check for duplicates sorts the keys instead of comparing each pair.
constexpr std::size_t kPairwiseMembersMax = 16;

bool HasDuplicateKey(const simdjson::dom::object& object) {
  std::vector<std::string_view> keys;
  if (object.size() <= kPairwiseMembersMax) {
    std::string_view small[kPairwiseMembersMax];
    std::size_t count = 0;
    for (const auto member : object) {
      for (std::size_t i = 0; i < count; ++i) {
        if (small[i] == member.key) return true;
      }
      small[count++] = member.key;
    }
    return false;
  }
  for (const auto member : object) keys.push_back(member.key);
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

bool HasNul(std::string_view text) {
  return std::memchr(text.data(), '\0', text.size()) != nullptr;
}

// What RFC 8259 leaves to the receiver and we refuse; nullptr when there is nothing to refuse.
// Depth is bounded by the parser's limit.
const char* Refusal(const element& value) {
  switch (value.type()) {
    case element_type::STRING:
      return HasNul(value.get_string().value_unsafe()) ? "a string holds U+0000" : nullptr;
    case element_type::ARRAY: {
      const auto array = value.get_array().value_unsafe();
      for (const auto child : array) {
        if (const char* problem = Refusal(child)) return problem;
      }
      return nullptr;
    }
    case element_type::OBJECT: {
      const auto object = value.get_object().value_unsafe();
      for (const auto member : object) {
        if (HasNul(member.key)) return "a key holds U+0000";
        if (const char* problem = Refusal(member.value)) return problem;
      }
      return HasDuplicateKey(object) ? "an object has the same key twice" : nullptr;
    }
    default:
      return nullptr;
  }
}

std::string Describe(simdjson::error_code code) {
  switch (code) {
    case simdjson::EMPTY:
      return "the body is empty";
    case simdjson::UTF8_ERROR:
      return "the text is not valid UTF-8";
    case simdjson::DEPTH_ERROR:
      return "nesting is deeper than " + std::to_string(JsonDocument::kDepthMax) + " levels";
    case simdjson::STRING_ERROR:
      return "a string is malformed (bad escape or lone surrogate)";
    case simdjson::UNESCAPED_CHARS:
      return "a string holds an unescaped control character";
    case simdjson::UNCLOSED_STRING:
      return "a string is not closed";
    case simdjson::NUMBER_ERROR:
      return "a number is malformed or out of range";
    case simdjson::CAPACITY:
      return "the text is too long";
    default:
      return "the text is not valid JSON";
  }
}

}  // namespace

struct JsonDocument::Impl {
  simdjson::dom::parser parser;
};

JsonDocument::JsonDocument() : impl_(std::make_unique<Impl>()) {}
JsonDocument::~JsonDocument() = default;
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;

Result<JsonValue> JsonDocument::Parse(std::string_view text) {
  if (impl_->parser.capacity() < text.size() || impl_->parser.max_depth() != kDepthMax) {
    const auto error = impl_->parser.allocate(std::max<std::size_t>(text.size(), 4096), kDepthMax);
    if (error) return Error{ErrorCode::kTooLarge, "the text is too long"};
  }
  element root;
  const auto error = impl_->parser.parse(text.data(), text.size(), true).get(root);
  if (error) return Error{ErrorCode::kInvalidArgument, Describe(error)};
  if (const char* problem = Refusal(root)) return Error{ErrorCode::kInvalidArgument, problem};
  JsonValue value;
  std::memcpy(value.element_, static_cast<const void*>(&root), sizeof root);
  return value;
}

JsonType JsonValue::type() const {
  switch (Unpack(element_).type()) {
    case element_type::NULL_VALUE:
      return JsonType::kNull;
    case element_type::BOOL:
      return JsonType::kBool;
    case element_type::STRING:
      return JsonType::kString;
    case element_type::ARRAY:
      return JsonType::kArray;
    case element_type::OBJECT:
      return JsonType::kObject;
    default:
      return JsonType::kNumber;
  }
}

std::optional<std::string_view> JsonValue::AsString() const {
  std::string_view text;
  if (Unpack(element_).get_string().get(text)) return std::nullopt;
  return text;
}

std::optional<bool> JsonValue::AsBool() const {
  bool value = false;
  if (Unpack(element_).get_bool().get(value)) return std::nullopt;
  return value;
}

std::optional<std::int64_t> JsonValue::AsInt() const {
  std::int64_t value = 0;
  if (Unpack(element_).get_int64().get(value)) return std::nullopt;
  return value;
}

std::optional<double> JsonValue::AsDouble() const {
  double value = 0;
  if (Unpack(element_).get_double().get(value)) return std::nullopt;
  return value;
}

std::optional<JsonValue> JsonValue::Find(std::string_view name) const {
  simdjson::dom::object object;
  if (Unpack(element_).get_object().get(object)) return std::nullopt;
  for (const auto member : object) {
    if (member.key != name) continue;
    if (member.value.is_null()) return std::nullopt;
    JsonValue value;
    std::memcpy(value.element_, static_cast<const void*>(&member.value), sizeof member.value);
    return value;
  }
  return std::nullopt;
}

void JsonValue::VisitElements(void (*visit)(void*, JsonValue), void* context) const {
  simdjson::dom::array array;
  if (Unpack(element_).get_array().get(array)) return;
  for (const element child : array) {
    JsonValue value;
    std::memcpy(value.element_, static_cast<const void*>(&child), sizeof child);
    visit(context, value);
  }
}

void JsonValue::VisitMembers(void (*visit)(void*, std::string_view, JsonValue),
                             void* context) const {
  simdjson::dom::object object;
  if (Unpack(element_).get_object().get(object)) return;
  for (const auto member : object) {
    JsonValue value;
    std::memcpy(value.element_, static_cast<const void*>(&member.value), sizeof member.value);
    visit(context, member.key, value);
  }
}

std::size_t JsonValue::size() const {
  const element value = Unpack(element_);
  simdjson::dom::array array;
  if (!value.get_array().get(array)) return array.size();
  simdjson::dom::object object;
  if (!value.get_object().get(object)) return object.size();
  return 0;
}

std::string JsonValue::ToString() const { return simdjson::minify(Unpack(element_)); }

}  // namespace axonflow
