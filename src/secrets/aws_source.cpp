#include <algorithm>
#include <chrono>
#include <utility>

#include "base/crypto.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "secrets/source.h"

namespace axonflow::secrets {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{3'000};
constexpr std::chrono::milliseconds kTotalTimeout{10'000};
constexpr std::string_view kService = "secretsmanager";

// "arn:aws:secretsmanager:eu-west-1:123456789012:secret:name-AbCdEf": its fourth part.
std::string RegionOfArn(std::string_view arn) {
  for (int i = 0; i < 3; ++i) {
    arn.remove_prefix(std::min(arn.find(':'), arn.size() - 1) + 1);
  }
  return std::string(arn.substr(0, arn.find(':')));
}

bool IsRegion(std::string_view region) {
  return !region.empty() && region.size() <= 32 &&
         std::all_of(region.begin(), region.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

class AwsSource final : public Source {
 public:
  AwsSource(AwsOptions options, outbound::Client& client)
      : options_(std::move(options)), client_(client) {}

  Result<Secret> Read(const Reference& reference) override {
    const std::string place = reference.Masked();
    const bool is_arn = reference.path.starts_with("arn:");
    const std::string region = is_arn ? RegionOfArn(reference.path) : options_.region;
    if (!IsRegion(region)) {
      return Error{ErrorCode::kInvalidArgument, place + ": no AWS region; set AWS_REGION"};
    }
    outbound::Request request;
    request.method = "POST";
    request.url = options_.endpoint.empty() ? Endpoint(region) : options_.endpoint;
    request.purpose = outbound::Purpose::kSecrets;
    request.bounds.body_bytes_max = 4 * kSecretBytesMax;
    request.deadlines.connect = kConnectTimeout;
    request.deadlines.total = kTotalTimeout;
    JsonWriter body;
    body.BeginObject().Field("SecretId", reference.path).EndObject();
    request.body = std::move(body).Take();
    request.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                       {"X-Amz-Target", "secretsmanager.GetSecretValue"}};
    SignV4(options_.credentials, region, kService, options_.now(), request);
    auto answer = client_.FetchAndWait(std::move(request));
    if (!answer) return Error{answer.error().code, place + ": " + answer.error().message};
    return TakeAnswer(reference, *answer);
  }

 private:
  static std::string Endpoint(const std::string& region) {
    const std::string domain = region.starts_with("cn-") ? ".amazonaws.com.cn/" : ".amazonaws.com/";
    return "https://" + std::string(kService) + "." + region + domain;
  }

  static Result<Secret> TakeAnswer(const Reference& reference,
                                   const outbound::WholeResponse& answer) {
    const std::string place = reference.Masked();
    JsonDocument document;
    const auto root = document.Parse(answer.body);
    if (answer.status != 200) return Refusal(place, answer.status, root);
    if (!root) return Error{ErrorCode::kCorrupt, place + ": AWS answered something else than JSON"};
    Secret text;
    if (const auto member = root->Find("SecretString")) {
      text = Secret(std::string(member->AsString().value_or("")));
    } else if (const auto binary = root->Find("SecretBinary")) {
      if (auto bytes = Base64Decode(binary->AsString().value_or(""))) {
        text = Secret(std::move(*bytes));
      }
    }
    static_cast<void>(document.Parse('"' + std::string(answer.body.size(), 'x') + '"').ok());
    if (text.empty()) return Error{ErrorCode::kNotFound, place + ": AWS has no value for it"};
    return TakeField(text, reference.field, place);
  }

  // By the exception's name, which comes as "ResourceNotFoundException" or with a prefix and "#".
  static Error Refusal(const std::string& place, int status, const Result<JsonValue>& root) {
    const auto type = root ? root->Find("__type") : std::nullopt;
    std::string_view name = type ? type->AsString().value_or("") : "";
    name.remove_prefix(std::min(name.rfind('#') + 1, name.size()));
    if (name == "ResourceNotFoundException") {
      return Error{ErrorCode::kNotFound, place + ": AWS has no such secret"};
    }
    if (status == 400 || status == 403) {
      return Error{ErrorCode::kPermissionDenied,
                   place + ": AWS refused to give it (" + std::string(name.substr(0, 64)) + ")"};
    }
    return Error{ErrorCode::kUnavailable, place + ": AWS answered " + std::to_string(status)};
  }

  const AwsOptions options_;
  outbound::Client& client_;
};

}  // namespace

std::unique_ptr<Source> MakeAwsSource(AwsOptions options, outbound::Client& client) {
  return std::make_unique<AwsSource>(std::move(options), client);
}

}  // namespace axonflow::secrets
