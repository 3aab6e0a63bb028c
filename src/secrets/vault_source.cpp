#include <chrono>
#include <mutex>
#include <utility>

#include "base/json.h"
#include "base/json_writer.h"
#include "secrets/source.h"

namespace axonflow::secrets {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kConnectTimeout{3'000};
constexpr std::chrono::milliseconds kTotalTimeout{10'000};
// A token that says nothing of its life, and one that lives for ever, are renewed once an hour.
constexpr std::chrono::seconds kTokenLifeMax{3'600};

class VaultSource final : public Source {
 public:
  VaultSource(VaultOptions options, outbound::Client& client)
      : options_(std::move(options)), client_(client) {
    while (options_.address.ends_with('/')) options_.address.pop_back();
  }

  Result<Secret> Read(const Reference& reference) override {
    const std::string place = reference.Masked();
    for (const bool again : {false, true}) {
      auto token = Token(place, again);
      if (!token) return token;
      auto answer = client_.FetchAndWait(ReadRequest(reference, *token));
      if (!answer) return Error{answer.error().code, place + ": " + answer.error().message};
      if (answer->status == 403 && !again) continue;  // revoked, or Vault was sealed anew
      return TakeAnswer(reference, *answer);
    }
    return Error{ErrorCode::kInternal, place + ": not read"};
  }

 private:
  outbound::Request NewRequest(std::string method, const std::string& path) const {
    outbound::Request request;
    request.method = std::move(method);
    request.url = options_.address + "/v1/" + path;
    request.purpose = outbound::Purpose::kSecrets;
    request.bounds.body_bytes_max = 4 * kSecretBytesMax;
    request.deadlines.connect = kConnectTimeout;
    request.deadlines.total = kTotalTimeout;
    request.headers.push_back({"X-Vault-Request", "true"});
    if (!options_.name_space.empty()) {
      request.headers.push_back({"X-Vault-Namespace", options_.name_space});
    }
    return request;
  }

  outbound::Request ReadRequest(const Reference& reference, const Secret& token) const {
    const std::size_t slash = reference.path.find('/');
    outbound::Request request =
        NewRequest("GET", reference.path.substr(0, slash) + "/data" + reference.path.substr(slash));
    request.headers.push_back({"X-Vault-Token", std::string(token.Reveal())});
    return request;
  }

  static Result<Secret> TakeAnswer(const Reference& reference,
                                   const outbound::WholeResponse& answer) {
    const std::string place = reference.Masked();
    if (answer.status == 404)
      return Error{ErrorCode::kNotFound, place + ": Vault has no such path"};
    if (answer.status == 403) {
      return Error{ErrorCode::kPermissionDenied, place + ": Vault does not let this role read it"};
    }
    if (answer.status != 200) {
      return Error{ErrorCode::kUnavailable,
                   place + ": Vault answered " + std::to_string(answer.status)};
    }
    JsonDocument document;
    const auto root = document.Parse(answer.body);
    const auto outer = root ? root->Find("data") : std::nullopt;
    const auto inner = outer ? outer->Find("data") : std::nullopt;
    if (!inner) {
      return Error{ErrorCode::kCorrupt, place + ": not an answer of Vault's KV version 2"};
    }
    const Secret members(inner->ToString());
    static_cast<void>(document.Parse('"' + std::string(answer.body.size(), 'x') + '"').ok());
    return TakeField(members, reference.field, place);
  }

  // The present token, or a fresh one when it is old or `renew`.
  Result<Secret> Token(const std::string& place, bool renew) {
    const std::lock_guard lock(mutex_);
    if (!renew && !token_.empty() && Clock::now() < renew_at_) return token_;
    JsonWriter body;
    body.BeginObject()
        .Field("role_id", options_.role_id)
        .Field("secret_id", options_.secret_id.Reveal())
        .EndObject();
    outbound::Request request = NewRequest("POST", "auth/" + options_.auth_mount + "/login");
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = std::move(body).Take();
    auto answer = client_.FetchAndWait(std::move(request));
    if (!answer) return Error{answer.error().code, place + ": " + answer.error().message};
    if (answer->status != 200) {
      return Error{answer->status < 500 ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable,
                   place + ": Vault's login answered " + std::to_string(answer->status)};
    }
    JsonDocument document;
    const auto root = document.Parse(answer->body);
    const auto auth = root ? root->Find("auth") : std::nullopt;
    const auto text = auth ? auth->Find("client_token") : std::nullopt;
    const auto token = text ? text->AsString() : std::nullopt;
    if (!token || token->empty()) {
      return Error{ErrorCode::kCorrupt, place + ": Vault's login gave no token"};
    }
    const auto lease = auth->Find("lease_duration");
    const std::int64_t life = lease ? lease->AsInt().value_or(0) : 0;
    const auto lives =
        std::min(life > 0 ? std::chrono::seconds(life) : kTokenLifeMax, kTokenLifeMax);
    token_ = Secret(std::string(*token));
    renew_at_ = Clock::now() + std::chrono::milliseconds(lives) * 9 / 10;
    return token_;
  }

  VaultOptions options_;
  outbound::Client& client_;
  std::mutex mutex_;
  Secret token_;
  Clock::time_point renew_at_;
};

}  // namespace

std::unique_ptr<Source> MakeVaultSource(VaultOptions options, outbound::Client& client) {
  return std::make_unique<VaultSource>(std::move(options), client);
}

}  // namespace axonflow::secrets
