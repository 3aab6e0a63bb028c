// Vault and AWS Secrets Manager against stand-ins that check each request as the service would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "base/crypto.h"
#include "net/outbound/testing.h"
#include "secrets/source.h"

namespace axonflow::secrets {
namespace {

using testing::HasSubstr;
using testing::Not;

// A request as it came over the wire.
struct WireRequest {
  std::string method, target, body;
  std::map<std::string, std::string> headers;  // lower-case names

  explicit WireRequest(const std::string& text) {
    const std::size_t end = text.find("\r\n\r\n");
    std::istringstream lines(text.substr(0, end));
    std::string line;
    std::getline(lines, line);
    std::istringstream(line) >> method >> target;
    while (std::getline(lines, line)) {
      if (line.ends_with('\r')) line.pop_back();
      const std::size_t colon = line.find(':');
      std::string name = line.substr(0, colon);
      std::transform(name.begin(), name.end(), name.begin(), ::tolower);
      headers[name] = line.substr(std::min(colon + 2, line.size()));
    }
    body = text.substr(end + 4);
  }
};

void Reply(outbound::TestPeer& peer, int status, const std::string& body) {
  peer.Write("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
             "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

class RemoteSource : public testing::Test {
 protected:
  RemoteSource() {
    outbound::ClientOptions options;
    options.guard = *outbound::EgressGuard::FromList({"127.0.0.1"});
    auto started = outbound::Client::Start(std::move(options));
    client_ = std::move(*started);
  }
  std::unique_ptr<outbound::Client> client_;
};

// Vault's AppRole login and KV version 2.
class VaultStandIn {
 public:
  void Serve(outbound::TestPeer& peer) {
    for (std::string text = peer.ReadRequest(); !text.empty(); text = peer.ReadRequest()) {
      const WireRequest request(text);
      const std::lock_guard lock(mutex);
      if (request.headers.at("x-vault-request") != "true") return Reply(peer, 412, "{}");
      if (request.headers.at("x-vault-namespace") != "team") return Reply(peer, 404, "{}");
      if (request.target == "/v1/auth/approle/login") {
        Login(peer, request);
      } else {
        Read(peer, request);
      }
    }
  }

  std::mutex mutex;
  int logins = 0;
  int reads = 0;
  int lease_s = 3'600;
  int status = 200;
  std::string valid_token;
  std::string value = "planted-value";

 private:
  void Login(outbound::TestPeer& peer, const WireRequest& request) {
    ++logins;
    if (request.method != "POST" || request.headers.at("content-type") != "application/json" ||
        request.headers.contains("x-vault-token") ||
        request.body != "{\"role_id\":\"role\",\"secret_id\":\"planted-id\"}") {
      return Reply(peer, 400, "{\"errors\":[\"invalid role or secret ID\"]}");
    }
    valid_token = "hvs.planted" + std::to_string(logins);
    Reply(peer, 200,
          "{\"auth\":{\"client_token\":\"" + valid_token + "\",\"lease_duration\":" +
              std::to_string(lease_s) + ",\"renewable\":true},\"data\":null}");
  }
  void Read(outbound::TestPeer& peer, const WireRequest& request) {
    ++reads;
    if (request.headers.at("x-vault-token") != valid_token) {
      return Reply(peer, 403, "{\"errors\":[\"permission denied\"]}");
    }
    if (status != 200) return Reply(peer, status, "{\"errors\":[]}");
    if (request.method != "GET" || request.target != "/v1/kv/data/apps/openai") {
      return Reply(peer, 404, "{\"errors\":[]}");
    }
    Reply(peer, 200,
          "{\"data\":{\"data\":{\"api_key\":\"" + value +
              "\",\"count\":5},\"metadata\":{\"version\":3}}}");
  }
};

class VaultSourceTest : public RemoteSource {
 protected:
  Result<Secret> Read(const std::string& reference = "vault:kv/apps/openai#api_key") {
    return source_->Read(*Reference::Parse(reference));
  }
  VaultOptions Options() const {
    VaultOptions options;
    options.address = server_.url();
    options.name_space = "team";
    options.role_id = "role";
    options.secret_id = Secret("planted-id");
    return options;
  }

  VaultStandIn vault_;
  outbound::TestServer server_{[this](outbound::TestPeer& peer) { vault_.Serve(peer); }};
  std::unique_ptr<Source> source_ = MakeVaultSource(Options(), *client_);
};

TEST_F(VaultSourceTest, LogsInOnceAndReads) {
  for (int i = 0; i < 3; ++i) {
    const auto value = Read();
    ASSERT_TRUE(value.ok()) << value.error().message;
    EXPECT_EQ(value->Reveal(), "planted-value");
  }
  EXPECT_EQ(vault_.logins, 1);
  EXPECT_EQ(vault_.reads, 3);
}

TEST_F(VaultSourceTest, LogsInAgainWhenItsTokenIsRevoked) {
  ASSERT_TRUE(Read().ok());
  vault_.valid_token = "another";
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(vault_.logins, 2);
}

TEST_F(VaultSourceTest, LogsInAgainBeforeItsTokenDies) {
  vault_.lease_s = 1;
  ASSERT_TRUE(Read().ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(950));
  ASSERT_TRUE(Read().ok());
  EXPECT_EQ(vault_.logins, 2);
  EXPECT_EQ(vault_.reads, 2);
}

TEST_F(VaultSourceTest, SaysWhatIsWrongAndNothingSecret) {
  const auto expect = [&](const Result<Secret>& value, ErrorCode code) {
    ASSERT_FALSE(value.ok());
    EXPECT_EQ(value.error().code, code) << value.error().message;
    EXPECT_THAT(value.error().message, Not(HasSubstr("planted")));
    EXPECT_THAT(value.error().message, HasSubstr("vault:***"));
  };
  expect(Read("vault:kv/apps/other#api_key"), ErrorCode::kNotFound);
  expect(Read("vault:kv/apps/openai#absent"), ErrorCode::kNotFound);
  expect(Read("vault:kv/apps/openai#count"), ErrorCode::kNotFound);
  vault_.status = 403;
  expect(Read(), ErrorCode::kPermissionDenied);
  vault_.status = 503;
  expect(Read(), ErrorCode::kUnavailable);
  VaultOptions wrong = Options();
  wrong.secret_id = Secret("planted-wrong");
  source_ = MakeVaultSource(std::move(wrong), *client_);
  expect(Read(), ErrorCode::kPermissionDenied);
}

TEST_F(VaultSourceTest, DoesNotSendItsSecretToARefusedAddress) {
  VaultOptions elsewhere = Options();
  elsewhere.address = "http://127.0.0.2:" + std::to_string(server_.port());
  source_ = MakeVaultSource(std::move(elsewhere), *client_);
  EXPECT_EQ(Read().error().code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(server_.connections(), 0);
}

// AWS Secrets Manager: verifies the signature from the bytes on the wire.
class AwsStandIn {
 public:
  void Serve(outbound::TestPeer& peer) {
    for (std::string text = peer.ReadRequest(); !text.empty(); text = peer.ReadRequest()) {
      const WireRequest request(text);
      const std::lock_guard lock(mutex);
      const std::string problem = Problem(request);
      problems += problem;
      if (!problem.empty()) {
        Reply(peer, 400, "{\"__type\":\"InvalidSignatureException\",\"message\":\"x\"}");
      } else if (request.body != "{\"SecretId\":\"prod/openai\"}" &&
                 request.body.find("eu-north-1") == std::string::npos) {
        Reply(peer, 400, "{\"__type\":\"com.amazonaws.secretsmanager#ResourceNotFoundException\"}");
      } else {
        Reply(peer, status, answer);
      }
    }
  }

  std::mutex mutex;
  std::string region = "eu-west-1";
  int status = 200;
  std::string answer =
      "{\"ARN\":\"a\",\"SecretString\":\"{\\\"api_key\\\":\\\"planted-value\\\"}\"}";
  std::string problems;

 private:
  static std::string Between(const std::string& text, const std::string& before,
                             const std::string& after) {
    const std::size_t begin = text.find(before);
    if (begin == std::string::npos) return "";
    return text.substr(begin + before.size(),
                       text.find(after, begin + before.size()) - begin - before.size());
  }

  std::string Problem(const WireRequest& request) const {
    if (request.method != "POST" || request.target != "/") return "request line; ";
    if (request.headers.at("x-amz-target") != "secretsmanager.GetSecretValue") return "target; ";
    if (request.headers.at("content-type") != "application/x-amz-json-1.1") return "type; ";
    if (request.headers.at("x-amz-security-token") != "planted-session") return "session; ";
    const std::string authorization = request.headers.at("authorization");
    const std::string time = request.headers.at("x-amz-date");
    if (time != "20261123T150405Z") return "time; ";
    const std::string scope = time.substr(0, 8) + "/" + region + "/secretsmanager/aws4_request";
    if (Between(authorization, "Credential=", ",") != "AKIDEXAMPLE/" + scope) return "scope; ";
    const std::string names = Between(authorization, "SignedHeaders=", ",");
    for (const char* needed : {"host", "x-amz-date", "x-amz-security-token", "x-amz-target"}) {
      if ((";" + names + ";").find(";" + std::string(needed) + ";") == std::string::npos) {
        return "not signed: " + std::string(needed) + "; ";
      }
    }
    std::string lines;
    std::istringstream list(names);
    for (std::string name; std::getline(list, name, ';');) {
      lines += name + ":" + request.headers.at(name) + "\n";
    }
    const std::string canonical =
        "POST\n/\n\n" + lines + "\n" + names + "\n" + HexEncode(Sha256(request.body));
    std::string key = "AWS4planted-key";
    for (const std::string& part :
         {time.substr(0, 8), region, std::string("secretsmanager"), std::string("aws4_request")}) {
      key = std::string(AsBytes(HmacSha256(key, part)));
    }
    const std::string to_sign =
        "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + HexEncode(Sha256(canonical));
    const std::string want = HexEncode(HmacSha256(key, to_sign));
    return authorization.ends_with("Signature=" + want) ? "" : "signature; ";
  }
};

class AwsSourceTest : public RemoteSource {
 protected:
  AwsOptions Options() const {
    AwsOptions options;
    options.region = "eu-west-1";
    options.endpoint = server_.url();
    options.credentials.access_key_id = "AKIDEXAMPLE";
    options.credentials.secret_access_key = Secret("planted-key");
    options.credentials.session_token = Secret("planted-session");
    options.now = [] { return *ParseRfc3339("2026-11-23T15:04:05Z"); };
    return options;
  }
  Result<Secret> Read(const std::string& reference) {
    return source_->Read(*Reference::Parse(reference));
  }

  AwsStandIn aws_;
  outbound::TestServer server_{[this](outbound::TestPeer& peer) { aws_.Serve(peer); }};
  std::unique_ptr<Source> source_ = MakeAwsSource(Options(), *client_);
};

TEST_F(AwsSourceTest, SignsAndReadsAFieldOrTheWhole) {
  const auto field = Read("aws-sm:prod/openai#api_key");
  ASSERT_TRUE(field.ok()) << field.error().message << aws_.problems;
  EXPECT_EQ(field->Reveal(), "planted-value");
  EXPECT_EQ(Read("aws-sm:prod/openai")->Reveal(), "{\"api_key\":\"planted-value\"}");
  aws_.answer = "{\"SecretBinary\":\"" + Base64Encode("bytes") + "\"}";
  EXPECT_EQ(Read("aws-sm:prod/openai")->Reveal(), "bytes");
  EXPECT_EQ(aws_.problems, "");
}

TEST_F(AwsSourceTest, SignsForTheRegionOfTheArn) {
  aws_.region = "eu-north-1";
  const auto value =
      Read("aws-sm:arn:aws:secretsmanager:eu-north-1:123456789012:secret:x-AbCdEf#api_key");
  ASSERT_TRUE(value.ok()) << aws_.problems;
  EXPECT_EQ(value->Reveal(), "planted-value");
  EXPECT_FALSE(Read("aws-sm:arn:aws").ok());
}

TEST_F(AwsSourceTest, SaysWhatIsWrongAndNothingSecret) {
  const auto expect = [&](const Result<Secret>& value, ErrorCode code) {
    ASSERT_FALSE(value.ok());
    EXPECT_EQ(value.error().code, code) << value.error().message;
    EXPECT_THAT(value.error().message, Not(HasSubstr("planted")));
    EXPECT_THAT(value.error().message, HasSubstr("aws-sm:***"));
  };
  expect(Read("aws-sm:prod/absent"), ErrorCode::kNotFound);
  expect(Read("aws-sm:prod/openai#absent"), ErrorCode::kNotFound);
  aws_.status = 500;
  expect(Read("aws-sm:prod/openai"), ErrorCode::kUnavailable);
  aws_.status = 200;
  aws_.answer = "<html>";
  expect(Read("aws-sm:prod/openai"), ErrorCode::kCorrupt);
  AwsOptions wrong = Options();
  wrong.credentials.secret_access_key = Secret("planted-other");
  source_ = MakeAwsSource(std::move(wrong), *client_);
  expect(Read("aws-sm:prod/openai"), ErrorCode::kPermissionDenied);
  EXPECT_EQ(aws_.problems, "signature; ");
}

}  // namespace
}  // namespace axonflow::secrets
