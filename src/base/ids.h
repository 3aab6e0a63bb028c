#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace axonflow {

// A string that names one kind of thing. Two kinds never mix by accident: a function that takes a
// TenantId refuses a ClientId at compile time.
template <typename Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string text) : text_(std::move(text)) {}

  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const StrongId&) const = default;

 private:
  std::string text_;
};

using OrgId = StrongId<struct OrgIdTag>;
using TenantId = StrongId<struct TenantIdTag>;
using ClientId = StrongId<struct ClientIdTag>;
using DecisionId = StrongId<struct DecisionIdTag>;  // lower-case UUID version 4
using TraceId = StrongId<struct TraceIdTag>;        // 32 lower-case hex digits, never all zero

// Place of a record in the journal: 1 for the first record ever written, then without gaps. 0 =
// none.
enum class JournalPosition : std::uint64_t { kNone = 0 };

constexpr std::uint64_t ToNumber(JournalPosition position) {
  return static_cast<std::uint64_t>(position);
}

}  // namespace axonflow

template <typename Tag>
struct std::hash<axonflow::StrongId<Tag>> {
  std::size_t operator()(const axonflow::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.str());
  }
};
