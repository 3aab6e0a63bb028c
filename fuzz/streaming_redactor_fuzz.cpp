// Streams arbitrary bytes in arbitrary chunks: the output must be that of the text in one chunk,
// the detectors must have been shown all of it, and no more may be held than is promised. The first
// bytes choose the policies and the sizes of chunks.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/catalogue.h"
#include "policy/policy_set.h"
#include "redaction/redactor.h"
#include "redaction/strategy.h"
#include "redaction/streaming_redactor.h"

namespace {

using axonflow::Result;
using axonflow::policy::Policy;
using axonflow::policy::PolicySet;
using axonflow::redaction::Openness;
using axonflow::redaction::Place;
using axonflow::redaction::StreamingRedactor;

struct Setting {
  std::shared_ptr<const PolicySet> set;
  std::shared_ptr<const Openness> openness;
};

Setting Make(bool with_statements) {
  using axonflow::redaction::Strategy;
  auto policies = axonflow::policy::BuiltinCatalogue();
  if (!policies) std::abort();
  if (!with_statements) {
    std::erase_if(*policies, [](const Policy& policy) {
      return axonflow::redaction::StrategyOf(policy) == Strategy::kRemoveStatement;
    });
  }
  auto compiled = PolicySet::Compile(std::move(*policies));
  if (!compiled) std::abort();
  std::vector<const Policy*> all;
  for (const Policy& policy : (*compiled)->policies()) all.push_back(&policy);
  return {*compiled, std::make_shared<const Openness>(all)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const Setting with = Make(true);
  static const Setting without = Make(false);
  constexpr std::size_t kSizes = 4;
  if (size <= kSizes) return 0;
  const Setting& setting = (bytes[0] & 0x80U) != 0 ? with : without;
  const std::string_view text(reinterpret_cast<const char*>(bytes) + kSizes, size - kSizes);
  std::size_t shown_last = 0;
  const auto detect = [&](std::string_view part) -> Result<std::vector<Place>> {
    shown_last = part.size();
    auto findings = setting.set->Detect(
        {.text = part, .want_spans = true, .every_phase = true, .redactable_only = true});
    if (!findings) return findings.error();
    return axonflow::redaction::PlacesOf(*setting.set, *findings, part.size());
  };
  StreamingRedactor stream(setting.openness, detect);
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; at < text.size(); ++i) {
    const std::size_t step =
        std::min<std::size_t>((bytes[i % kSizes] & 0x7FU) + i / kSizes % 2, text.size() - at);
    if (!stream.Feed(text.substr(at, step), out)) std::abort();
    if (stream.held_bytes() > StreamingRedactor::kHoldBytesMax) std::abort();
    if (stream.memory_bytes() > StreamingRedactor::kMemoryBytesMax) std::abort();
    at += step;
  }
  if (!stream.Finish(out)) std::abort();
  if (shown_last == 0 && !text.empty()) std::abort();
  const auto once = axonflow::redaction::RedactAsStream(text, setting.openness, detect);
  if (!once || *once != out) std::abort();
  return 0;
}
