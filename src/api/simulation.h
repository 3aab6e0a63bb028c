#pragma once

#include <string_view>

#include "api/policy_body.h"
#include "governance/exchange.h"

namespace axonflow::api {

// An exchange that is only supposed: `query`, `request_type`, `connector`, `context` and a `user`
// of the caller's invention. Whose policies judge it is the caller's tenant, whatever the body
// says. Problems are left in `body`.
governance::Exchange ReadSupposedExchange(BodyReader& body, const Call& call);

}  // namespace axonflow::api
