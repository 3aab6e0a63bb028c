#include "providers/parts.h"

#include <algorithm>
#include <utility>

#include "redaction/json_leaves.h"

namespace axonflow::providers {
namespace {

using redaction::JsonContainer;
using redaction::JsonLeaf;
using redaction::JsonLeaves;
using Kind = JsonLeaf::Kind;

constexpr std::size_t kNameBytesMax = 32;
constexpr std::size_t kMediaTypeEndMax = 64;  // of a data URL
// More digits than any count of tokens or time has, and fewer than a card number.
constexpr std::size_t kCountBytesMax = 12;

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// A word of a protocol may hold digits and dashes ("function_call", "24h", "b64-json"), but begins
// with a letter and is short.
bool IsWord(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax && text[0] >= 'a' && text[0] <= 'z' &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                  c == '.';
         });
}

bool IsMediaType(std::string_view type) {
  return type.starts_with("image/") || type.starts_with("audio/");
}

bool CarriesMedia(std::string_view url) {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kCoding = ";base64,";
  const auto coding = url.find(kCoding);
  return url.starts_with(kScheme) && coding != std::string_view::npos &&
         coding < kMediaTypeEndMax && IsMediaType(url.substr(kScheme.size(), 16)) &&
         IsBase64(url.substr(coding + kCoding.size()));
}

class PartReader {
 public:
  PartReader(const Fields& fields, std::string_view json, JsonLeaves leaves)
      : fields_(fields), json_(json), leaves_(std::move(leaves)) {}

  std::vector<Part> Read() {
    NameContainers();
    FindUnknown();
    for (std::size_t i = 0; i < leaves_.leaves.size(); ++i) AddLeaf(leaves_.leaves[i]);
    return std::move(parts_);
  }

 private:
  std::string_view Raw(const JsonLeaf& leaf) const {
    return json_.substr(leaf.begin, leaf.end - leaf.begin);
  }
  std::string Decoded(const JsonLeaf& leaf) const {
    const auto raw = Raw(leaf);
    if (raw.find('\\') == std::string_view::npos) return std::string(raw);
    std::vector<std::uint32_t> places;
    return redaction::DecodeJsonString(raw, places);
  }
  std::string PathIn(std::uint32_t container, std::uint32_t key) const {
    if (!leaves_.containers[container].object) return paths_[container] + "[]";
    const auto name = Decoded(leaves_.leaves[key]);
    return paths_[container].empty() ? name : paths_[container] + "." + name;
  }
  void NameContainers();
  void FindUnknown();
  void AddLeaf(const JsonLeaf& leaf);
  bool BesideMediaType(const JsonLeaf& leaf) const;

  const Fields& fields_;
  const std::string_view json_;
  const JsonLeaves leaves_;
  std::vector<std::string> paths_;  // of each container
  std::vector<bool> unknown_;       // of each container: it or one around it is of unknown type
  std::vector<Part> parts_;
};

// Containers come in the order they open, so the one around each is named before it.
void PartReader::NameContainers() {
  paths_.resize(leaves_.containers.size());
  for (std::size_t i = 1; i < leaves_.containers.size(); ++i) {
    const JsonContainer& at = leaves_.containers[i];
    paths_[i] = PathIn(at.container, at.key);
  }
}

void PartReader::FindUnknown() {
  unknown_.assign(leaves_.containers.size(), false);
  for (const JsonLeaf& leaf : leaves_.leaves) {
    if (leaf.kind == Kind::kKey || !leaves_.containers[leaf.container].object) continue;
    if (TreatmentOf(fields_, PathIn(leaf.container, leaf.key)) != Treatment::kPartType) continue;
    const bool known =
        leaf.kind == Kind::kString &&
        std::ranges::find(fields_.part_types, Decoded(leaf)) != fields_.part_types.end();
    if (!known) unknown_[leaf.container] = true;
  }
  for (std::size_t i = 1; i < unknown_.size(); ++i) {
    if (unknown_[leaves_.containers[i].container]) unknown_[i] = true;
  }
}

bool PartReader::BesideMediaType(const JsonLeaf& leaf) const {
  return std::ranges::any_of(leaves_.leaves, [&](const JsonLeaf& other) {
    return other.container == leaf.container && other.kind == Kind::kString &&
           Raw(leaves_.leaves[other.key]) == "media_type" && IsMediaType(Raw(other));
  });
}

void PartReader::AddLeaf(const JsonLeaf& leaf) {
  if (leaf.kind == Kind::kLiteral) return;
  Part part;
  part.begin = leaf.begin;
  part.end = leaf.end;
  part.withheld = unknown_[leaf.container];
  if (leaf.kind == Kind::kKey) {
    if (!part.withheld && IsName(Raw(leaf))) return;
    part.path = paths_[leaf.container] + "{}";
    part.text = Decoded(leaf);
    // The names of an unknown object stay, so that who reads it sees what it was.
    if (part.withheld && IsName(part.text)) return;
    parts_.push_back(std::move(part));
    return;
  }
  part.path = PathIn(leaf.container, leaf.key);
  part.quoted = leaf.kind == Kind::kString;
  const Treatment treatment = TreatmentOf(fields_, part.path);
  const bool opaque = treatment == Treatment::kOpaque;
  if (opaque && !part.withheld && (!part.quoted || IsBase64(Raw(leaf)))) return;
  const bool count = treatment == Treatment::kCount && !part.quoted;
  if (count && leaf.end - leaf.begin <= kCountBytesMax) return;
  part.echo = treatment == Treatment::kEcho;
  if (!part.quoted && !part.echo && leaf.end - leaf.begin < kNumberBytesMin) return;
  part.text = part.quoted ? Decoded(leaf) : std::string(Raw(leaf));
  if (part.text.empty()) return;
  const bool word = treatment == Treatment::kWord || treatment == Treatment::kPartType;
  if (word && IsWord(part.text)) return;
  if (treatment == Treatment::kMediaUrl && !part.withheld && CarriesMedia(part.text)) return;
  const bool media = treatment == Treatment::kMedia && !part.withheld;
  if (media && IsBase64(part.text) && BesideMediaType(leaf)) return;
  part.attached = word || count || opaque || treatment == Treatment::kAttached;
  part.json = treatment == Treatment::kArguments;
  parts_.push_back(std::move(part));
}

}  // namespace

bool IsBase64(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '=' || c == '-' || c == '_';
  });
}

Result<std::vector<Part>> ReadParts(const Fields& fields, std::string_view json) {
  auto leaves = redaction::ReadJsonLeaves(json);
  if (!leaves || leaves->containers.empty() || !leaves->containers[0].object) {
    return Error{ErrorCode::kInvalidArgument, "a JSON object is expected"};
  }
  return PartReader(fields, json, std::move(*leaves)).Read();
}

std::string Rewrite(std::string_view json, std::span<const Part> parts,
                    std::span<const std::string> replacements) {
  std::string out;
  out.reserve(json.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    if (replacements[i] == part.text) continue;
    out.append(json.substr(at, part.begin - at));
    if (part.echo) {
      // Keeps the type of the value, which programs go by.
      if (!part.quoted) out.push_back('0');
      at = part.end;
      continue;
    }
    if (!part.quoted) out.push_back('"');
    out += redaction::EncodeJsonString(replacements[i]);
    if (!part.quoted) out.push_back('"');
    at = part.end;
  }
  out.append(json.substr(at));
  return out;
}

}  // namespace axonflow::providers
