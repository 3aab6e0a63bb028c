#include "redaction/json_redactor.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "redaction/json_leaves.h"

namespace axonflow::redaction {
namespace {

// Shorter leaves are not asked about by themselves: no value is so short without its label.
constexpr std::size_t kStringBytesMin = 4;
constexpr std::size_t kNumberBytesMin = 7;

using Kind = JsonLeaf::Kind;

// Where bytes [begin, end) of the content of a JSON string stand in what it reads as.
policy::Span Decoded(policy::Span raw, const std::vector<std::uint32_t>& places) {
  if (places.empty()) return raw;
  const auto at = [&](std::uint32_t place) {
    return static_cast<std::uint32_t>(std::ranges::lower_bound(places, place) - places.begin());
  };
  // A begin within an escape is one at the escape.
  const auto begin = static_cast<std::uint32_t>(std::max<std::ptrdiff_t>(
      std::ranges::upper_bound(places, raw.begin) - places.begin() - 1, 0));
  return {std::min(begin, at(raw.begin)), at(raw.end)};
}

class JsonRedactor {
 public:
  JsonRedactor(std::string_view text, JsonLeaves json, const Detect& detect)
      : text_(text), json_(std::move(json)), detect_(detect), parts_(json_.leaves.size()) {}

  Result<Redaction> Redact();

 private:
  void Distribute(const Place& place);
  Status RedactLeaf(std::size_t index);
  std::string KeyOf(std::uint32_t leaf) const;
  std::string PathOf(const JsonLeaf& leaf) const;
  std::string Distinct(const JsonLeaf& leaf, std::string key);

  std::string_view text_;
  JsonLeaves json_;
  const Detect& detect_;
  std::vector<std::vector<Place>> parts_;      // by leaf: what the whole text shows in it
  std::map<std::uint32_t, std::string> keys_;  // by leaf: keys that were redacted
  std::map<std::pair<std::uint32_t, std::string>, int> keys_of_;  // of a container
  std::size_t at_ = 0;
  Redaction out_;
};

// Gives each value that `place` touches its part of it.
void JsonRedactor::Distribute(const Place& place) {
  if (place.strategy == Strategy::kNone) return;
  const auto [begin, end] = place.span;
  const auto first = std::ranges::partition_point(
      json_.leaves, [begin = begin](const JsonLeaf& leaf) { return leaf.end <= begin; });
  const auto last = std::ranges::partition_point(
      json_.leaves, [end = end](const JsonLeaf& leaf) { return leaf.begin < end; });
  if (first >= last) return;
  const bool touches_value =
      std::any_of(first, last, [](const JsonLeaf& leaf) { return leaf.kind != Kind::kKey; });
  for (auto leaf = first; leaf != last; ++leaf) {
    if (touches_value && leaf->kind == Kind::kKey) continue;
    Place part = place;
    part.span = {std::max(begin, leaf->begin) - leaf->begin,
                 std::min(end, leaf->end) - leaf->begin};
    parts_[static_cast<std::size_t>(leaf - json_.leaves.begin())].push_back(part);
  }
}

std::string JsonRedactor::KeyOf(std::uint32_t leaf) const {
  if (const auto redacted = keys_.find(leaf); redacted != keys_.end()) return redacted->second;
  const JsonLeaf& key = json_.leaves[leaf];
  std::vector<std::uint32_t> places;
  return DecodeJsonString(text_.substr(key.begin, key.end - key.begin), places);
}

std::string JsonRedactor::PathOf(const JsonLeaf& leaf) const {
  std::vector<std::string> steps;
  JsonContainer at{
      .object = false, .container = leaf.container, .element = leaf.element, .key = leaf.key};
  while (true) {
    const JsonContainer& container = json_.containers[at.container];
    steps.push_back(container.object ? "." + KeyOf(at.key)
                                     : "[" + std::to_string(at.element) + "]");
    if (at.container == 0) break;
    at = container;
  }
  std::string path;
  for (std::size_t i = steps.size(); i-- > 0;) path += steps[i];
  return path.starts_with('.') ? path.substr(1) : path;
}

std::string JsonRedactor::Distinct(const JsonLeaf& leaf, std::string key) {
  const int count = ++keys_of_[{leaf.container, key}];
  return count == 1 ? key : key + "#" + std::to_string(count);
}

Status JsonRedactor::RedactLeaf(std::size_t index) {
  const JsonLeaf& leaf = json_.leaves[index];
  const std::string_view raw = text_.substr(leaf.begin, leaf.end - leaf.begin);
  const bool is_text = leaf.kind == Kind::kKey || leaf.kind == Kind::kString;
  std::vector<std::uint32_t> offsets;
  const std::string value = is_text ? DecodeJsonString(raw, offsets) : std::string(raw);
  std::vector<Place> places;
  if (leaf.kind != Kind::kLiteral &&
      value.size() >= (is_text ? kStringBytesMin : kNumberBytesMin)) {
    auto found = detect_(value);
    if (!found) return found.error();
    places = std::move(*found);
  }
  for (Place part : parts_[index]) {
    part.span = Decoded(part.span, offsets);
    places.push_back(part);
  }
  if (places.empty()) return {};
  Redaction redaction = RedactAndReport(value, std::move(places));
  if (redaction.fields.empty()) return {};
  if (leaf.kind == Kind::kKey) {
    redaction.text = Distinct(leaf, std::move(redaction.text));
    keys_[static_cast<std::uint32_t>(index)] = redaction.text;
  }
  out_.text += text_.substr(at_, leaf.begin - at_);
  if (!is_text) out_.text += '"';
  out_.text += EncodeJsonString(redaction.text);
  if (!is_text) out_.text += '"';
  at_ = leaf.end;
  const std::string path = PathOf(leaf);
  for (RedactedField& field : redaction.fields) {
    field.path = path;
    out_.fields.push_back(std::move(field));
  }
  return {};
}

Result<Redaction> JsonRedactor::Redact() {
  auto found = detect_(text_);
  if (!found) return found.error();
  for (const Place& place : *found) Distribute(place);
  for (std::size_t i = 0; i < json_.leaves.size(); ++i) {
    if (auto status = RedactLeaf(i); !status) return status.error();
  }
  out_.text += text_.substr(at_);
  return std::move(out_);
}

}  // namespace

Result<Redaction> RedactText(std::string_view text, const Detect& detect) {
  if (auto json = ReadJsonLeaves(text)) {
    return JsonRedactor(text, std::move(*json), detect).Redact();
  }
  auto places = detect(text);
  if (!places) return places.error();
  return RedactAndReport(text, std::move(*places));
}

}  // namespace axonflow::redaction
