#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "secrets/key_ring.h"
#include "store/database.h"

namespace axonflow::secrets {

// How credentials are stored, by the settings.
struct Sealing {
  std::shared_ptr<const KeyRing> ring;  // never null, may be empty
  bool plaintext_allowed = false;       // what may be done when it is empty

  bool seals() const { return !ring->empty(); }
};

// Names one secret of one thing that belongs to a tenant, or to an organisation as a whole.
struct CredentialName {
  std::string_view kind;   // "provider", "connector", "webhook", "sso"
  std::string_view owner;  // its id
  std::string_view field;  // "api_key"
};

// The one place where credentials are stored: sealed, in a table of their own, so that changing the
// keys, counting what is not sealed and proving that a dump holds no secret are done once for all.
// Blocking and thread-safe. A value may be a secret reference; what it stands for is the caller's
// to resolve (SecretCache).
class Credentials {
 public:
  // Rows that a change of keys reads at a time.
  static constexpr std::int64_t kBatch = 100;

  Credentials(store::Database& database, Sealing sealing)
      : database_(database), sealing_(std::move(sealing)) {}

  // kUnavailable with "ENCRYPTION_KEY_REQUIRED" at the beginning when there is no key and plain
  // text is not allowed. Inside the caller's transaction, so that a thing and its secret come
  // together.
  Status Put(store::Transaction& transaction, const store::OrgScope& scope,
             const CredentialName& name, const Secret& value);
  // Nothing when there is none; kCorrupt when it does not open.
  Result<std::optional<Secret>> Get(store::Transaction& transaction, const store::OrgScope& scope,
                                    const CredentialName& name);
  // All fields of name.owner.
  Status Remove(store::Transaction& transaction, const store::OrgScope& scope,
                const CredentialName& name);

  struct Counts {
    std::int64_t sealed = 0;            // under the first key
    std::int64_t under_other_keys = 0;  // to be sealed anew by Rotate
    std::int64_t plaintext = 0;
  };
  Result<Counts> Count();

  struct Rotation {
    std::int64_t sealed_anew = 0;
    std::int64_t failed = 0;  // do not open; left as they are
  };
  // Seals everything that is not under the first key, plain text included, under it. Works beside
  // running nodes that have the new ring: each row is replaced only if nobody changed it meanwhile.
  // May be repeated and interrupted. `progress` is told after each batch and may be empty.
  Result<Rotation> Rotate(const std::function<void(const Rotation&)>& progress);

 private:
  store::Database& database_;
  const Sealing sealing_;
};

}  // namespace axonflow::secrets
