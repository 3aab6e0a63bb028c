#include "secrets/reference.h"

#include <algorithm>
#include <array>
#include <utility>

namespace axonflow::secrets {
namespace {

constexpr std::size_t kShownBytes = 4;
constexpr std::size_t kNameBytesMax = 256;

constexpr std::array<std::string_view, static_cast<std::size_t>(Reference::Scheme::kCount)>
    kSchemes = {"env", "file", "vault", "aws-sm"};

std::optional<Reference::Scheme> SchemeOf(std::string_view text) {
  for (std::size_t i = 0; i < kSchemes.size(); ++i) {
    if (text.starts_with(kSchemes[i]) && text.substr(kSchemes[i].size()).starts_with(':')) {
      return static_cast<Reference::Scheme>(i);
    }
  }
  return std::nullopt;
}

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool Consists(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return IsWordByte(c) || others.find(c) != std::string_view::npos;
  });
}

// No empty, "." or ".." segment: what the path means must not depend on who normalizes it.
bool IsPlainPath(std::string_view path) {
  while (true) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    if (segment.empty() || segment == "." || segment == "..") return false;
    if (slash == path.size()) return true;
    path.remove_prefix(slash + 1);
  }
}

Status Check(const Reference& reference) {
  const auto bad = [](std::string_view want) {
    return Error{ErrorCode::kInvalidArgument, "a secret reference must be " + std::string(want)};
  };
  const std::string_view path = reference.path;
  const bool field_ok = reference.field.empty() || (reference.field.size() <= kNameBytesMax &&
                                                    Consists(reference.field, "-."));
  switch (reference.scheme) {
    case Reference::Scheme::kEnv:
      if (path.size() > kNameBytesMax || !Consists(path, "") || !reference.field.empty()) {
        return bad("env:NAME");
      }
      return {};
    case Reference::Scheme::kFile:
      if (!path.starts_with('/') || !field_ok ||
          path.find_first_of(std::string_view("\0\n", 2)) != std::string_view::npos) {
        return bad("file:/absolute/path or file:/absolute/path#field");
      }
      return {};
    case Reference::Scheme::kVault:
      if (!Consists(path, "-./") || path.find('/') == std::string_view::npos ||
          !IsPlainPath(path) || reference.field.empty() || !field_ok) {
        return bad("vault:mount/path#field");
      }
      return {};
    case Reference::Scheme::kAws:
      // The characters of secret names (Secrets Manager, CreateSecret) and the colons of an ARN.
      if (!Consists(path, "/+=.@-:") || !field_ok) return bad("aws-sm:name#field or aws-sm:arn");
      return {};
    case Reference::Scheme::kCount:
      break;
  }
  return bad("one of env:, file:, vault:, aws-sm:");
}

}  // namespace

std::string_view ToString(Reference::Scheme scheme) {
  return scheme == Reference::Scheme::kCount ? "unknown"
                                             : kSchemes[static_cast<std::size_t>(scheme)];
}

bool Reference::IsOne(std::string_view text) { return SchemeOf(text).has_value(); }

Result<Reference> Reference::Parse(std::string_view text) {
  const auto scheme = SchemeOf(text);
  if (!scheme || text.size() > kBytesMax) {
    return Error{ErrorCode::kInvalidArgument, "not a secret reference"};
  }
  Reference reference;
  reference.scheme = *scheme;
  text.remove_prefix(kSchemes[static_cast<std::size_t>(*scheme)].size() + 1);
  const std::size_t hash = text.rfind('#');
  reference.path = text.substr(0, hash);
  if (hash != std::string_view::npos) {
    reference.field = text.substr(hash + 1);
    if (reference.field.empty()) {
      return Error{ErrorCode::kInvalidArgument, "a secret reference ends behind its #"};
    }
  }
  if (auto checked = Check(reference); !checked) return checked.error();
  return reference;
}

std::string Reference::ToString() const {
  return std::string(secrets::ToString(scheme)) + ":" + path + (field.empty() ? "" : "#" + field);
}

std::string Reference::Masked() const {
  if (scheme == Scheme::kEnv || scheme == Scheme::kFile) return ToString();
  const std::string_view tail =
      path.size() > 2 * kShownBytes ? std::string_view(path).substr(path.size() - kShownBytes) : "";
  return std::string(secrets::ToString(scheme)) + ":***" + std::string(tail);
}

}  // namespace axonflow::secrets
