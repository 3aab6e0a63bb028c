#include "governance/backtest.h"

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "base/json_writer.h"
#include "governance/judge.h"

namespace axonflow::governance {
namespace {

void AddSample(std::vector<std::string>& samples, const std::string& id) {
  if (samples.size() < Backtest::kSamplesMax) samples.push_back(id);
}

void Count(Backtest::Matrix& matrix, const std::string& was, const std::string& would_be,
           const std::string& id) {
  Backtest::Cell& cell = matrix[{was, would_be}];
  ++cell.count;
  AddSample(cell.sample_ids, id);
}

void WriteTexts(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.Key(key).BeginArray();
  for (const auto& text : texts) json.String(text);
  json.EndArray();
}

void WriteMatrix(JsonWriter& json, std::string_view key, const Backtest::Matrix& matrix) {
  json.Key(key).BeginArray();
  for (const auto& [outcomes, cell] : matrix) {
    json.BeginObject().Field("was", outcomes.first).Field("would_be", outcomes.second);
    json.Field("count", cell.count);
    WriteTexts(json, "sample_ids", cell.sample_ids);
    json.EndObject();
  }
  json.EndArray();
}

void WriteGroups(JsonWriter& json, std::string_view key, std::string_view name,
                 const std::map<std::string, Backtest::Matrix>& groups) {
  json.Key(key).BeginArray();
  for (const auto& [group, matrix] : groups) {
    json.BeginObject().Field(name, group);
    WriteMatrix(json, "matrix", matrix);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace

std::optional<PastDecision> ReplayOf(const audit::Record& record) {
  const auto plane = policy::ParsePlane(record.plane);
  if (!plane || record.verdict == policy::ToString(policy::Outcome::kError)) return std::nullopt;
  if (record.query_hash.empty() || HexEncode(Sha256(record.query)) != record.query_hash) {
    return std::nullopt;
  }
  PastDecision past;
  past.id = record.decision_id.str();
  past.was = record.verdict;
  for (const auto& match : record.matches) past.policies.push_back(match.policy_id);
  Exchange& exchange = past.exchange;
  exchange.principal.org = record.org;
  exchange.principal.tenant = record.tenant;
  exchange.principal.client = record.client;
  exchange.principal.user_email = record.user_email;
  exchange.principal.user_role = record.user_role;
  exchange.decision_id = record.decision_id;
  exchange.plane = *plane;
  exchange.stage = record.stage;
  exchange.text = record.query;
  exchange.tool_signature = record.tool_signature;
  exchange.connector = record.tool_signature.substr(0, record.tool_signature.find('/'));
  exchange.provider = record.provider;
  exchange.model = record.model;
  exchange.policy_context = record.context;
  return past;
}

Status Backtest::Add(const PastDecision& past, const View& view, Time now) {
  const auto judgement = Judge(past.exchange, view, environment_, now);
  if (!judgement) return judgement.error();
  const std::string would_be(policy::ToString(judgement->verdict.outcome));
  ++replayed_;
  if (would_be != past.was) ++changed_;
  Count(matrix_, past.was, would_be, past.id);
  Count(by_tenant_[past.exchange.principal.tenant.str()], past.was, would_be, past.id);
  Count(by_plane_[std::string(policy::ToString(past.exchange.plane))], past.was, would_be, past.id);
  const std::set<std::string> then(past.policies.begin(), past.policies.end());
  std::set<std::string> now_matched;
  for (const auto& match : judgement->verdict.matches) {
    if (!match.shadow) now_matched.insert(view->policy(match.policy).id);
  }
  std::set<std::string> all = then;
  all.insert(now_matched.begin(), now_matched.end());
  for (const std::string& id : all) {
    PolicyCount& count = by_policy_[id];
    const bool matched = then.contains(id);
    const bool would_match = now_matched.contains(id);
    count.matched += matched ? 1 : 0;
    count.would_match += would_match ? 1 : 0;
    if (matched != would_match) AddSample(count.sample_ids, past.id);
  }
  return {};
}

std::string ToJson(const Backtest& backtest) {
  JsonWriter json;
  json.BeginObject().Field("replayed", backtest.replayed()).Field("changed", backtest.changed());
  json.Field("unreplayable", backtest.unreplayable());
  WriteMatrix(json, "matrix", backtest.matrix());
  json.Key("by_policy").BeginArray();
  for (const auto& [id, count] : backtest.by_policy()) {
    json.BeginObject().Field("policy_id", id).Field("matched", count.matched);
    json.Field("would_match", count.would_match);
    WriteTexts(json, "sample_ids", count.sample_ids);
    json.EndObject();
  }
  json.EndArray();
  WriteGroups(json, "by_tenant", "tenant_id", backtest.by_tenant());
  WriteGroups(json, "by_plane", "plane", backtest.by_plane());
  json.EndObject();
  return std::move(json).Take();
}

}  // namespace axonflow::governance
