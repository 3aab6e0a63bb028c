#include "net/beast_request.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <limits>
#include <optional>

namespace axonflow::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr const char* kBadChunk = "The chunked body is malformed.";
constexpr const char* kTooMuchFraming =
    "The chunk extensions or trailers are larger than this server accepts.";

// Size of the chunk header at the start of `bytes`: the line of the size, or for the last chunk all
// up to the empty line after the trailers. 0 when its end has not come. Beast is given exactly
// that, because it would read a quoted extension on into the lines behind, and, cut at an unlucky
// place, come into a state that its own assertions forbid.
std::size_t ChunkHeaderSize(std::string_view bytes, bool after_data) {
  const std::size_t start = after_data ? 2 : 0;  // CR LF of the data before
  const auto line_end = bytes.find('\n', start);
  if (line_end == std::string_view::npos) return 0;
  const auto digits_end = bytes.find_first_not_of('0', start);
  const bool last = digits_end > start &&
                    std::string_view(";\r \t").find(bytes[digits_end]) != std::string_view::npos;
  if (!last) return line_end + 1;
  const auto end = bytes.find("\r\n\r\n", line_end - 1);
  return end == std::string_view::npos ? 0 : end + 4;
}

std::string_view ToStd(boost::beast::string_view text) { return {text.data(), text.size()}; }

const char* Sentence(const error_code& error) {
  if (error == http::error::bad_content_length || error == http::error::multiple_content_length) {
    return "The Content-Length is malformed, repeated, or stands beside Transfer-Encoding.";
  }
  if (error == http::error::bad_transfer_encoding) {
    return "The Transfer-Encoding is malformed, repeated, or stands beside Content-Length.";
  }
  if (error == http::error::bad_chunk || error == http::error::bad_chunk_extension) {
    return kBadChunk;
  }
  return "The request is not valid HTTP/1.1.";
}

}  // namespace

class BeastRequest::Parser final : public http::basic_parser<true> {
 public:
  Parser() {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // the caller has checked the size
    body_limit(boost::none);                                  // and checks a Content-Length itself
  }

  const void* request_context = nullptr;
  RequestCall on_request = nullptr;
  const void* field_context = nullptr;
  FieldCall on_field = nullptr;  // null while trailers are read
  Buffer* body = nullptr;
  std::size_t framing_bytes = 0;
  std::uint64_t data_left = 0;  // of the chunk whose header was read last
  bool after_data = false;      // whether the next header follows a chunk

 private:
  void on_request_impl(http::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int, error_code&) override {
    on_request(request_context, ToStd(method), ToStd(target));
  }
  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_field_impl(http::field, boost::beast::string_view name, boost::beast::string_view value,
                     error_code& error) override {
    if (on_field != nullptr && !on_field(field_context, ToStd(name), ToStd(value))) {
      error = http::error::bad_field;
    }
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view bytes, error_code&) override {
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t size, boost::beast::string_view, error_code&) override {
    data_left = size;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view bytes,
                                 error_code&) override {
    body->append(bytes.data(), bytes.size());
    data_left -= bytes.size();
    after_data = true;
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
};

struct BeastRequest::Impl {
  std::optional<Parser> parser;  // Beast's parser reads one message in its life
};

BeastRequest::BeastRequest() : impl_(std::make_unique<Impl>()) {}
BeastRequest::~BeastRequest() = default;

const char* BeastRequest::ReadHead(std::string_view head, const void* request_context,
                                   RequestCall on_request, const void* field_context,
                                   FieldCall on_field) {
  Parser& parser = impl_->parser.emplace();
  parser.request_context = request_context;
  parser.on_request = on_request;
  parser.field_context = field_context;
  parser.on_field = on_field;
  error_code error;
  const std::size_t used = parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  parser.on_field = nullptr;
  if (error) return Sentence(error);
  if (!parser.is_header_done() || used != head.size()) return "The request head is malformed.";
  return nullptr;
}

bool BeastRequest::keep_alive() const { return impl_->parser->keep_alive(); }

void BeastRequest::StartChunks(std::size_t body_bytes_max, Buffer& body) {
  impl_->parser->body_limit(static_cast<std::uint64_t>(body_bytes_max));
  impl_->parser->body = &body;
}

// The bounds are checked at each chunk header, complete or not, so that the result does not depend
// on how the bytes were cut.
BeastRequest::Progress BeastRequest::ReadChunks(std::string_view bytes) {
  Parser& parser = *impl_->parser;
  Progress progress;
  while (progress.consumed < bytes.size()) {
    auto piece = bytes.substr(progress.consumed);
    if (parser.data_left == 0) {
      const std::size_t header = ChunkHeaderSize(piece, parser.after_data);
      parser.framing_bytes += header;
      if ((header == 0 ? piece.size() : header) > kChunkHeaderBytesMax ||
          parser.framing_bytes > kChunkOverheadBytesMax + 16 * parser.body->size()) {
        progress.fault = kTooMuchFraming;
        return progress;
      }
      if (header == 0) return progress;
      piece = piece.substr(0, header);
    }
    error_code error;
    const std::size_t used =
        parser.put(boost::asio::const_buffer(piece.data(), piece.size()), error);
    progress.consumed += used;
    progress.complete = parser.is_done();
    if (error == http::error::body_limit) {
      progress.too_large = true;
    } else if (error == http::error::need_more) {  // of a header that has all its bytes
      progress.fault = kBadChunk;
    } else if (error) {
      progress.fault = Sentence(error);
    }
    if (error || progress.complete) return progress;
  }
  return progress;
}

}  // namespace axonflow::net
