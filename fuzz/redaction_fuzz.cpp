// Detects and redacts arbitrary bytes: valid UTF-8 must stay valid UTF-8.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "policy/catalogue.h"
#include "policy/policy_set.h"
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
  return 0;
}
