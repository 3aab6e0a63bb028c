#pragma once

#include <string>
#include <string_view>

#include "net/http.h"
#include "providers/fields.h"

namespace axonflow::api {

// A refusal in the shape of the provider whose protocol the caller speaks. `code` is OpenAI's
// machine-readable word and left out where the protocol has none.
net::Response ProviderError(providers::Protocol protocol, int status, std::string_view type,
                            std::string_view code, std::string_view message);

// The type that the protocol names for a status: "invalid_request_error", "server_error", ...
std::string_view ErrorType(providers::Protocol protocol, int status);

}  // namespace axonflow::api
