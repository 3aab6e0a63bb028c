#pragma once

#include "app/app.h"
#include "audit/evidence_rows.h"
#include "base/result.h"
#include "settings/settings.h"

namespace axonflow::app {

// What signs audit evidence and whose signatures count, from the AXONFLOW_AUDIT_* settings. Without
// a configured key the embedded store gets one of its own, made in the node's folder; nodes that
// share a PostgreSQL database cannot share such a file, so there nothing is signed then. A key that
// cannot be read is an error, never "unsigned".
Result<audit::EvidenceOptions> ConfigureEvidence(const settings::Settings& settings,
                                                 const DataDirectory& directory);

}  // namespace axonflow::app
