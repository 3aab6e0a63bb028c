#include "app/refusal_counters.h"

#include <string>

namespace axonflow::app {
namespace {

// Of net/request_reader.cpp, net/connection.cpp, net/io_thread.cpp and app/loopback_guard.cpp.
constexpr std::string_view kReasons[] = {"bad_request",  "bad_expectation", "bad_transfer_encoding",
                                         "bad_version",  "body_budget",     "header_too_large",
                                         "incomplete",   "timeout",         "too_many_connections",
                                         "uri_too_long", "wrong_host",      "wrong_origin",
                                         "other"};

}  // namespace

RefusalCounters::RefusalCounters(telemetry::Registry& metrics) {
  for (const auto reason : kReasons) {
    counters_.emplace_back(
        reason, &metrics.AddCounter("axonflow_http_refused_total",
                                    "Requests and connections refused before the API saw them.",
                                    {{"reason", std::string(reason)}}));
  }
}

void RefusalCounters::Count(std::string_view reason) {
  for (const auto& [name, counter] : counters_) {
    if (name == reason) return counter->Add();
  }
  counters_.back().second->Add();
}

}  // namespace axonflow::app
