#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "net/outbound/client.h"
#include "providers/catalog.h"

namespace axonflow::providers {

// Bytes of an answer that is read whole; a longer one is an error.
inline constexpr std::size_t kAnswerBytesMax = 16 << 20;

// One call to a provider.
struct Upstream {
  const Provider* provider = nullptr;
  std::string path;  // as Surface::path
  std::string method = "POST";
  std::string body;
  Secret key;  // of this request; empty: the provider's
  // Of the caller, passed on: anthropic-version, anthropic-beta, OpenAI-Organization, ...
  std::vector<outbound::Header> headers;
  bool streams = false;
  std::shared_ptr<outbound::Cancellation> cancellation;
};

// Whether a header of the caller goes to the provider: those that change what the protocol means.
bool IsPassedOn(std::string_view lower_case_name);

// How often a call is sent at most: again after a pause of random length when no answer began (no
// connection, or one that broke) or the provider says that it is overloaded (503, 529).
inline constexpr int kAttemptsMax = 3;
inline constexpr std::chrono::milliseconds kPauseMax{100};  // before the second; doubled each time

// Sends the call and returns when the header of the answer is there. Errors as
// outbound::Client::Send; kResourceExhausted while the provider's breaker is open.
Task<Result<outbound::Response>> Call(outbound::Client& client, Upstream upstream);

}  // namespace axonflow::providers
