#pragma once

#include <atomic>
#include <filesystem>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"

namespace axonflow::identity {

// The latest time that this node ever saw, kept in a file, so that setting the clock back brings no
// expired licence to life. The file is sealed with the node's pepper: who can write it without
// knowing the pepper can remove it, but not choose a time.
class ClockMark {
 public:
  // Reads `file`, or begins at `now` when there is none. kCorrupt when the seal does not fit.
  static Result<ClockMark> Open(std::filesystem::path file, Secret pepper, Time now);
  ClockMark(ClockMark&& other) noexcept;
  ClockMark& operator=(ClockMark&&) = delete;

  // The later of `now` and every time seen before; remembers it. Thread-safe.
  Time Later(Time now);
  // The latest time seen.
  Time latest() const { return Time(Time::duration(latest_us_.load(std::memory_order_relaxed))); }

  // Writes the mark to the file.
  Status Save() const;

 private:
  ClockMark(std::filesystem::path file, Secret pepper, Time latest);

  const std::filesystem::path file_;
  const Secret pepper_;
  std::atomic<Time::rep> latest_us_;
};

}  // namespace axonflow::identity
