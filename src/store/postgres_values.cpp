#include "store/postgres_values.h"

#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "base/utf8.h"

namespace axonflow::store::internal {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr int kTextFormat = 0;
constexpr int kBinaryFormat = 1;

bool IsPlain(std::string_view text) {
  for (const char c : text) {
    if (c <= 0) return false;  // zero, or the start of a longer sequence
  }
  return true;
}

template <typename Number>
std::string Digits(Number value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::int16_t Int16At(std::string_view bytes, std::size_t at) {
  return static_cast<std::int16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                   static_cast<unsigned char>(bytes[at + 1]));
}

}  // namespace

std::string AsPostgresText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = text[0] == '\0' ? 0 : Utf8SequenceLength(text);
    if (length == 0) {
      out.append(kReplacement);
      text.remove_prefix(1);
    } else {
      out.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return out;
}

PostgresParameters::PostgresParameters(const std::vector<Value>& values) {
  addresses_.reserve(values.size());
  lengths_.reserve(values.size());
  formats_.reserve(values.size());
  copies_.reserve(values.size());  // their addresses must not move
  for (const Value& value : values) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
      AddCopy(Digits(*number));
    } else if (const auto* real = std::get_if<double>(&value)) {
      AddCopy(Digits(*real));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      AddText(*text);
    } else if (const auto* view = std::get_if<TextView>(&value)) {
      AddText(view->text);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      AddBytes(blob->bytes);
    } else if (const auto* blob_view = std::get_if<BlobView>(&value)) {
      AddBytes(blob_view->bytes);
    } else {
      addresses_.push_back(nullptr);
      lengths_.push_back(0);
      formats_.push_back(kTextFormat);
    }
  }
}

// In the text format a value ends at its first zero byte, which a view need not have: so a copy.
// The binary format would do without, but a number that a caller writes as text has to be parsed.
void PostgresParameters::AddText(std::string_view text) {
  AddCopy(IsPlain(text) ? std::string(text) : AsPostgresText(text));
}

void PostgresParameters::AddBytes(std::string_view bytes) {
  addresses_.push_back(bytes.data() == nullptr ? "" : bytes.data());
  lengths_.push_back(static_cast<int>(bytes.size()));
  formats_.push_back(kBinaryFormat);
}

void PostgresParameters::AddCopy(std::string text) {
  copies_.push_back(std::move(text));
  addresses_.push_back(copies_.back().c_str());
  lengths_.push_back(static_cast<int>(copies_.back().size()));
  formats_.push_back(kTextFormat);
}

std::int64_t IntegerOfNumeric(std::string_view bytes) {
  constexpr std::size_t kHeader = 8;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  constexpr std::int16_t kNegative = 0x4000;
  if (bytes.size() < kHeader) return 0;
  const int digits = Int16At(bytes, 0);
  const int weight = Int16At(bytes, 2);
  const bool negative = Int16At(bytes, 4) == kNegative;
  std::int64_t value = 0;
  for (int i = 0; i <= weight; ++i) {
    const std::size_t at = kHeader + 2 * static_cast<std::size_t>(i);
    const std::int64_t digit = i < digits && at + 2 <= bytes.size() ? Int16At(bytes, at) : 0;
    if (value > (kMax - digit) / 10'000) return negative ? -kMax : kMax;
    value = value * 10'000 + digit;
  }
  return negative ? -value : value;
}

}  // namespace axonflow::store::internal
