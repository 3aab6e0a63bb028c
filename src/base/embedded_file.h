#pragma once

#include <string_view>

namespace axonflow {

// A file of the repository that the build put into the binary (cmake/Embed.cmake).
struct EmbeddedFile {
  std::string_view name;  // without folder
  std::string_view text;
};

}  // namespace axonflow
