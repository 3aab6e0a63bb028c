// Feeds one connection's bytes to the request reader, whole and cut into pieces, and compares. The
// first byte of the input chooses the cut. A reader that depends on how the network cuts the bytes
// would read requests that nobody sent.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "net/request_reader.h"
#include "net/text.h"

namespace {

using axonflow::net::BodyFault;
using axonflow::net::Request;
using axonflow::net::RequestReader;
using axonflow::net::ServerLimits;

constexpr std::size_t kRequestsMax = 1'000;

void Require(bool holds) {
  if (!holds) std::abort();
}

const ServerLimits& Limits() {
  static const ServerLimits limits = [] {
    ServerLimits small;
    small.body_bytes_max = 2'000;
    small.header_bytes_max = 4'000;
    return small;
  }();
  return limits;
}

void Append(std::string& out, std::string_view text) {
  out.append(std::to_string(text.size())).append(":").append(text);
}

// What must hold of every request that a handler is given.
void CheckRequest(const Request& request) {
  Require(!request.method.empty() && request.path.starts_with('/'));
  Require(axonflow::net::IsFieldText(request.path) && axonflow::net::IsFieldText(request.query));
  Require(request.body.size() <= Limits().body_bytes_max);
  Require(request.body_fault == BodyFault::kNone || request.body.empty());
  Require(request.headers.size() <= RequestReader::kHeaderFieldsMax);
  for (const auto& [name, value] : request.headers) {
    Require(!name.empty() && std::all_of(name.begin(), name.end(), axonflow::net::IsTokenChar));
    Require(axonflow::net::IsFieldText(value));
  }
  Require(!(request.HasHeader("content-length") && request.HasHeader("transfer-encoding")));
}

std::string Transcript(std::string_view bytes, std::size_t step) {
  RequestReader reader(Limits(), "127.0.0.1");
  std::string out;
  for (std::size_t requests = 0; requests < kRequestsMax;) {
    switch (reader.Advance()) {
      case RequestReader::State::kRefused:
        return out + "refused " + std::to_string(reader.refusal().status);
      case RequestReader::State::kComplete: {
        const Request& request = reader.request();
        CheckRequest(request);
        ++requests;
        Append(out, request.method);
        Append(out, request.path);
        Append(out, request.query);
        for (const auto& [name, value] : request.headers) {
          Append(out, name);
          Append(out, value);
        }
        Append(out, request.body);
        out += std::to_string(static_cast<int>(request.body_fault));
        if (!reader.keep_alive()) return out + "close";
        reader.Next();
        break;
      }
      case RequestReader::State::kNeedMore: {
        if (bytes.empty()) return out + "more";
        const auto space = reader.Space();
        Require(!space.empty());
        const auto count = std::min({space.size(), bytes.size(), step});
        std::memcpy(space.data(), bytes.data(), count);
        reader.Commit(count);
        bytes.remove_prefix(count);
      }
    }
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  Require(Transcript(bytes, size) == Transcript(bytes, 1 + data[0] % 16));
  return 0;
}
