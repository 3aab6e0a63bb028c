#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <utility>

namespace axonflow::net {
namespace {

constexpr std::string_view kAlpn("\x08http/1.1", 9);
// Forward secrecy and authenticated encryption only; TLS 1.3 has no other suites.
constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::string LastReason() {
  const auto code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown reason";
}

Error Problem(const std::string& what, const std::string& file) {
  return Error{ErrorCode::kInvalidArgument, what + " (" + file + "): " + LastReason()};
}

int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_length,
                   const unsigned char* in, unsigned int in_length, void*) {
  unsigned char* chosen = nullptr;
  const auto* own = reinterpret_cast<const unsigned char*>(kAlpn.data());
  if (SSL_select_next_proto(&chosen, out_length, own, kAlpn.size(), in, in_length) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

Status CheckDates(SSL_CTX* context, const std::string& file) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    return Error{ErrorCode::kInvalidArgument, "the TLS certificate is not valid yet: " + file};
  }
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    return Error{ErrorCode::kInvalidArgument, "the TLS certificate has expired: " + file};
  }
  return {};
}

Result<std::shared_ptr<SSL_CTX>> LoadContext(const TlsFiles& files) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* raw = context.get();
  if (raw == nullptr) return Error{ErrorCode::kInternal, "no TLS context: " + LastReason()};
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, kTls12Ciphers);
  SSL_CTX_set_options(
      raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(raw, ChooseProtocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) != 1) {
    return Problem("cannot use the TLS certificate", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(raw, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Problem("cannot use the TLS key", files.key);
  }
  if (SSL_CTX_check_private_key(raw) != 1) {
    return Problem("the TLS key does not belong to the certificate", files.key);
  }
  if (auto status = CheckDates(raw, files.certificate); !status.ok()) return status.error();
  if (!files.client_ca.empty()) {
    auto* names = SSL_load_client_CA_file(files.client_ca.c_str());
    if (names == nullptr || SSL_CTX_load_verify_file(raw, files.client_ca.c_str()) != 1) {
      return Problem("cannot use the certificates that sign clients", files.client_ca);
    }
    SSL_CTX_set_client_CA_list(raw, names);
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    // Tickets of clients are bound to this listener.
    static constexpr unsigned char kSessionContext[] = "axonflow";
    SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof kSessionContext - 1);
  }
  return context;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::Load(TlsFiles files) {
  std::shared_ptr<TlsContext> self(new TlsContext(std::move(files)));
  self->stamps_ = self->LookAtFiles();
  auto context = LoadContext(self->files_);
  if (!context.ok()) return context.error();
  self->current_ = *std::move(context);
  return self;
}

std::shared_ptr<SSL_CTX> TlsContext::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

TlsContext::Stamps TlsContext::LookAtFiles() const {
  Stamps stamps;
  const std::array<const std::string*, 3> names{&files_.certificate, &files_.key,
                                                &files_.client_ca};
  for (std::size_t i = 0; i < names.size(); ++i) {
    struct stat info = {};
    if (names[i]->empty() || ::stat(names[i]->c_str(), &info) != 0) continue;
    stamps[i] = {info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ino};
  }
  return stamps;
}

Result<bool> TlsContext::Refresh() {
  const auto stamps = LookAtFiles();
  {
    const std::lock_guard lock(mutex_);
    if (stamps == stamps_) return false;
    stamps_ = stamps;
  }
  auto context = LoadContext(files_);
  if (!context.ok()) return context.error();
  const std::lock_guard lock(mutex_);
  current_ = *std::move(context);
  return true;
}

TlsSession::TlsSession(const std::shared_ptr<SSL_CTX>& context, int socket)
    : ssl_(SSL_new(context.get()), SSL_free) {
  if (ssl_ == nullptr || SSL_set_fd(ssl_.get(), socket) != 1) throw std::bad_alloc();
  SSL_set_accept_state(ssl_.get());
}

TlsSession::Moved TlsSession::Outcome(int result) {
  if (result > 0) return {static_cast<std::size_t>(result), Want::kNothing};
  const int error = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  switch (error) {
    case SSL_ERROR_WANT_READ:
      return {0, Want::kReadable};
    case SSL_ERROR_WANT_WRITE:
      return {0, Want::kWritable};
    case SSL_ERROR_ZERO_RETURN:
      return {0, Want::kEnd};
    default:
      return {0, Want::kFailed};
  }
}

TlsSession::Moved TlsSession::Read(std::span<char> space) {
  ERR_clear_error();
  const auto most = static_cast<int>(std::min<std::size_t>(space.size(), INT_MAX));
  return Outcome(SSL_read(ssl_.get(), space.data(), most));
}

TlsSession::Moved TlsSession::Write(std::string_view bytes) {
  ERR_clear_error();
  const auto most = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
  return Outcome(SSL_write(ssl_.get(), bytes.data(), most));
}

bool TlsSession::pending() const { return SSL_has_pending(ssl_.get()) == 1; }

bool TlsSession::ended() {
  ERR_clear_error();
  char byte = 0;
  const auto want = Outcome(SSL_peek(ssl_.get(), &byte, 1)).want;
  return want == Want::kEnd || want == Want::kFailed;
}

void TlsSession::Shutdown() {
  if (!established()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

bool TlsSession::established() const { return SSL_is_init_finished(ssl_.get()) == 1; }

}  // namespace axonflow::net
