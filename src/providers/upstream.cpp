#include "providers/upstream.h"

#include <algorithm>
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
  auto& headers = request.headers;
  if (!upstream.body.empty()) headers.push_back({"Content-Type", "application/json"});
  headers.push_back({"Accept", upstream.streams ? "text/event-stream" : "application/json"});
  const Secret& key = upstream.key.empty() ? provider.key : upstream.key;
  if (provider.protocol == Protocol::kAnthropic) {
    if (!key.empty()) headers.push_back({"x-api-key", std::string(key.Reveal())});
    const bool has_version = std::ranges::any_of(
        upstream.headers, [](const auto& header) { return header.name == "anthropic-version"; });
    if (!has_version) headers.push_back({"anthropic-version", std::string(kAnthropicVersion)});
  } else if (!key.empty()) {
    headers.push_back({"Authorization", "Bearer " + std::string(key.Reveal())});
  }
  headers.insert(headers.end(), upstream.headers.begin(), upstream.headers.end());
  return request;
}

}  // namespace

bool IsPassedOn(std::string_view lower_case_name) {
  return std::ranges::find(kPassedOn, lower_case_name) != std::end(kPassedOn);
}

Task<Result<outbound::Response>> Call(outbound::Client& client, Upstream upstream) {
  auto request = RequestOf(upstream);
  auto response = co_await client.Send(std::move(request));
  if (!response && response.error().code == ErrorCode::kUnavailable &&
      upstream.cancellation == nullptr) {
    auto again = RequestOf(upstream);
    auto second = co_await client.Send(std::move(again));
    co_return second;
  }
  co_return response;
}

}  // namespace axonflow::providers
