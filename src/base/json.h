#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace axonflow {

enum class JsonType { kNull, kBool, kNumber, kString, kArray, kObject };

class JsonDocument;

// A view of one value inside a JsonDocument; valid while the document lives and is not parsed anew.
// Copying is free. Lookups are linear in the number of members, which is right for request bodies.
class JsonValue {
 public:
  JsonType type() const;
  bool IsNull() const { return type() == JsonType::kNull; }

  // The value when it has that type, else nothing. Integers written as 5.0 are not integers.
  std::optional<std::string_view> AsString() const;
  std::optional<bool> AsBool() const;
  std::optional<std::int64_t> AsInt() const;
  std::optional<double> AsDouble() const;  // any number

  // Member `name` of an object. Nothing when absent, when null (clients send explicit nulls for
  // "absent") or when this is not an object.
  std::optional<JsonValue> Find(std::string_view name) const;

  // Visits array elements or object members in document order. Visit = void(JsonValue) or
  // void(std::string_view key, JsonValue). Does nothing when this is not an array or object.
  template <typename Visit>
  void ForEachElement(Visit&& visit) const {
    VisitElements([](void* context, JsonValue value) { (*static_cast<Visit*>(context))(value); },
                  const_cast<void*>(static_cast<const void*>(&visit)));
  }
  template <typename Visit>
  void ForEachMember(Visit&& visit) const {
    VisitMembers([](void* context, std::string_view key,
                    JsonValue value) { (*static_cast<Visit*>(context))(key, value); },
                 const_cast<void*>(static_cast<const void*>(&visit)));
  }
  std::size_t size() const;  // elements of an array, members of an object, else 0

  // This value as compact JSON text.
  std::string ToString() const;

 private:
  friend class JsonDocument;
  void VisitElements(void (*visit)(void*, JsonValue), void* context) const;
  void VisitMembers(void (*visit)(void*, std::string_view, JsonValue), void* context) const;

  alignas(8) unsigned char element_[16] = {};  // a simdjson::dom::element, kept out of this header
};

// A parsed JSON text (RFC 8259, strict). Keeps its buffers from one Parse to the next, so one per
// thread costs no allocation a request. Not thread-safe.
class JsonDocument {
 public:
  static constexpr std::size_t kDepthMax = 64;

  JsonDocument();
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;

  // Parses `text` and returns its root. Refuses (kInvalidArgument) with a sentence that says what
  // is wrong: syntax, invalid or overlong UTF-8, lone surrogates, U+0000 inside a string, duplicate
  // keys, a number outside the range of double, nesting deeper than kDepthMax, trailing text.
  Result<JsonValue> Parse(std::string_view text);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace axonflow
