#include "store/database.h"

namespace axonflow::store {

namespace {

bool IsBlank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
}

}  // namespace

Result<OrgScope> OrgScope::ForTenant(OrgId org, TenantId tenant) {
  if (IsBlank(org.str())) return Error{ErrorCode::kInvalidArgument, "org id is blank"};
  if (IsBlank(tenant.str())) return Error{ErrorCode::kInvalidArgument, "tenant id is blank"};
  return OrgScope{std::move(org), std::move(tenant)};
}

Result<OrgScope> OrgScope::OrgWide(OrgId org) {
  if (IsBlank(org.str())) return Error{ErrorCode::kInvalidArgument, "org id is blank"};
  return OrgScope{std::move(org), TenantId()};
}

}  // namespace axonflow::store
