#pragma once

#include <string>
#include <vector>

#include "base/ids.h"

namespace axonflow::identity {

// Which rows of the audit a caller may read.
enum class ReadScope { kTenant, kOwnRows, kNone };

// Who is calling, established from the credential alone: never from a header or a body that the
// caller wrote (community mode aside, where there is no credential and the body may name the
// client).
struct Principal {
  OrgId org;
  TenantId tenant;
  ClientId client;
  std::string
      user_email;  // of a verified user token, else a synthetic one ("<client>@axonflow.local")
  std::string user_role;  // "admin", "developer", "service", ...
  // Of a verified user token; empty when it does not say.
  std::string user_department;
  std::vector<std::string> user_permissions;
  std::vector<std::string> segments;  // of which the user is a member
  bool user_verified = false;
  bool anonymous = false;  // community mode
  // Community mode without a name: bodies may name any client, so reads see every tenant of the
  // org.
  bool reads_whole_org = false;
  ReadScope read_scope = ReadScope::kTenant;
  std::string session_id;            // X-Session-Id, only with AXONFLOW_TRUST_IDENTITY_HEADERS=true
  std::string attempted_user_email;  // asserted by header while a verified user exists
};

}  // namespace axonflow::identity
