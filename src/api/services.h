#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "audit/journal.h"
#include "audit/shipper.h"
#include "base/worker_pool.h"
#include "governance/governor.h"
#include "identity/authenticator.h"
#include "store/database.h"
#include "telemetry/metrics.h"

namespace axonflow::policy_admin {
class PolicyDirectory;
}

namespace axonflow::providers {
class Catalog;
}

namespace axonflow::cost {
class Ledger;
}

namespace axonflow::outbound {
class Client;
}

namespace axonflow::api {

// What the endpoints need of the rest. Everything outlives the API.
struct Services {
  const identity::Authenticator& authenticator;
  governance::Governor& governor;
  audit::Journal& journal;
  audit::Shipper& shipper;
  store::Database& database;
  WorkerPool& blocking;  // for the store
  telemetry::Registry& metrics;
  policy_admin::PolicyDirectory* policies = nullptr;  // null: policies cannot be managed
  const audit::EvidenceOptions* evidence = nullptr;   // null: nothing can be proven
  const providers::Catalog* providers = nullptr;      // of models; never null when serving
  outbound::Client* outbound = nullptr;               // to them; never null when serving
  cost::Ledger* ledger = nullptr;                     // null: calls cost what they like
};

struct Options {
  std::string version;          // of the product: "0.1.0"
  std::string deployment_mode;  // canonical spelling
  std::string environment;      // ENVIRONMENT; may be empty
  bool community = false;
  std::chrono::milliseconds decision_valid_for{300'000};
  std::vector<std::string>
      decision_context_allowlist;  // canonical keys; a trailing '*' is a prefix
};

}  // namespace axonflow::api
