#pragma once

#include <memory>

#include "api/proxy_call.h"

namespace axonflow::api {

// The answer of a provider as it streams by, governed. Its record is written when it ends, however
// it ends.
Task<net::Response> StreamAnswer(Api& api, const providers::Surface& surface, ModelCall call,
                                 outbound::Response upstream, AiFacts facts,
                                 std::shared_ptr<outbound::Cancellation> cancellation);

}  // namespace axonflow::api
