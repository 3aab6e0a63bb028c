#pragma once

#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "policy/catalogue.h"
#include "policy/policy_view.h"

namespace axonflow::policy::testing {

// A view of one set of system policies, as tests need it.
inline std::shared_ptr<const PolicyView> ViewOf(std::shared_ptr<const PolicySet> system,
                                                const Posture& posture = Posture()) {
  PolicyView::Parts parts;
  parts.system = std::move(system);
  parts.posture = std::make_shared<const Posture>(posture);
  auto view = PolicyView::Make(std::move(parts));
  if (!view) {
    std::cerr << view.error().message << "\n";
    std::abort();
  }
  return *view;
}

// A view of the built-in catalogue.
inline std::shared_ptr<const PolicyView> BuiltinView(const Posture& posture = Posture()) {
  static const auto set = *PolicySet::Compile(*BuiltinCatalogue());
  return ViewOf(set, posture);
}

}  // namespace axonflow::policy::testing
