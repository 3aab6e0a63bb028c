#include "governance/trace_context.h"

#include <algorithm>
#include <string>

#include "base/crypto.h"

namespace axonflow::governance {
namespace {

constexpr std::size_t kVersionDigits = 2;
constexpr std::size_t kTraceDigits = 32;
constexpr std::size_t kParentDigits = 16;
constexpr std::size_t kHeaderChars = 55;  // 00-<32>-<16>-<2>

bool IsLowerHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsAllZero(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

bool IsValid(std::string_view header) {
  if (header.size() < kHeaderChars || header[2] != '-' || header[35] != '-' || header[52] != '-') {
    return false;
  }
  const auto version = header.substr(0, kVersionDigits);
  if (!IsLowerHex(version) || version == "ff") return false;
  // Version 00 has exactly this length; later ones may add fields behind another dash.
  if (header.size() > kHeaderChars && (version == "00" || header[kHeaderChars] != '-'))
    return false;
  const auto trace = header.substr(3, kTraceDigits);
  const auto parent = header.substr(36, kParentDigits);
  return IsLowerHex(trace) && !IsAllZero(trace) && IsLowerHex(parent) && !IsAllZero(parent) &&
         IsLowerHex(header.substr(53, 2));
}

}  // namespace

TraceId TraceIdFrom(std::string_view traceparent) {
  if (IsValid(traceparent)) return TraceId(std::string(traceparent.substr(3, kTraceDigits)));
  return TraceId(NewRandomHex());
}

}  // namespace axonflow::governance
