#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "policy/policy_view.h"

namespace axonflow::app {

// The policies of the system's tier, compiled.
struct SystemPolicies {
  std::shared_ptr<const policy::PolicySet> patterns;
  std::shared_ptr<const policy::DynamicSet> dynamic;  // null beside a catalogue of somebody's own
};
Result<SystemPolicies> LoadSystemPolicies(const std::string& directory);

// Compiles the built-in catalogue, or the *.yaml files of `directory` (in order of name) when it is
// not empty.
Result<std::shared_ptr<const policy::PolicySet>> LoadPolicies(const std::string& directory);

}  // namespace axonflow::app
