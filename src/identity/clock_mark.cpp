#include "identity/clock_mark.h"

#include <charconv>
#include <string>
#include <utility>

#include "base/crypto.h"
#include "base/file.h"

namespace axonflow::identity {
namespace {

constexpr std::size_t kFileBytesMax = 256;
// Keeps the seal apart from the digests of secrets, which the same pepper makes.
constexpr std::string_view kPurpose = "axonflow clock mark\n";

std::string Seal(const Secret& pepper, std::string_view number) {
  return HexEncode(HmacSha256(pepper.Reveal(), std::string(kPurpose) + std::string(number)));
}

}  // namespace

ClockMark::ClockMark(std::filesystem::path file, Secret pepper, Time latest)
    : file_(std::move(file)),
      pepper_(std::move(pepper)),
      latest_us_(latest.time_since_epoch().count()) {}

ClockMark::ClockMark(ClockMark&& other) noexcept
    : file_(other.file_), pepper_(other.pepper_), latest_us_(other.latest_us_.load()) {}

Result<ClockMark> ClockMark::Open(std::filesystem::path file, Secret pepper, Time now) {
  std::error_code error;
  if (!std::filesystem::exists(file, error) && !error) {
    return ClockMark(std::move(file), std::move(pepper), now);
  }
  const auto text = ReadFile(file, kFileBytesMax);
  if (!text) return text.error();
  const std::size_t space = text->find(' ');
  const std::string_view number = std::string_view(*text).substr(0, space);
  Time::rep microseconds = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), microseconds);
  const bool whole = read.ec == std::errc() && read.ptr == number.data() + number.size();
  if (!whole || space == std::string::npos ||
      !ConstantTimeEqual(std::string_view(*text).substr(space + 1), Seal(pepper, number) + "\n")) {
    return Error{ErrorCode::kCorrupt,
                 file.string() +
                     ": was not written by this node; remove it if the node's keys were renewed"};
  }
  ClockMark mark(std::move(file), std::move(pepper), Time(Time::duration(microseconds)));
  mark.Later(now);
  return mark;
}

Time ClockMark::Later(Time now) {
  const Time::rep seen = now.time_since_epoch().count();
  Time::rep latest = latest_us_.load(std::memory_order_relaxed);
  while (latest < seen &&
         !latest_us_.compare_exchange_weak(latest, seen, std::memory_order_relaxed)) {
  }
  return Time(Time::duration(std::max(latest, seen)));
}

Status ClockMark::Save() const {
  const std::string number = std::to_string(latest_us_.load(std::memory_order_relaxed));
  return WriteFileAtomically(file_, number + " " + Seal(pepper_, number) + "\n");
}

}  // namespace axonflow::identity
