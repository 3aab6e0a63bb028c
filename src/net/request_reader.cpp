#include "net/request_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "net/beast_request.h"
#include "net/body_budget.h"
#include "net/text.h"

namespace axonflow::net {
namespace {

constexpr std::size_t kFirstReadBytes = 8 << 10;
constexpr std::size_t kChunkedReadBytes = 8 << 10;
constexpr std::size_t kBodyStepBytes = 64
                                       << 10;  // a body grows as its bytes arrive, not as announced
constexpr std::size_t kMethodBytesMax = 32;
constexpr std::size_t kVersionBytes = 8;  // "HTTP/1.1"
constexpr std::size_t kRequestLineBytesMax =
    kMethodBytesMax + RequestReader::kTargetBytesMax + kVersionBytes + 4;  // two spaces, CR LF
constexpr std::size_t kLengthDigitsMax = 18;

bool IsVersion(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return text.size() == kVersionBytes && text.starts_with("HTTP/") && digit(text[5]) &&
         text[6] == '.' && digit(text[7]);
}

std::size_t Counted(std::size_t bytes) {
  return bytes > RequestReader::kUncountedBytesMax ? bytes : 0;
}

}  // namespace

RequestReader::RequestReader(const ServerLimits& limits, std::string peer_address,
                             BodyBudget* budget)
    : limits_(limits), budget_(budget), beast_(std::make_unique<BeastRequest>()) {
  request_.peer_address = std::move(peer_address);
}

RequestReader::~RequestReader() { SetCharge(0); }

bool RequestReader::Refuse(int status, const char* reason, const char* sentence) {
  refusal_ = {status, reason, sentence};
  stage_ = Stage::kRefused;
  body_unread_ = true;
  DropBody();
  return false;
}

// Takes from the budget what buffers of these sizes need. False after refusing the request.
bool RequestReader::Charge(std::size_t in_bytes, std::size_t body_bytes) {
  const std::size_t wanted = Counted(in_bytes) + Counted(body_bytes);
  if (wanted <= charged_) return true;
  if (budget_ != nullptr && !budget_->TryTake(wanted - charged_)) {
    return Refuse(503, "body_budget", "Too many large requests are arriving; try again.");
  }
  charged_ = wanted;
  return true;
}

// Gives back what is charged above `bytes`.
void RequestReader::SetCharge(std::size_t bytes) {
  if (charged_ <= bytes) return;
  if (budget_ != nullptr) budget_->GiveBack(charged_ - bytes);
  charged_ = bytes;
}

void RequestReader::DropBody() {
  body_ = Buffer();
  body_filled_ = 0;
  SetCharge(Counted(in_.size()));
}

// Makes room for more of the head.
bool RequestReader::GrowHead() {
  const std::size_t size = 2 * in_.size();
  if (!Charge(size, 0)) return false;
  in_.resize(size);
  return true;
}

// Makes room for more of a body of known length.
bool RequestReader::GrowBody() {
  const std::size_t step = std::max(kBodyStepBytes, body_filled_);
  const std::size_t size = std::min<std::size_t>(body_length_, body_filled_ + step);
  if (!Charge(in_.size(), size)) return false;
  body_.resize(size);
  return true;
}

std::span<char> RequestReader::Space() {
  if (stage_ == Stage::kLengthBody) {
    return {body_.data() + body_filled_, body_.size() - body_filled_};
  }
  if (stage_ == Stage::kChunkedBody) {
    if (next_ > after_head_) {
      std::memmove(in_.data() + after_head_, in_.data() + next_, end_ - next_);
      end_ -= next_ - after_head_;
      next_ = after_head_;
    }
    if (in_.size() < end_ + kChunkedReadBytes / 2) in_.resize(end_ + kChunkedReadBytes);
  } else if (in_.empty()) {
    in_.resize(kFirstReadBytes);
  } else if (end_ == in_.size()) {
    std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
    line_ -= begin_;
    scanned_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  return {in_.data() + end_, in_.size() - end_};
}

void RequestReader::Commit(std::size_t bytes) {
  (stage_ == Stage::kLengthBody ? body_filled_ : end_) += bytes;
}

RequestReader::State RequestReader::Advance() {
  if (stage_ == Stage::kHead && ScanHead()) ReadHead();
  if (stage_ == Stage::kHead && begin_ == 0 && end_ == in_.size() && end_ > 0) GrowHead();
  if (stage_ == Stage::kChunkedBody) ReadChunks();
  if (stage_ == Stage::kLengthBody) {
    if (body_filled_ == body_length_) {
      Complete();
    } else if (body_filled_ == body_.size()) {
      GrowBody();
    }
  }
  if (stage_ == Stage::kComplete) return State::kComplete;
  return stage_ == Stage::kRefused ? State::kRefused : State::kNeedMore;
}

// Looks at each line of the head once, however the bytes are cut into reads, and stops at the first
// wrong one. True when the empty line has come.
bool RequestReader::ScanHead() {
  for (;;) {
    const void* found = std::memchr(in_.data() + scanned_, '\n', end_ - scanned_);
    const std::size_t newline =
        found == nullptr ? end_
                         : static_cast<std::size_t>(static_cast<const char*>(found) - in_.data());
    scanned_ = std::min(newline + 1, end_);
    // The bounds come before all else and look at the same bytes in any cut, so that the answer
    // does not depend on how the network cut them.
    if (!CheckHeadSoFar(scanned_ - begin_) || found == nullptr) return false;
    if (newline == line_ || in_[newline - 1] != '\r') {
      return Refuse(400, "bad_request", "A line of the request head does not end in CR LF.");
    }
    const std::string_view line(in_.data() + line_, newline - 1 - line_);
    line_ = scanned_;
    if (has_request_line_) {
      if (line.empty()) {
        after_head_ = line_;
        return true;
      }
      if (!CheckFieldLine(line)) return false;
    } else if (line.empty()) {
      // RFC 9112 section 2.2: a server should ignore an empty line before the request.
      if (++empty_lines_ > kEmptyLinesBeforeRequestMax) {
        return Refuse(400, "bad_request", "Too many empty lines before the request.");
      }
      begin_ = line_;
    } else {
      if (!CheckRequestLine(line)) return false;
      has_request_line_ = true;
    }
  }
}

// Checks the first `bytes` of a head, which end where they were cut or with a line.
bool RequestReader::CheckHeadSoFar(std::size_t bytes) {
  if (bytes == 0) return true;
  if (!has_request_line_) {
    // A TLS greeting has no line end: without this it would wait for the time limit.
    if (!IsTokenChar(in_[begin_]) && in_[begin_] != '\r' && in_[begin_] != '\n') {
      return Refuse(400, "bad_request", "This is not an HTTP/1.1 request.");
    }
    if (bytes > std::min(kRequestLineBytesMax, limits_.header_bytes_max)) {
      return Refuse(414, "uri_too_long", "The request target is longer than this server accepts.");
    }
  } else if (bytes > limits_.header_bytes_max) {
    return Refuse(431, "header_too_large", "The request head is larger than this server accepts.");
  }
  return true;
}

bool RequestReader::CheckRequestLine(std::string_view line) {
  if (!IsFieldText(line)) {
    return Refuse(400, "bad_request", "The request line holds a control character.");
  }
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return Refuse(400, "bad_request", "The request line is not method, target and version.");
  }
  const auto version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    if (!IsVersion(version)) {
      return Refuse(400, "bad_request", "The request line does not end in an HTTP version.");
    }
    return Refuse(505, "bad_version", "This server speaks HTTP/1.1 only.");
  }
  if (first > kMethodBytesMax) {
    return Refuse(400, "bad_request", "The request method is too long.");
  }
  if (last - first - 1 > kTargetBytesMax) {
    return Refuse(414, "uri_too_long", "The request target is longer than this server accepts.");
  }
  http_1_0_ = version.back() == '0';
  return true;
}

bool RequestReader::CheckFieldLine(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    return Refuse(400, "bad_request", "A header field is folded over two lines.");
  }
  if (!IsFieldText(line)) {
    return Refuse(400, "bad_request", "A header field holds a control character.");
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 ||
      !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), IsTokenChar)) {
    return Refuse(400, "bad_request", "A header field name is malformed.");
  }
  return true;
}

bool RequestReader::ReadHead() {
  fields_.clear();
  framing_ = {};
  std::string_view target;
  const auto on_request = [&](std::string_view method, std::string_view text) {
    method_ = PieceOf(method);
    target = text;
  };
  const auto on_field = [&](std::string_view name, std::string_view value) {
    return ReadField(name, value);
  };
  const char* fault =
      beast_->ReadHead(ViewOf({begin_, after_head_ - begin_}), on_request, on_field);
  if (stage_ == Stage::kRefused) return false;
  if (fault != nullptr) return Refuse(400, "bad_request", fault);
  keep_alive_ = beast_->keep_alive();
  return ReadTarget(target) && ReadFraming();
}

bool RequestReader::ReadTarget(std::string_view target) {
  const auto allowed = [](char c) { return c > ' ' && c < 0x7f && c != '#'; };
  if (!std::all_of(target.begin(), target.end(), allowed)) {
    return Refuse(400, "bad_request", "The request target holds a character that must be escaped.");
  }
  std::string_view local = target;
  if (local.front() != '/') {
    const auto after = AfterAuthority(target);
    if (!after) {
      return Refuse(400, "bad_request", "The request target is neither a path nor an http URL.");
    }
    local = *after;
  }
  const auto question = local.find('?');
  auto path = local.substr(0, question);
  query_ = question == std::string_view::npos ? Piece{} : PieceOf(local.substr(question + 1));
  if (path.empty()) path = "/";
  if (path.find('%') == std::string_view::npos) {
    path_.assign(path);
  } else if (!PercentDecode(path, path_)) {
    return Refuse(400, "bad_request", "The request path holds a malformed percent escape.");
  }
  return true;
}

bool RequestReader::ReadField(std::string_view name, std::string_view value) {
  if (fields_.size() == kHeaderFieldsMax) {
    return Refuse(431, "header_too_large", "The request has too many header fields.");
  }
  fields_.push_back({PieceOf(name), PieceOf(value)});
  switch (name.size()) {
    case 4:
      if (EqualsIgnoreCase(name, "Host")) {
        ++framing_.hosts;
        framing_.host = value;
      }
      break;
    case 6:
      if (EqualsIgnoreCase(name, "Expect")) {
        (EqualsIgnoreCase(value, "100-continue") ? framing_.expects_continue
                                                 : framing_.expects_other) = true;
      }
      break;
    case 14:
      if (EqualsIgnoreCase(name, "Content-Length")) {
        ++framing_.content_lengths;
        framing_.content_length = value;
      }
      break;
    case 16:
      if (EqualsIgnoreCase(name, "Content-Encoding") && !value.empty()) {
        framing_.encoded |= !EqualsIgnoreCase(value, "identity");
      }
      break;
    case 17:
      if (EqualsIgnoreCase(name, "Transfer-Encoding")) {
        ++framing_.transfer_encodings;
        framing_.transfer_encoding = value;
      }
      break;
    default:
      break;
  }
  return true;
}

// Refuses every framing that another parser on the way could read differently (RFC 9112
// sections 3.2 and 6.3), also where the standard would let a lenient server go on.
bool RequestReader::ReadFraming() {
  const auto& f = framing_;
  if (f.hosts > 1 || (f.hosts == 0 && !http_1_0_)) {
    return Refuse(400, "bad_request", "The request needs exactly one Host header.");
  }
  if (f.host.find_first_of(" \t,/\\@?#<>\"{}|^`") != std::string_view::npos) {
    return Refuse(400, "bad_request", "The Host header is malformed.");
  }
  if (f.transfer_encodings > 0 && f.content_lengths > 0) {
    return Refuse(400, "bad_request", "Content-Length and Transfer-Encoding exclude each other.");
  }
  if (f.transfer_encodings > 1 || (f.transfer_encodings == 1 && http_1_0_)) {
    return Refuse(400, "bad_request", "Transfer-Encoding is repeated, or sent with HTTP/1.0.");
  }
  if (f.transfer_encodings == 1 && !EqualsIgnoreCase(f.transfer_encoding, "chunked")) {
    return Refuse(501, "bad_transfer_encoding",
                  "The only Transfer-Encoding understood is chunked.");
  }
  if (f.content_lengths > 1) {
    return Refuse(400, "bad_request", "The request has more than one Content-Length.");
  }
  std::uint64_t length = 0;
  if (f.content_lengths == 1) {
    const auto* const last = f.content_length.data() + f.content_length.size();
    const auto [end, error] = std::from_chars(f.content_length.data(), last, length);
    if (error != std::errc{} || end != last || f.content_length.size() > kLengthDigitsMax) {
      return Refuse(400, "bad_request", "The Content-Length is not a number.");
    }
  }
  if (f.expects_other && !http_1_0_) {
    return Refuse(417, "bad_expectation", "The only expectation understood is 100-continue.");
  }
  StartBody(f.transfer_encodings == 1, length);
  return true;
}

std::size_t RequestReader::BodyBytesMax() const {
  if (limits_.large_body_bytes_max == nullptr) return limits_.body_bytes_max;
  return std::max(limits_.body_bytes_max, limits_.large_body_bytes_max(ViewOf(method_), path_));
}

void RequestReader::StartBody(bool chunked, std::uint64_t length) {
  next_ = after_head_;
  if (!chunked && length == 0) return Complete();
  const std::size_t bytes_max =
      chunked || length > limits_.body_bytes_max ? BodyBytesMax() : limits_.body_bytes_max;
  if (!chunked && length > bytes_max) return Fault(BodyFault::kTooLarge);
  if (framing_.encoded) return Fault(BodyFault::kUnsupportedEncoding);

  const std::size_t arrived = end_ - after_head_;
  expects_continue_ = framing_.expects_continue && !http_1_0_ && arrived == 0;
  if (chunked) {
    stage_ = Stage::kChunkedBody;
    beast_->StartChunks(bytes_max, body_);
    return;
  }
  if (arrived >= length) {
    body_piece_ = {after_head_, static_cast<std::size_t>(length)};
    body_in_place_ = true;
    next_ = after_head_ + length;
    return Complete();
  }
  stage_ = Stage::kLengthBody;
  body_length_ = length;
  body_.assign(in_, after_head_, arrived);
  body_filled_ = arrived;
  end_ = after_head_;
}

void RequestReader::ReadChunks() {
  const auto pending = std::string_view(in_).substr(next_, end_ - next_);
  const auto progress = beast_->ReadChunks(pending);
  next_ += progress.consumed;
  if (progress.too_large) {
    Fault(BodyFault::kTooLarge);
  } else if (progress.fault != nullptr) {
    Refuse(400, "bad_request", progress.fault);
  } else if (progress.complete) {
    Complete();
  } else {
    // Of a chunk no more has come than one read of the connection holds, so this is soon enough.
    Charge(in_.size(), body_.capacity());
  }
}

void RequestReader::Fault(BodyFault fault) {
  request_.body_fault = fault;
  body_unread_ = true;
  DropBody();
  Complete();
}

void RequestReader::Complete() {
  stage_ = Stage::kComplete;
  request_.method = ViewOf(method_);
  request_.path = path_;
  request_.query = ViewOf(query_);
  request_.headers.clear();
  for (const Field& field : fields_) {
    request_.headers.emplace_back(ViewOf(field.name), ViewOf(field.value));
  }
  request_.body = body_in_place_ ? ViewOf(body_piece_) : std::string_view(body_);
}

bool RequestReader::TakeContinue() { return std::exchange(expects_continue_, false); }

void RequestReader::Next() {
  begin_ = next_;
  if (begin_ == end_) begin_ = end_ = 0;
  line_ = scanned_ = begin_;
  stage_ = Stage::kHead;
  has_request_line_ = false;
  empty_lines_ = 0;
  body_in_place_ = false;
  body_.clear();
  body_filled_ = 0;
  body_length_ = 0;
  expects_continue_ = false;
  request_.body_fault = BodyFault::kNone;
  if (body_.capacity() > kKeptBytesMax) body_ = Buffer();
  if (in_.size() > kUncountedBytesMax && begin_ == end_) in_ = Buffer();
  SetCharge(Counted(in_.size()));
}

RequestReader::Piece RequestReader::PieceOf(std::string_view view) const {
  if (view.empty()) return {};
  return {static_cast<std::size_t>(view.data() - in_.data()), view.size()};
}

std::string_view RequestReader::ViewOf(Piece piece) const {
  return {in_.data() + piece.offset, piece.size};
}

}  // namespace axonflow::net
