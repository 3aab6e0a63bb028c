#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace axonflow {

// What kind of failure an Error is. The API maps each code to one HTTP status (see api/errors.h),
// so pick the code by what the caller can do about it, not by where it happened.
enum class ErrorCode {
  kInvalidArgument,   // the input is wrong; the same input will fail again
  kUnauthenticated,   // no or wrong credentials
  kPermissionDenied,  // known caller, not allowed
  kNotFound,
  kConflict,           // the state changed or the object exists
  kTooLarge,           // a named bound was exceeded
  kResourceExhausted,  // a bounded queue or quota is full; may pass later
  kUnavailable,        // a dependency is away (disk, database); may pass later
  kDeadlineExceeded,
  kCorrupt,  // stored bytes fail their check
  kInternal,
};

struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  // one sentence for a person; never a secret, never a prompt
};

// A value or an Error. Check it before use; dereferencing a failed Result terminates.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace axonflow
