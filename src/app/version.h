#pragma once

namespace axonflow::app {

// Version of this product, from the build.
inline constexpr const char* kVersion = AXONFLOW_VERSION_TEXT;

}  // namespace axonflow::app
