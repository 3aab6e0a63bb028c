#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "policy/catalogue.h"

namespace axonflow::cli {

// The policies of `paths` together: catalogue files, and folders whose .yaml files are taken in
// order of name. Of the built-in catalogue when there are none. kUnavailable when a file cannot be
// read or a folder holds none.
Result<std::vector<policy::Policy>> ReadPolicies(const std::vector<std::string>& paths);

}  // namespace axonflow::cli
