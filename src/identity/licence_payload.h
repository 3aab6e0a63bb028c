#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "identity/licence.h"

// The JSON inside a licence key. Only licence.cpp includes this: a payload is read after its
// signature was found to be right, and nowhere else.
namespace axonflow::identity {

// Nothing, and `fault` says why, when a member is missing or not as it must be.
std::optional<Licence> ReadLicencePayload(std::string_view json, LicenceVerdict& fault);

std::string WriteLicencePayload(const Licence& licence);

}  // namespace axonflow::identity
