#include "policy_admin/records.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"
#include "policy_admin/requests.h"

namespace axonflow::policy_admin {

std::string_view ToString(PolicyKind kind) {
  return kind == PolicyKind::kStatic ? "static" : "dynamic";
}

std::string_view ToString(ChangeType type) {
  constexpr std::array<std::string_view, 5> kWords = {"created", "updated", "deleted", "enabled",
                                                      "disabled"};
  return kWords[static_cast<std::size_t>(type)];
}

std::string_view ToString(Clamp clamp) {
  constexpr std::array<std::string_view, 3> kWords = {"", "exceeds_hard_cap", "below_minimum"};
  return kWords[static_cast<std::size_t>(clamp)];
}

std::string_view ToString(DiffKind kind) {
  constexpr std::array<std::string_view, 4> kWords = {"create", "update", "delete", "unchanged"};
  return kWords[static_cast<std::size_t>(kind)];
}

bool Diff::Changes() const {
  return std::ranges::any_of(
      entries, [](const DiffEntry& each) { return each.kind != DiffKind::kUnchanged; });
}

std::string SystemPolicyUuid(PolicyKind kind, std::string_view slug) {
  Digest256 digest = Sha256("axonflow/" + std::string(ToString(kind)) + "/" + std::string(slug));
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0FU) | 0x80U);
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3FU) | 0x80U);
  std::string text = HexEncode(std::span(digest).first(16));
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
  return text;
}

}  // namespace axonflow::policy_admin
