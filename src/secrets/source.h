#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "net/outbound/client.h"
#include "secrets/reference.h"
#include "secrets/sigv4.h"

namespace axonflow::secrets {

// Longest secret that is read from anywhere, in bytes.
inline constexpr std::size_t kSecretBytesMax = 64 * 1024;

// Reads secrets of one scheme. Blocking and thread-safe. Messages of errors name the place as
// Reference::Masked does, never a value.
class Source {
 public:
  virtual ~Source() = default;
  // kNotFound when there is none, kPermissionDenied when it may not be read or is kept carelessly,
  // kUnavailable when the place does not answer.
  virtual Result<Secret> Read(const Reference& reference) = 0;
  // Something that changes when the secret may have changed, cheap enough for every use. Empty:
  // only reading tells.
  virtual std::string Version(const Reference&) { return {}; }
};

// `environment` is asked for each read.
std::unique_ptr<Source> MakeEnvironmentSource(
    std::function<std::optional<std::string>(const std::string&)> environment);

// Regular files that others than their owner and its group cannot read and only the owner can
// write, owned by this process's user or root. White space at the end is left out. Its version is
// the file's inode, size and time of change.
std::unique_ptr<Source> MakeFileSource();

struct VaultOptions {
  std::string address;     // "https://vault.example:8200"
  std::string name_space;  // may be empty
  std::string auth_mount = "approle";
  std::string role_id;
  Secret secret_id;
};
// KV version 2 with an AppRole. Logs in when it has no token, when nine tenths of the token's life
// are over, and once more when a token is refused.
std::unique_ptr<Source> MakeVaultSource(VaultOptions options, outbound::Client& client);

struct AwsOptions {
  std::string region;    // used when the reference is not an ARN
  std::string endpoint;  // empty: the service's own of the region
  AwsCredentials credentials;
  std::function<Time()> now = Now;
};
std::unique_ptr<Source> MakeAwsSource(AwsOptions options, outbound::Client& client);

// The text member `field` of the JSON object `text`, or all of `text` when `field` is empty. For
// sources. `place` names it in an error.
Result<Secret> TakeField(const Secret& text, const std::string& field, const std::string& place);

}  // namespace axonflow::secrets
