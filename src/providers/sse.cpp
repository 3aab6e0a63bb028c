#include "providers/sse.h"

#include <utility>

namespace axonflow::providers {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Error TooLarge() {
  return Error{ErrorCode::kTooLarge, "an event of the provider's stream is too large"};
}

}  // namespace

Status SseReader::Feed(std::string_view bytes, std::vector<SseEvent>& events) {
  if (failed_) return TooLarge();
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes[at] == '\n') {
        ++at;
        continue;
      }
    }
    const auto end = bytes.find_first_of("\r\n", at);
    const auto piece = bytes.substr(at, end == std::string_view::npos ? end : end - at);
    if (line_.size() + event_.data.size() + piece.size() > kEventBytesMax) {
      failed_ = true;
      return TooLarge();
    }
    line_ += piece;
    if (end == std::string_view::npos) break;
    after_cr_ = bytes[end] == '\r';
    at = end + 1;
    if (auto taken = TakeLine(events); !taken) return taken;
  }
  return {};
}

Status SseReader::TakeLine(std::vector<SseEvent>& events) {
  std::string_view line = line_;
  if (!begun_) {
    begun_ = true;
    if (line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  }
  if (line.empty()) {
    if (has_data_) events.push_back(std::move(event_));
    event_ = {};
    has_data_ = false;
  } else if (line[0] != ':') {
    const auto colon = line.find(':');
    const auto field = line.substr(0, colon);
    std::string_view value;
    if (colon != std::string_view::npos) value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") event_.name = value;
    if (field == "data") {
      if (has_data_) event_.data.push_back('\n');
      if (event_.data.empty()) {
        // The line is not kept beside its copy: an event may be large.
        const std::size_t skipped = line_.size() - value.size();
        event_.data = std::exchange(line_, {});
        event_.data.erase(0, skipped);
      } else {
        event_.data += value;
      }
      has_data_ = true;
    }
  }
  line_.clear();
  return {};
}

void AppendSse(std::string_view name, std::string_view data, std::string& out) {
  if (!name.empty()) out.append("event: ").append(name).append("\n");
  out.append("data: ").append(data).append("\n\n");
}

}  // namespace axonflow::providers
