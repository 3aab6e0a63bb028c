#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "policy/types.h"
#include "store/database.h"

// How values of this room's rows are written and read.
namespace axonflow::policy_admin {

inline std::int64_t Microseconds(Time time) { return time.time_since_epoch().count(); }
inline store::Value Microseconds(const std::optional<Time>& time) {
  return time ? store::Value(Microseconds(*time)) : store::Value();
}
inline Time TimeAt(const store::Row& row, int column) {
  return Time(std::chrono::microseconds(row.Int(column)));
}
inline std::optional<Time> OptionalTimeAt(const store::Row& row, int column) {
  if (row.IsNull(column)) return std::nullopt;
  return TimeAt(row, column);
}

inline std::string TextAt(const store::Row& row, int column) {
  return std::string(row.Text(column));
}
inline store::Value TextOrNull(const std::string& text) {
  return text.empty() ? store::Value() : store::Value(text);
}

inline store::Value Word(const std::optional<policy::Action>& action) {
  return action ? store::Value(std::string(policy::ToString(*action))) : store::Value();
}
inline std::optional<policy::Action> ActionAt(const store::Row& row, int column) {
  return policy::ParseAction(row.Text(column));
}

}  // namespace axonflow::policy_admin
