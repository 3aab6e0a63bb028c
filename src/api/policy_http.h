#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "api/api.h"
#include "base/executor.h"
#include "base/task.h"
#include "policy_admin/outcome.h"
#include "policy_admin/policy_directory.h"

namespace axonflow::api {

// --- who may do what with policies (docs/policies.md says it in words)

// May write what belongs to the tenant: everybody in community mode, a client without a user, and
// the users whose role is for it.
bool MayWritePolicies(const identity::Principal& principal);
// May also write what belongs to the whole organization.
bool MayWriteOrganization(const identity::Principal& principal);
// Whether the request is one person's own, so that he can answer for it: a verified user, or the
// local user of community mode. An address in a header is none.
bool IsOnePerson(const identity::Principal& principal);

policy_admin::Actor ActorOf(const identity::Principal& principal);

// --- answers

// A refusal in the shape of the route, with a code that programs can tell apart. 403 leaves a
// record where the route records.
struct PolicyProblem {
  int status = 400;
  std::string code;
  std::string message;
  std::vector<policy_admin::FieldProblem> fields;
};

PolicyProblem InvalidRequest(std::string message);
PolicyProblem InvalidFields(std::vector<policy_admin::FieldProblem> fields);
PolicyProblem ProblemOf(const policy_admin::Refusal& refusal);
PolicyProblem ProblemOf(const Error& error);

// What a policy endpoint comes to: an answer, or what is wrong.
using PolicyReply = std::variant<net::Response, PolicyProblem>;
using PolicyEndpoint = Task<PolicyReply> (*)(Api& api, Call& call);

// The problem as an answer.
Task<net::Response> Answer(Api& api, Call& call, PolicyProblem problem);

// The refusal of a caller who may not write policies.
Task<std::optional<net::Response>> RefuseWriter(Api& api, Call& call);
// The refusal of a write whose record would be lost: the journal could not take the last one. The
// refusal leaves a record itself, so that the journal is tried again and a later write finds it
// well.
Task<std::optional<net::Response>> RefuseUnrecorded(Api& api, Call& call);

// Route endpoints. Reads<E> answers with what E comes to; Records<E> does so after
// RefuseUnrecorded, and Writes<E> after RefuseWriter too.
template <PolicyEndpoint endpoint>
Task<net::Response> Reads(Api& api, Call& call) {
  auto reply = co_await endpoint(api, call);
  if (auto* response = std::get_if<net::Response>(&reply)) co_return std::move(*response);
  auto problem = std::get<PolicyProblem>(std::move(reply));
  auto refusal = co_await Answer(api, call, std::move(problem));
  co_return refusal;
}

template <PolicyEndpoint endpoint>
Task<net::Response> Records(Api& api, Call& call) {
  auto refused = co_await RefuseUnrecorded(api, call);
  if (refused) co_return std::move(*refused);
  auto response = co_await Reads<endpoint>(api, call);
  co_return response;
}

template <PolicyEndpoint endpoint>
Task<net::Response> Writes(Api& api, Call& call) {
  auto refused = co_await RefuseWriter(api, call);
  if (refused) co_return std::move(*refused);
  auto response = co_await Records<endpoint>(api, call);
  co_return response;
}

// As `endpoint`, and says that the route has a successor (RFC 9745, RFC 8288).
void StampDeprecated(net::Response& response);

template <Endpoint endpoint>
Task<net::Response> Deprecated(Api& api, Call& call) {
  auto response = co_await endpoint(api, call);
  StampDeprecated(response);
  co_return response;
}

net::Response JsonAnswer(int status, std::string body);
net::Response NoContent();

// --- requests

// Whether `text` may name a policy: a UUID, "sys_...", or a slug of 2 to 128 characters.
bool IsPolicyId(std::string_view text);
bool IsUuid(std::string_view text);

// The id in the path as the directory knows it: a UUID in lower case.
std::string PathId(const Call& call);
// The problem with the id in the path, if there is one.
std::optional<PolicyProblem> CheckPathId(const Call& call);

// Runs `work`(directory) -> Outcome<...> on the blocking pool and comes back.
template <typename Work>
Task<std::invoke_result_t<Work, policy_admin::PolicyDirectory&>> AskDirectory(Api& api, Work work) {
  const auto& services = api.services();
  if (services.policies == nullptr) {
    co_return Error{ErrorCode::kUnavailable, "Policies cannot be managed at the moment"};
  }
  const WorkerPlace place(services.blocking);
  if (!place.entered()) {
    co_return Error{ErrorCode::kResourceExhausted, "Too many requests are waiting; try again"};
  }
  Executor* const home = Executor::Current();
  co_await SwitchTo(services.blocking);
  auto outcome = work(*services.policies);
  if (home != nullptr) co_await SwitchTo(*home);
  co_return outcome;
}

}  // namespace axonflow::api
