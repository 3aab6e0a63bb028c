#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "policy/policy_set.h"

namespace axonflow::app {

// Compiles the built-in catalogue, or the *.yaml files of `directory` (in order of name) when it is
// not empty.
Result<std::shared_ptr<const policy::PolicySet>> LoadPolicies(const std::string& directory);

}  // namespace axonflow::app
