#pragma once

#include <string>
#include <string_view>

namespace axonflow::api {

// Whether a connector, server or tool of this name executes SQL, by the database products it may
// name ("postgres", "orders-mysql", "snowflake.query"). Compared without case.
bool IsSqlCapable(std::string_view name);

// One text for a tool call's subject, as stored and filtered on: "server/tool", or either alone.
std::string ToolSignature(std::string_view server, std::string_view tool);

}  // namespace axonflow::api
