#include "identity/names.h"

#include <algorithm>
#include <array>

namespace axonflow::identity {
namespace {

constexpr std::array<std::string_view, 5> kReserved = {
    "global", "__platform__", "__axonflow_unowned__", "local-dev-org", "*"};

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool HasOnly(std::string_view name, std::string_view punctuation) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [punctuation](char c) {
           return IsAlphanumeric(c) || punctuation.find(c) != std::string_view::npos;
         });
}

}  // namespace

bool IsReservedName(std::string_view name) {
  const std::string normalized = Normalized(name);
  return std::find(kReserved.begin(), kReserved.end(), normalized) != kReserved.end();
}

bool IsDirectoryName(std::string_view name) {
  return HasOnly(name, "._-") && !IsReservedName(name);
}

bool IsCallerName(std::string_view name) { return HasOnly(name, "._@:-") && !IsReservedName(name); }

std::string Normalized(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool IsRecordableEmail(std::string_view email) {
  return !email.empty() && email.size() <= kEmailBytesMax &&
         std::none_of(email.begin(), email.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte <= 0x20 || byte == 0x7f;
         });
}

bool IsSharedIdentity(std::string_view email) {
  return email.starts_with("mcp-client:") || email.ends_with("@axonflow.local") ||
         email.ends_with("@axonflow.internal") || email == "evaluator@try.getaxonflow.com";
}

}  // namespace axonflow::identity
