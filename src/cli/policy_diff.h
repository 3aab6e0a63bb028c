#pragma once

#include <string>
#include <string_view>

#include "policy_admin/requests.h"

namespace axonflow::cli {

// From which side a difference between files and store is told.
enum class DiffWording {
  kPlan,   // what applying the files would do
  kDone,   // what applying the files did
  kDrift,  // where the store has left the files
};

// The entries that are not unchanged with their differing fields, then a line that counts. `owner`
// is "tenant shop" or "organization acme".
std::string DiffAsText(const policy_admin::Diff& diff, std::string_view owner, DiffWording wording);

// One object: owner members, changes, counts, entries with fields as JSON values.
std::string DiffAsJson(const policy_admin::Diff& diff, std::string_view tier,
                       std::string_view owner_id, DiffWording wording);

}  // namespace axonflow::cli
