// Detects and redacts arbitrary bytes: valid UTF-8 must stay valid UTF-8, and JSON must stay JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/utf8.h"
#include "policy/catalogue.h"
#include "policy/policy_set.h"
#include "redaction/json_redactor.h"
#include "redaction/redactor.h"

namespace {

using axonflow::policy::PolicySet;

const PolicySet& AllPolicies() {
  static const std::shared_ptr<const PolicySet> set = [] {
    auto policies = axonflow::policy::BuiltinCatalogue();
    if (!policies) std::abort();
    auto compiled = PolicySet::Compile(std::move(*policies));
    if (!compiled) std::abort();
    return *compiled;
  }();
  return *set;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = axonflow::Utf8SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto findings = AllPolicies().Detect({.text = text, .want_spans = true});
  if (!findings) std::abort();
  const std::string redacted = axonflow::redaction::Redact(text, AllPolicies(), *findings);
  if (IsUtf8(text) && !IsUtf8(redacted)) std::abort();

  const auto detect =
      [](std::string_view part) -> axonflow::Result<std::vector<axonflow::redaction::Place>> {
    auto found = AllPolicies().Detect({.text = part, .want_spans = true});
    if (!found) return found.error();
    return axonflow::redaction::PlacesOf(AllPolicies(), *found, part.size());
  };
  const auto redaction = axonflow::redaction::RedactText(text, detect);
  if (!redaction) std::abort();
  axonflow::JsonDocument before;
  axonflow::JsonDocument after;
  const auto root = before.Parse(text);
  const bool container = root && (root->type() == axonflow::JsonType::kObject ||
                                  root->type() == axonflow::JsonType::kArray);
  if (container && !after.Parse(redaction->text)) std::abort();
  return 0;
}
