#include "providers/upstream.h"

#include <algorithm>
#include <random>
#include <utility>

namespace axonflow::providers {
namespace {

constexpr std::string_view kAnthropicVersion = "2023-06-01";
constexpr std::string_view kPassedOn[] = {"anthropic-beta", "anthropic-version", "openai-beta",
                                          "openai-organization", "openai-project"};

outbound::Request RequestOf(const Upstream& upstream) {
  const Provider& provider = *upstream.provider;
  outbound::Request request;
  request.method = upstream.method;
  request.url = provider.base_url + upstream.path;
  request.purpose = outbound::Purpose::kProvider;
  request.plain_http = false;
  request.body = upstream.body;
  request.cancellation = upstream.cancellation;
  request.bounds.body_bytes_max = kAnswerBytesMax;
  request.deadlines = provider.deadlines;
  request.version = outbound::HttpVersion::kBest;
  auto& headers = request.headers;
  if (!upstream.body.empty()) headers.push_back({"Content-Type", "application/json"});
  headers.push_back({"Accept", upstream.streams ? "text/event-stream" : "application/json"});
  const Secret& key = upstream.key.empty() ? provider.key : upstream.key;
  if (provider.protocol == Protocol::kAnthropic) {
    if (!key.empty()) headers.push_back({"x-api-key", std::string(key.Reveal())});
    const bool has_version = std::ranges::any_of(
        upstream.headers, [](const auto& header) { return header.name == "anthropic-version"; });
    if (!has_version) headers.push_back({"anthropic-version", std::string(kAnthropicVersion)});
  } else if (!key.empty() && !provider.key_header.empty()) {
    headers.push_back({std::string(provider.key_header), std::string(key.Reveal())});
  } else if (!key.empty()) {
    headers.push_back({"Authorization", "Bearer " + std::string(key.Reveal())});
  }
  headers.insert(headers.end(), upstream.headers.begin(), upstream.headers.end());
  return request;
}

// Whether the provider, and not the call, is what is wrong.
bool HasFailed(const Result<outbound::Response>& response) {
  if (response) return response->status() >= 500;
  return response.error().code == ErrorCode::kUnavailable ||
         response.error().code == ErrorCode::kDeadlineExceeded;
}

// No deadline is waited for twice, and no other error is asked for twice.
bool IsWorthAnother(const Result<outbound::Response>& response) {
  if (response) return response->status() == 503 || response->status() == 529;
  return response.error().code == ErrorCode::kUnavailable;
}

// So that callers who failed together do not come back together.
std::chrono::milliseconds RandomUpTo(std::chrono::milliseconds most) {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::chrono::milliseconds(
      std::uniform_int_distribution<std::int64_t>(0, most.count())(random));
}

}  // namespace

bool IsPassedOn(std::string_view lower_case_name) {
  return std::ranges::find(kPassedOn, lower_case_name) != std::end(kPassedOn);
}

Task<Result<outbound::Response>> Call(outbound::Client& client, Upstream upstream) {
  Breaker& breaker = *upstream.provider->breaker;
  if (!breaker.Allow(Breaker::Clock::now())) {
    co_return Error{ErrorCode::kResourceExhausted,
                    upstream.provider->name + " failed again and again; it is left alone for now"};
  }
  auto pause = kPauseMax;
  for (int attempt = 1;; ++attempt) {
    auto request = RequestOf(upstream);
    auto response = co_await client.Send(std::move(request));
    const auto now = Breaker::Clock::now();
    // A call that was cancelled or refused here says nothing of the provider.
    if (HasFailed(response)) {
      breaker.Fail(now);
    } else if (response) {
      breaker.Succeed();
    }
    if (attempt == kAttemptsMax || !IsWorthAnother(response) || breaker.open(now)) {
      co_return response;
    }
    if (response) response->Cancel();
    co_await client.Pause(RandomUpTo(pause));
    pause *= 2;
  }
}

}  // namespace axonflow::providers
