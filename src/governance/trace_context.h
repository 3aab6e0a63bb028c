#pragma once

#include <string_view>

#include "base/ids.h"

namespace axonflow::governance {

// The trace id of a W3C `traceparent` header (Trace Context, section 3.2), or a new random one when
// the header is absent or malformed: a bad header is never an error.
TraceId TraceIdFrom(std::string_view traceparent);

}  // namespace axonflow::governance
