#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/api.h"
#include "governance/answer.h"
#include "governance/exchange.h"
#include "providers/catalog.h"
#include "providers/fields.h"
#include "providers/parts.h"
#include "providers/price.h"
#include "providers/upstream.h"

namespace axonflow::api {

class Spending;

// One call to a model on its way through: what its records and its answer speak of.
struct ModelCall {
  identity::Principal principal;
  DecisionId decision_id;
  TraceId trace;
  std::string request_type;
  const providers::Surface* surface = nullptr;
  const providers::Provider* provider = nullptr;
  std::string model;
  std::size_t prompt_bytes = 0;
  std::chrono::steady_clock::time_point sent;
  std::string team_id = {}, agent_id = {}, workflow_id = {};  // who spends, beside the user
  std::shared_ptr<Spending> spending = {};                    // null when no budget counts the call
};

// What came back, as far as it is known.
struct ModelOutcome {
  const governance::AnswerJudge* judge = nullptr;  // null: nothing came that could be judged
  std::string error;                               // why the answer is none or is not whole
  std::string sample;                              // of the text, redacted
  std::size_t answer_bytes = 0;
  std::optional<providers::Usage> usage;  // as the provider states it
};

// The request to be judged: the texts of `parts` one a line, what cannot be redacted beside them.
governance::Exchange ExchangeOf(const ModelCall& call, const std::vector<providers::Part>& parts);

// `body` with what the decision redacted.
std::string ApplyDecision(std::string_view body, const std::vector<providers::Part>& parts,
                          const governance::Decision& decision);

// A JSON document of a provider, with what is to be judged of it.
struct AnswerDocument {
  std::vector<providers::Part> parts;
  std::vector<governance::AnswerText> texts;  // of the parts, in order; then the two below
  std::string attached;                       // all that cannot be redacted, one a line
  std::string echoes;                         // all that repeats the answer, one a line
};
// Fails when `json` is no object. The texts look into the document: it must not be moved.
Result<std::unique_ptr<AnswerDocument>> ReadAnswer(const providers::Fields& fields,
                                                   std::string_view json);
// `json` with each text changed to what `judged` has for it. `redacted`: what repeats goes.
std::string WriteAnswer(const AnswerDocument& document, std::string_view json,
                        std::vector<std::string> judged, bool redacted);

// Judges every text of a whole answer and returns it as it may leave. Fails with kPermissionDenied
// when the policies stop it.
Task<Result<std::string>> GovernAnswer(Api& api, governance::AnswerJudge& judge,
                                       const providers::Fields& fields, std::string_view body,
                                       std::string& text_sample);

// Tokens and cost of a call: as stated, else estimated from the bytes.
providers::Usage UsageOf(const ModelCall& call, const ModelOutcome& outcome);

// The record of what came of a call that was let through.
audit::Record OutcomeRecord(const ModelCall& call, const ModelOutcome& outcome);

// Adds X-AxonFlow-Decision-Id, X-AxonFlow-Trace-Id and the X-AI-* set (agent-api 0.6).
struct AiFacts {
  bool blocked = false;
  bool filtered = false;
  bool oversight = false;
  std::vector<std::string> policies;
};
void AddAiHeaders(const Api& api, const ModelCall& call, const AiFacts& facts,
                  net::Response& response);

}  // namespace axonflow::api
