#pragma once

#include "audit/record.h"
#include "base/json_writer.h"

namespace axonflow::api {

// Writes one AuditEntry (orchestrator-audit 2) with the extra members that older clients read.
void WriteAuditEntry(JsonWriter& json, const audit::Record& record);

}  // namespace axonflow::api
