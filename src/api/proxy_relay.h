#pragma once

#include "api/api.h"
#include "providers/fields.h"

namespace axonflow::api {

// One route of a provider's protocol: judges the request, sends it on, judges the answer, whole or
// as it streams. Nothing reaches the provider before the record of the decision is durable.
Task<net::Response> Relay(Api& api, Call& call, const providers::Surface& surface);

template <const providers::Surface& kSurface>
Task<net::Response> Relays(Api& api, Call& call) {
  return Relay(api, call, kSurface);
}

// GET /v1/models: the provider's own list.
Task<net::Response> ListModels(Api& api, Call& call);
// POST /api/request.
Task<net::Response> ProxyRequest(Api& api, Call& call);

// The caller of a route that clients of model providers use: Basic as everywhere, or what these
// clients have a setting for, `Authorization: Bearer client_id:secret` and `x-api-key:
// client_id:secret`. A key without a colon is none of ours and establishes nobody.
identity::AuthResult<identity::Principal> AuthenticateModelClient(
    const identity::Authenticator& authenticator, const net::Request& request, bool community);

// The key for the provider that the caller brought: X-Provider-Key, else a bearer token or
// x-api-key that is not ours.
Secret ProviderKeyOf(const net::Request& request);

// Headers of the caller that change what the protocol means.
std::vector<std::pair<std::string, std::string>> PassedHeaders(const net::Request& request);

}  // namespace axonflow::api
