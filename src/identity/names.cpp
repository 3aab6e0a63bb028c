#include "identity/names.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

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
  if (email.size() > kEmailBytesMax) return false;
  const std::size_t at = email.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == email.size()) return false;
  if (email.find('@', at + 1) != std::string_view::npos) return false;
  while (!email.empty()) {
    const std::size_t length = Utf8SequenceLength(email);
    if (length == 0) return false;
    const auto lead = static_cast<unsigned char>(email[0]);
    const bool control = lead <= 0x20 || lead == 0x7f ||
                         (lead == 0xc2 && static_cast<unsigned char>(email[1]) <= 0xa0);
    if (control) return false;
    email.remove_prefix(length);
  }
  return true;
}

bool IsSharedIdentity(std::string_view email) {
  return email.starts_with("mcp-client:") || email.ends_with("@axonflow.local") ||
         email.ends_with("@axonflow.internal") || email == "evaluator@try.getaxonflow.com";
}

}  // namespace axonflow::identity
