#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/buffer.h"

namespace axonflow::net {

// Boost.Beast's parser for one request after another, behind plain types.
class BeastRequest {
 public:
  // Size line of one chunk with its extensions, or the last chunk with all trailers.
  static constexpr std::size_t kChunkHeaderBytesMax = 8 << 10;
  // Bytes of framing a body may have beyond sixteen a byte: extensions are no free bandwidth.
  static constexpr std::size_t kChunkOverheadBytesMax = 64 << 10;

  struct Progress {
    std::size_t consumed = 0;
    bool complete = false;
    bool too_large = false;
    const char* fault = nullptr;  // a sentence
  };

  BeastRequest();
  ~BeastRequest();

  // Reads one whole head, its empty line included. `on_field` may return false to stop. Returns
  // nullptr, or a sentence that says what is wrong.
  template <typename OnRequest, typename OnField>
  const char* ReadHead(std::string_view head, const OnRequest& on_request,
                       const OnField& on_field) {
    return ReadHead(
        head, &on_request,
        [](const void* context, std::string_view method, std::string_view target) {
          (*static_cast<const OnRequest*>(context))(method, target);
        },
        &on_field,
        [](const void* context, std::string_view name, std::string_view value) {
          return (*static_cast<const OnField*>(context))(name, value);
        });
  }

  // Whether the client wants the connection to stay, by version and Connection field.
  bool keep_alive() const;

  // After a head with "Transfer-Encoding: chunked": chunks are appended to `body`, at most
  // `body_bytes_max` bytes in all. Trailers are checked and dropped.
  void StartChunks(std::size_t body_bytes_max, Buffer& body);
  Progress ReadChunks(std::string_view bytes);

 private:
  using RequestCall = void (*)(const void*, std::string_view, std::string_view);
  using FieldCall = bool (*)(const void*, std::string_view, std::string_view);
  class Parser;

  const char* ReadHead(std::string_view head, const void* request_context, RequestCall on_request,
                       const void* field_context, FieldCall on_field);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace axonflow::net
