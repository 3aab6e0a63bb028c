#include "api/proxy_stream_body.h"

#include <atomic>
#include <utility>
#include <vector>

#include "api/cost_spending.h"
#include "api/proxy_errors.h"
#include "api/proxy_stream.h"

namespace axonflow::api {
namespace {

constexpr std::string_view kCutOff = "the provider's answer ended before it was complete";
constexpr std::string_view kClientGone = "the client went away";

std::unique_ptr<StreamRules> MakeRules(const providers::Surface& surface,
                                       governance::AnswerJudge& judge) {
  if (surface.protocol == providers::Protocol::kAnthropic) return MakeAnthropicStream(judge);
  return &surface == &providers::kResponses ? MakeResponsesStream(judge) : MakeOpenAiStream(judge);
}

class GovernedStream final : public net::BodyStream {
 public:
  GovernedStream(governance::Governor& governor, ModelCall call, governance::AnswerJudge judge,
                 outbound::Response upstream, std::shared_ptr<outbound::Cancellation> cancellation)
      : governor_(governor),
        call_(std::move(call)),
        judge_(std::move(judge)),
        rules_(MakeRules(*call_.surface, judge_)),
        upstream_(std::move(upstream)),
        cancellation_(std::move(cancellation)) {}

  // A stream that nobody reads to its end leaves its record all the same.
  ~GovernedStream() override {
    if (reported_) return;
    error_ = kClientGone;
    Start(governor_.Report(Record()), [](auto, const std::exception_ptr&) {});
  }

  Task<std::optional<std::string>> Next() override {
    std::string out;
    while (out.empty() && !ended_) {
      auto piece = co_await upstream_.ReadPiece();
      if (cancelled_.load()) co_return std::optional<std::string>{};
      Take(piece, out);
    }
    if (ended_ && !reported_) {
      reported_ = true;
      auto record = Record();
      const auto reported = co_await governor_.Report(std::move(record));
      static_cast<void>(reported);  // counted and logged; the answer has left already
      if (call_.spending) {
        const auto settled = co_await call_.spending->Settle();
        static_cast<void>(settled);  // logged; the lease sees to the rest
      }
    }
    co_return std::optional<std::string>(std::move(out));
  }

  void Cancel() override {
    cancelled_.store(true);
    cancellation_->Cancel();
  }

 private:
  void Take(const Result<std::string>& piece, std::string& out) {
    if (!piece || piece->empty()) {
      ended_ = true;
      if (rules_->complete()) return;
      error_ = piece ? std::string(kCutOff) : piece.error().message;
      rules_->Fail(kCutOff, out);
      return;
    }
    std::vector<providers::SseEvent> events;
    auto status = reader_.Feed(*piece, events);
    for (const auto& event : events) {
      auto taken = rules_->Take(event, out);
      if (!taken) {
        End(taken.error(), out);
        return;
      }
    }
    if (!status) End(status.error(), out);
    if (rules_->complete()) ended_ = true;
  }

  void End(const Error& error, std::string& out) {
    ended_ = true;
    error_ = error.message;
    upstream_.Cancel();
    judge_.stopped() ? rules_->Stop(out) : rules_->Fail(error.message, out);
  }

  audit::Record Record() const {
    ModelOutcome outcome;
    outcome.judge = &judge_;
    outcome.error = error_;
    outcome.sample = rules_->sample();
    outcome.answer_bytes = rules_->answer_bytes();
    outcome.usage = rules_->usage();
    return OutcomeRecord(call_, outcome);
  }

  governance::Governor& governor_;
  const ModelCall call_;
  governance::AnswerJudge judge_;
  const std::unique_ptr<StreamRules> rules_;
  outbound::Response upstream_;
  const std::shared_ptr<outbound::Cancellation> cancellation_;
  providers::SseReader reader_;
  std::string error_;
  std::atomic<bool> cancelled_{false};
  bool ended_ = false;
  bool reported_ = false;
};

}  // namespace

Task<net::Response> StreamAnswer(Api& api, const providers::Surface& surface, ModelCall call,
                                 outbound::Response upstream, AiFacts facts,
                                 std::shared_ptr<outbound::Cancellation> cancellation) {
  auto judge = co_await api.services().governor.OpenAnswer(call.principal, policy::Plane::kProxy);
  if (!judge) {
    ModelOutcome outcome;
    outcome.error = judge.error().message;
    auto record = OutcomeRecord(call, outcome);
    const auto reported = co_await api.services().governor.Report(std::move(record));
    static_cast<void>(reported);  // counted and logged; the answer is an error either way
    auto refusal = ProviderError(surface.protocol, 503, ErrorType(surface.protocol, 503), "",
                                 judge.error().message);
    AddAiHeaders(api, call, facts, refusal);
    co_return refusal;
  }
  net::Response response;
  response.content_type = "text/event-stream; charset=utf-8";
  response.headers.emplace_back("Cache-Control", "no-cache");
  AddAiHeaders(api, call, facts, response);
  response.stream =
      std::make_unique<GovernedStream>(api.services().governor, std::move(call), std::move(*judge),
                                       std::move(upstream), std::move(cancellation));
  co_return response;
}

}  // namespace axonflow::api
