#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "policy/dynamic/dynamic_json.h"

namespace axonflow::policy_admin {

// Why a call on policies was refused, where the code of the error does not say enough for the wire.
enum class Reason : std::uint8_t {
  kNone,            // the code says all
  kValidation,      // `fields` holds every problem
  kSystemTier,      // a system policy cannot be created, changed, disabled or deleted
  kForeignTier,     // an organization's policy, and the actor has no authority over it
  kPolicyLimit,     // one more policy than Limits allows
  kNotOverridable,  // critical risk, or allow_override is false
  kOwnPolicy,       // an override is for policies that are not one's own: change the policy
  kSegmentPolicy,   // a policy of a segment takes no override
  kDuplicate,       // the slug, or the name of an import with mode error, is taken
};

using FieldProblem = policy::FieldProblem;  // field "name", "conditions[0].operator"; message

struct Refusal {
  Error error;
  Reason reason = Reason::kNone;
  std::vector<FieldProblem> fields;  // with kValidation, all of them
};

// A value or a Refusal; otherwise as Result.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Outcome(Refusal refusal)                                   // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::move(refusal)) {}
  Outcome(Error error)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, Refusal{std::move(error), Reason::kNone, {}}) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Refusal& refusal() const { return std::get<1>(state_); }
  const Error& error() const { return refusal().error; }

 private:
  std::variant<T, Refusal> state_;
};

}  // namespace axonflow::policy_admin
