#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace axonflow::policy::sql {

// How the application that receives a field will read its bytes.
enum class Encoding : std::uint8_t {
  kPlain,  // as they stand, but for percent signs that some later stage may undo
  kForm,   // percent-encoding, and a plus for a space
  kJson,   // backslash escapes of a JSON string
};

// A piece of a request that ends up in a variable of its own: bytes [begin, end) of the text.
struct Field {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  Encoding encoding = Encoding::kPlain;
  // The field is meant for whole statements as far as one can see: a string of JSON, which tools
  // are called with, or one that its name says so of ("sql", "query").
  bool may_be_statement = false;
};

// Texts up to this length are split into fields; longer ones are judged as a whole only.
inline constexpr std::size_t kRequestBytesMax = 16'384;
// What stands behind the last of them is not split off.
inline constexpr std::size_t kFieldsMax = 128;

// The fields of one text, in order.
class Fields {
 public:
  // Leaves out empty fields and those beyond kFieldsMax.
  void Add(std::size_t begin, std::size_t end, Encoding encoding, bool may_be_statement = false) {
    if (begin >= end || size_ == fields_.size()) return;
    fields_[size_++] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                        encoding, may_be_statement};
  }
  const Field* begin() const { return fields_.data(); }
  const Field* end() const { return fields_.data() + size_; }
  bool empty() const { return size_ == 0; }
  void clear() { size_ = 0; }
  bool full() const { return size_ == fields_.size(); }

 private:
  std::array<Field, kFieldsMax> fields_;
  std::size_t size_ = 0;
};

// Splits `text` when it is a request of the web or a part of one: a request line with or without
// headers and body (form, JSON, XML, multipart), header lines, a URL with a query, a query string
// or form, a JSON document. Returns false, with no fields, for any other text. Reads each byte a
// bounded number of times and never allocates.
bool SplitRequest(std::string_view text, Fields& fields);

// Splits off the pairs (a=1&b=2) that stand anywhere in a text that is no request, as URLs in prose
// do. Returns false, with no fields, when there are none.
bool SplitPairs(std::string_view text, Fields& fields);

// Decodes the bytes of `field` into `decoded`, and where each byte came from, an offset in `text`,
// into `origin`, which has room for one more. Undoes up to three layers of percent-encoding, the
// field's own encoding and the named and numbered characters of HTML that quote or compare. Returns
// the number of bytes; at most `room` are written and the rest is left out.
std::size_t DecodeField(std::string_view text, const Field& field, char* decoded,
                        std::uint32_t* origin, std::size_t room);

}  // namespace axonflow::policy::sql
