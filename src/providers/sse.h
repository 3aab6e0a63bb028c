#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace axonflow::providers {

struct SseEvent {
  std::string name;  // of "event:"; empty when there is none
  std::string data;  // of all "data:" lines, joined by newlines
};

// Reads a text/event-stream (HTML Living Standard, section 9.2.6) that comes in pieces. Comments,
// "id:" and "retry:" are left out: providers do not use them. A byte order mark is skipped. Lines
// end with CR, LF or both.
class SseReader {
 public:
  static constexpr std::size_t kEventBytesMax = 512 << 10;

  // Takes the next bytes and appends the events that are complete. kTooLarge when one event is more
  // than kEventBytesMax; nothing is read after that.
  Status Feed(std::string_view bytes, std::vector<SseEvent>& events);

  // Whether the stream stands within an event that was not ended by an empty line.
  bool incomplete() const { return !line_.empty() || has_data_ || !event_.name.empty(); }

 private:
  Status TakeLine(std::vector<SseEvent>& events);

  std::string line_;
  SseEvent event_;
  bool has_data_ = false;
  bool after_cr_ = false;
  bool begun_ = false;
  bool failed_ = false;
};

// "event: name\ndata: data\n\n", the name where there is one.
void AppendSse(std::string_view name, std::string_view data, std::string& out);

}  // namespace axonflow::providers
