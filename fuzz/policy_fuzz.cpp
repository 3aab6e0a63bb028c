// Evaluates arbitrary bytes against all policies that are patterns: no input may crash, fail, or
// give a place outside the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/catalogue.h"
#include "policy/policy_set.h"

namespace {

using axonflow::policy::Phase;
using axonflow::policy::Policy;
using axonflow::policy::PolicySet;

const PolicySet& PatternFamilies() {
  static const std::shared_ptr<const PolicySet> set = [] {
    auto policies = axonflow::policy::BuiltinCatalogue();
    if (!policies) std::abort();
    std::erase_if(*policies, [](const Policy& policy) { return policy.pattern.empty(); });
    auto compiled = PolicySet::Compile(std::move(*policies));
    if (!compiled) std::abort();
    return *compiled;
  }();
  return *set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (const Phase phase : {Phase::kRequest, Phase::kResponse}) {
    const auto placed =
        PatternFamilies().Detect({.text = text, .phase = phase, .want_spans = true});
    const auto counted = PatternFamilies().Detect({.text = text, .phase = phase});
    if (!placed || !counted || placed->size() != counted->size()) std::abort();
    for (const auto& finding : *placed) {
      std::uint32_t at = 0;
      for (const auto& span : finding.spans) {
        if (span.begin < at || span.end < span.begin || span.end > size) std::abort();
        at = span.end;
      }
    }
  }
  return 0;
}
