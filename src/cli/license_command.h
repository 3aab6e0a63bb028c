#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/commands.h"

// Licence keys on the command line. `keygen`, `issue` and `revoke` belong on the machine of whoever
// sells licences: they need the signing key, which no server has or asks for.
namespace axonflow::cli {

struct LicenseKeygenOptions : ResultOptions {
  std::string out;     // where the private key goes
  std::string key_id;  // empty: "key-" and the beginning of the public key's digest
};
ExitCode RunLicenseKeygen(const LicenseKeygenOptions& options);

struct LicenseIssueOptions : ResultOptions {
  std::string key_file;
  std::string tier, org, tenant, id, service_name, service_type, email, email2, deployment_id;
  std::string audience = "axonflow.self_hosted.full";
  std::vector<std::string> permissions;
  std::vector<std::string> limits;  // "name=number"
  std::string expires;              // YYYYMMDD; empty: `days` from today
  std::int64_t days = 365;
};
ExitCode RunLicenseIssue(const LicenseIssueOptions& options);

// Where public keys and revoked licences come from when a licence is looked at.
struct LicenseReadOptions : ResultOptions {
  std::string licence;  // the text; "-": standard input; empty: AXONFLOW_LICENSE_KEY
  std::vector<std::string> public_keys;  // both empty: those of the settings
  std::vector<std::string> evaluation_keys;
  std::string revocations;  // empty: that of the settings
  std::string org;          // verify: must be this one; empty: any
};
ExitCode RunLicenseInspect(const LicenseReadOptions& options);
ExitCode RunLicenseVerify(const LicenseReadOptions& options);

struct LicenseRevokeOptions : ResultOptions {
  std::string key_file;
  std::string list;                   // the file: read when it exists, written anew
  std::vector<std::string> ids;       // of licences
  std::vector<std::string> licences;  // whole texts, for licences without an id
};
ExitCode RunLicenseRevoke(const LicenseRevokeOptions& options);

}  // namespace axonflow::cli
