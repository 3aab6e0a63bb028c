#pragma once

#include <string>
#include <string_view>

#include "api/router.h"
#include "base/result.h"
#include "net/http.h"

namespace axonflow::api {

// HTTP status of an error code. One table for every endpoint.
int StatusOf(ErrorCode code);

// The word that programs read beside the sentence, for refusals that have no word of their own.
std::string_view CodeWord(int status);

// A refusal with this body. 401 carries WWW-Authenticate, 503 Retry-After.
net::Response RefusalWith(int status, std::string body);

// A refusal in the shape of `route`.
net::Response Refusal(ErrorShape shape, int status, std::string_view message, const Call& call);

// What the authentication in front of a native route answers: {"error":{"code":...,"message":...}}.
net::Response AuthRefusal(ErrorShape shape, int status, std::string_view message, const Call& call);

}  // namespace axonflow::api
