#include "net/tls.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/server.h"

namespace axonflow::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr long kHour = 3'600;

struct Pair {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

// A certificate for `name`, signed by `issuer` or by itself, valid from and to these seconds from
// now.
Pair Certify(const char* name, const Pair* issuer, long from = -kHour, long to = kHour) {
  Pair pair{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* x = pair.certificate.get();
  X509_set_version(x, 2);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
  X509_gmtime_adj(X509_getm_notBefore(x), from);
  X509_gmtime_adj(X509_getm_notAfter(x), to);
  X509_set_pubkey(x, pair.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name((issuer ? *issuer : pair).certificate.get()));
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, NID_basic_constraints,
                                        issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
  X509_add_ext(x, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(x, (issuer ? *issuer : pair).key.get(), EVP_sha256());
  return pair;
}

class TlsTest : public testing::Test {
 protected:
  TlsTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as the server does at start
    std::string pattern = testing::TempDir() + "axonflow-tls-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    Write(Certify("first", &ca_));
  }
  ~TlsTest() override {
    if (server_) server_->Drain(std::chrono::milliseconds{100});
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  void Write(const Pair& pair) const {
    WriteCertificate("cert.pem", pair);
    FILE* file = std::fopen(Path("key.pem").c_str(), "w");
    PEM_write_PrivateKey(file, pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }
  void WriteCertificate(const std::string& name, const Pair& pair) const {
    FILE* file = std::fopen(Path(name).c_str(), "w");
    PEM_write_X509(file, pair.certificate.get());
    std::fclose(file);
  }
  TlsFiles Files(bool clients = false) const {
    if (clients) WriteCertificate("ca.pem", ca_);
    return {Path("cert.pem"), Path("key.pem"), clients ? Path("ca.pem") : ""};
  }

  struct EchoHandler : Handler {
    Task<Response> Handle(const Request& request) override {
      Response response;
      response.body = "[" + std::string(request.path) + " " + std::string(request.body) + "]";
      if (request.path == "/large") response.body.assign(8 << 20, 'L');
      co_return response;
    }
  };

  void Serve(bool clients = false) {
    auto context = TlsContext::Load(Files(clients));
    ASSERT_TRUE(context.ok()) << context.error().message;
    ServerOptions options;
    options.port = 0;
    options.threads = 1;
    options.limits.idle_timeout = std::chrono::milliseconds{2'000};  // ticks of 250 ms
    options.tls = *context;
    options.on_refused = [this](const char* reason) {
      const std::lock_guard lock(mutex_);
      refused_.emplace_back(reason);
    };
    options.on_tls_reload = [this](const Status& status) {
      const std::lock_guard lock(mutex_);
      reloads_.push_back(status.ok() ? "ok" : status.error().message);
    };
    auto server = Server::Listen(options, handler_);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(server).value();
    server_->Run();
  }

  int Connect() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    timeval patience{10, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket;
  }

  struct Client {
    std::shared_ptr<SSL_CTX> context{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
    std::shared_ptr<SSL> ssl;
    int socket = -1;
    ~Client() {
      ssl.reset();
      if (socket >= 0) ::close(socket);
    }
    std::string Ask(const std::string& request, std::size_t bytes = 0) const {
      SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
      std::string answer;
      char piece[16 << 10];
      while (bytes == 0 ? !answer.ends_with("]") : answer.size() < bytes) {
        const int got = SSL_read(ssl.get(), piece, sizeof piece);
        if (got <= 0) break;
        answer.append(piece, static_cast<std::size_t>(got));
      }
      return answer;
    }
    std::string ServerName() const {
      std::shared_ptr<X509> shown(SSL_get1_peer_certificate(ssl.get()), X509_free);
      char name[64] = {};
      if (shown) {
        X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, name, 64);
      }
      return name;
    }
  };
  // Whether the handshake succeeded. `version` 0: the best both have.
  bool Shake(Client& client, const Pair* own = nullptr, int version = 0) const {
    if (version != 0) {
      SSL_CTX_set_security_level(client.context.get(), 0);
      SSL_CTX_set_min_proto_version(client.context.get(), version);
      SSL_CTX_set_max_proto_version(client.context.get(), version);
    }
    if (own != nullptr) {
      SSL_CTX_use_certificate(client.context.get(), own->certificate.get());
      SSL_CTX_use_PrivateKey(client.context.get(), own->key.get());
    }
    client.socket = Connect();
    client.ssl.reset(SSL_new(client.context.get()), SSL_free);
    SSL_set_fd(client.ssl.get(), client.socket);
    return SSL_connect(client.ssl.get()) == 1;
  }

  template <typename Condition>
  bool Eventually(Condition condition) {
    for (int i = 0; i < 500; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (condition()) return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
    return false;
  }

  std::string folder_;
  const Pair ca_ = Certify("authority", nullptr);
  EchoHandler handler_;
  std::mutex mutex_;
  std::vector<std::string> refused_;
  std::vector<std::string> reloads_;
  std::unique_ptr<Server> server_;
};

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(TlsTest, ServesOneRequestAfterAnotherInBothVersions) {
  Serve();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Client client;
    ASSERT_TRUE(Shake(client, nullptr, version));
    EXPECT_EQ(SSL_version(client.ssl.get()), version);
    for (int i = 0; i < 3; ++i) EXPECT_THAT(client.Ask(kGet), EndsWith("[/a ]"));
    const auto large = client.Ask("GET /large HTTP/1.1\r\nHost: h\r\n\r\n", (8 << 20) + 60);
    EXPECT_THAT(large.substr(0, 200), HasSubstr("Content-Length: 8388608"));
    EXPECT_GT(large.size(), 8U << 20);
  }
}

TEST_F(TlsTest, ReadsABodyThatComesInManyRecords) {
  Serve();
  Client client;
  ASSERT_TRUE(Shake(client));
  const std::string body(200'000, 'b');
  const std::string head = "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n";
  const auto answer = client.Ask(head + body);
  EXPECT_THAT(answer, EndsWith("b]"));
  EXPECT_GT(answer.size(), body.size());
}

TEST_F(TlsTest, RefusesOldVersionsAndClearText) {
  Serve();
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    Client client;
    EXPECT_FALSE(Shake(client, nullptr, version));
  }
  const int socket = Connect();
  EXPECT_GT(::send(socket, kGet.data(), kGet.size(), 0), 0);
  std::string answer(256, '\0');
  const auto got = ::recv(socket, answer.data(), answer.size(), 0);
  EXPECT_EQ(answer.substr(0, static_cast<std::size_t>(std::max<long>(got, 0))).find("HTTP"),
            std::string::npos);
  ::close(socket);
  EXPECT_TRUE(Eventually([&] { return refused_.size() >= 3; }));
  EXPECT_THAT(refused_, testing::Each("tls_handshake"));
}

TEST_F(TlsTest, WantsACertificateOfItsOwnAuthorityWhenClientsMustShowOne) {
  Serve(true);
  const auto good = Certify("client", &ca_);
  const auto other_ca = Certify("authority", nullptr);  // of the same name
  const auto foreign = Certify("client", &other_ca);
  const auto expired = Certify("client", &ca_, -2 * kHour, -kHour);
  {
    Client client;
    ASSERT_TRUE(Shake(client, &good));
    EXPECT_THAT(client.Ask(kGet), EndsWith("[/a ]"));
  }
  for (const Pair* bad : {static_cast<const Pair*>(nullptr), &foreign, &expired}) {
    Client client;
    // In TLS 1.3 the client learns of the refusal with its first read.
    if (Shake(client, bad)) {
      EXPECT_EQ(client.Ask(kGet), "");
    }
  }
  EXPECT_TRUE(Eventually([&] { return refused_.size() >= 3; }));
}

TEST_F(TlsTest, TakesNewFilesForNewConnectionsAndKeepsTheOldOnes) {
  Serve();
  Client old;
  ASSERT_TRUE(Shake(old));
  EXPECT_EQ(old.ServerName(), "first");
  Write(Certify("second", &ca_));
  ASSERT_TRUE(Eventually([&] { return !reloads_.empty() && reloads_.back() == "ok"; }));
  EXPECT_THAT(old.Ask(kGet), EndsWith("[/a ]"));
  Client fresh;
  ASSERT_TRUE(Shake(fresh));
  EXPECT_EQ(fresh.ServerName(), "second");

  std::ofstream(Path("cert.pem")) << "no certificate";
  ASSERT_TRUE(Eventually([&] { return reloads_.back() != "ok"; }));
  EXPECT_THAT(reloads_.back(), HasSubstr("cert.pem"));
  Client after;
  ASSERT_TRUE(Shake(after));
  EXPECT_EQ(after.ServerName(), "second");
}

TEST_F(TlsTest, RefusesToStartWithFilesThatCannotServe) {
  const auto message = [&] { return TlsContext::Load(Files()).error().message; };
  Write(Certify("late", &ca_, -2 * kHour, -kHour));
  EXPECT_THAT(message(), HasSubstr("expired"));
  Write(Certify("early", &ca_, kHour, 2 * kHour));
  EXPECT_THAT(message(), HasSubstr("not valid yet"));
  Write(Certify("one", &ca_));
  WriteCertificate("cert.pem", Certify("other", &ca_));
  EXPECT_THAT(message(), HasSubstr("key.pem"));
  std::filesystem::remove(Path("cert.pem"));
  EXPECT_THAT(message(), HasSubstr("cert.pem"));
}

}  // namespace
}  // namespace axonflow::net
