#include <limits>
#include <string>

#include "api/endpoints.h"
#include "api/evidence_reads.h"
#include "api/query_string.h"
#include "audit/evidence_store.h"
#include "base/json_writer.h"

namespace axonflow::api {
namespace {

constexpr std::int64_t kSizeMax = std::numeric_limits<std::int64_t>::max();

// The tree that the caller asks about: of its tenant, or of `tenant_id` for who reads all of them.
Result<audit::TreeId> TreeOf(const Call& call, const QueryString& query) {
  const auto wanted = query.Get("tenant_id");
  const auto& own = call.principal.tenant.str();
  if (!wanted.empty() && wanted != own && !call.principal.reads_whole_org) {
    return Error{ErrorCode::kPermissionDenied, "tenant_id is not the caller's tenant"};
  }
  return audit::TreeId{call.principal.org.str(), wanted.empty() ? own : std::string(wanted)};
}

struct Consistency {
  audit::TreeHead head;
  std::uint64_t first = 0, second = 0;
  Digest256 first_root{}, second_root{};
  std::vector<Digest256> proof;
};

Result<audit::TreeHead> LatestHead(store::Transaction& transaction, const audit::TreeId& tree) {
  auto head = audit::ReadHead(transaction, tree, kSizeMax);
  if (!head) return head.error();
  if (!*head) return Error{ErrorCode::kNotFound, "The tenant's log is empty"};
  return std::move(**head);
}

Task<Result<audit::TreeHead>> FindHead(Api& api, Call& call) {
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return query.error();
  const auto tree = TreeOf(call, *query);
  if (!tree) co_return tree.error();
  auto head = co_await ReadEvidenceStore<audit::TreeHead>(
      api, call, [&tree](store::Transaction& transaction, const store::OrgScope&) {
        return LatestHead(transaction, *tree);
      });
  co_return head;
}

std::string CheckpointOf(Api& api, const audit::TreeHead& head) {
  return audit::SignedCheckpoint(head, api.services().evidence->keys.Find(head.key_id));
}

Result<Consistency> ProveConsistency(store::Transaction& transaction, const audit::TreeId& tree,
                                     std::uint64_t first, std::uint64_t second) {
  auto head = LatestHead(transaction, tree);
  if (!head) return head.error();
  Consistency result;
  result.head = std::move(*head);
  result.first = first;
  result.second = second == 0 ? result.head.size : second;
  if (result.first > result.second || result.second > result.head.size) {
    return Error{ErrorCode::kInvalidArgument,
                 "first must not be above second, nor second above the size of the log, " +
                     std::to_string(result.head.size)};
  }
  audit::TileReader tiles(transaction, tree);
  auto proof = audit::merkle::ConsistencyProof(result.first, result.second, tiles.source());
  if (!proof) return proof.error();
  result.proof = std::move(*proof);
  const auto first_root = audit::merkle::Root(result.first, tiles.source());
  if (!first_root) return first_root.error();
  const auto second_root = audit::merkle::Root(result.second, tiles.source());
  if (!second_root) return second_root.error();
  result.first_root = *first_root;
  result.second_root = *second_root;
  return result;
}

}  // namespace

Task<net::Response> AuditTreeHead(Api& api, Call& call) {
  if (auto refusal = RefuseWithoutEvidenceAuthority(call)) co_return std::move(*refusal);
  const auto head = co_await FindHead(api, call);
  if (!head) {
    co_return Refusal(call.route.errors, StatusOf(head.error().code), head.error().message, call);
  }
  JsonWriter json;
  json.BeginObject().Field("origin", head->origin).Field("tree_size", head->size);
  json.Field("root_hash", audit::Hex(head->root));
  json.Field("signed_at", FormatRfc3339(head->signed_at));
  json.Field("signed", !head->signature.empty()).Field("signing_key_id", head->key_id);
  json.Field("checkpoint", CheckpointOf(api, *head)).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  co_return response;
}

Task<net::Response> AuditCheckpoint(Api& api, Call& call) {
  if (auto refusal = RefuseWithoutEvidenceAuthority(call)) co_return std::move(*refusal);
  const auto head = co_await FindHead(api, call);
  if (!head) {
    co_return Refusal(call.route.errors, StatusOf(head.error().code), head.error().message, call);
  }
  net::Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = CheckpointOf(api, *head);
  co_return response;
}

Task<net::Response> AuditConsistency(Api& api, Call& call) {
  if (auto refusal = RefuseWithoutEvidenceAuthority(call)) co_return std::move(*refusal);
  const auto query = QueryString::Parse(call.request.query);
  if (!query) co_return Refusal(call.route.errors, 400, query.error().message, call);
  const auto tree = TreeOf(call, *query);
  if (!tree) {
    co_return Refusal(call.route.errors, StatusOf(tree.error().code), tree.error().message, call);
  }
  const auto first = query->Integer("first", 1, 1, kSizeMax);
  if (!first) co_return Refusal(call.route.errors, 400, first.error().message, call);
  const auto second = query->Integer("second", 0, 0, kSizeMax);
  if (!second) co_return Refusal(call.route.errors, 400, second.error().message, call);
  const auto found = co_await ReadEvidenceStore<Consistency>(
      api, call, [&](store::Transaction& transaction, const store::OrgScope&) {
        return ProveConsistency(transaction, *tree, static_cast<std::uint64_t>(*first),
                                static_cast<std::uint64_t>(*second));
      });
  if (!found) {
    co_return Refusal(call.route.errors, StatusOf(found.error().code), found.error().message, call);
  }
  JsonWriter json;
  json.BeginObject().Field("origin", found->head.origin).Field("first", found->first);
  json.Field("second", found->second).Field("first_root", audit::Hex(found->first_root));
  json.Field("second_root", audit::Hex(found->second_root)).Key("proof").BeginArray();
  for (const auto& hash : found->proof) json.String(audit::Hex(hash));
  json.EndArray().Field("checkpoint", CheckpointOf(api, found->head)).EndObject();
  net::Response response;
  response.body = std::move(json).Take();
  co_return response;
}

}  // namespace axonflow::api
