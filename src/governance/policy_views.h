#pragma once

#include <memory>
#include <utility>

#include "base/ids.h"
#include "base/result.h"
#include "base/task.h"
#include "policy/policy_view.h"

namespace axonflow::governance {

using View = std::shared_ptr<const policy::PolicyView>;

// Where the pipeline gets the policies of a tenant. Thread-safe.
class PolicyViews {
 public:
  virtual ~PolicyViews() = default;

  // The view of the tenant when it is in memory, else null. Never waits.
  virtual View Find(const OrgId& org, const TenantId& tenant) = 0;

  // Brings the view into memory; callers that ask for the same one share one load. Resumes on the
  // executor of the caller. Fails with kUnavailable when it cannot be loaded: the exchange must
  // then be refused.
  virtual Task<Result<View>> Load(OrgId org, TenantId tenant) = 0;

  // Why nobody could be judged at all, when that is so: the built-in policies could not be loaded.
  virtual Status health() const = 0;
};

// The same view for everybody: the command line, and tests. Without a view everybody is refused.
class FixedPolicyViews final : public PolicyViews {
 public:
  explicit FixedPolicyViews(View view) : view_(std::move(view)) {}

  View Find(const OrgId& /*org*/, const TenantId& /*tenant*/) override { return view_; }
  Task<Result<View>> Load(OrgId /*org*/, TenantId /*tenant*/) override {
    if (view_) co_return view_;
    co_return Error{ErrorCode::kUnavailable, "Policy engine unavailable: no policies loaded"};
  }
  Status health() const override {
    if (view_) return {};
    return Error{ErrorCode::kUnavailable, "no policies are loaded"};
  }

 private:
  const View view_;
};

}  // namespace axonflow::governance
