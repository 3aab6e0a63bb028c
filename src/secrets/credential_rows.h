#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/database.h"

namespace axonflow::secrets {

// One row of stored_credentials.
struct CredentialRow {
  std::string org, tenant, kind, owner, field;
  std::string value;   // an envelope, or plain text where that is allowed
  std::string key_id;  // of the envelope's key; empty for plain text
};

struct CredentialCount {
  std::string key_id;
  std::int64_t rows = 0;
};

Status UpsertCredential(store::Transaction& transaction, const CredentialRow& row,
                        std::int64_t now_us);
// The value at the key columns of `key`.
Result<std::optional<std::string>> FindCredential(store::Transaction& transaction,
                                                  const CredentialRow& key);
// All fields of one owner; how many there were.
Result<std::int64_t> DeleteCredentials(store::Transaction& transaction, const CredentialRow& key);
Result<std::vector<CredentialCount>> CountCredentials(store::Transaction& transaction);
// Rows under another key than `key_id` that come after `after` in the order of the primary key.
Result<std::vector<CredentialRow>> SelectUnderOtherKeys(store::Transaction& transaction,
                                                        const std::string& key_id,
                                                        const CredentialRow& after,
                                                        std::int64_t limit);
// Puts `value` in the place of what `old` holds; false when the row changed meanwhile.
Result<bool> ReplaceCredential(store::Transaction& transaction, const CredentialRow& old,
                               const std::string& value, const std::string& key_id);

}  // namespace axonflow::secrets
