#include "api/decide_context.h"

#include <algorithm>

#include "base/utf8.h"

namespace axonflow::api {
namespace {

bool IsAllowed(std::string_view key, const std::vector<std::string>& allowlist) {
  return std::ranges::any_of(allowlist, [&](const std::string& entry) {
    if (!entry.ends_with('*')) return key == entry;
    return key.starts_with(std::string_view(entry).substr(0, entry.size() - 1));
  });
}

}  // namespace

std::string CanonicalContextKey(std::string_view key) {
  std::string out(key);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c == '-' || c == ' ' || c == '.') c = '_';
  }
  return out;
}

DecisionContext ReadDecisionContext(const JsonValue& object,
                                    const std::vector<std::string>& allowlist) {
  DecisionContext context;
  object.ForEachMember([&](std::string_view name, JsonValue value) {
    const auto text = value.AsString();
    std::string key = CanonicalContextKey(name);
    if (!text || !IsAllowed(key, allowlist)) return;
    // Two spellings of one key: the first stands, and the answer says that something was left out.
    const bool repeated =
        std::ranges::any_of(context.entries, [&](const auto& entry) { return entry.first == key; });
    if (repeated || context.entries.size() == kContextKeysMax) {
      context.truncated = true;
      return;
    }
    const auto kept = Utf8Prefix(*text, kContextValueBytesMax);
    if (kept.size() < text->size()) context.truncated = true;
    context.entries.emplace_back(std::move(key), kept);
  });
  std::ranges::sort(context.entries);
  return context;
}

}  // namespace axonflow::api
