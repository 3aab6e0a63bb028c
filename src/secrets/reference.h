#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace axonflow::secrets {

// Where a secret is kept, instead of the secret itself:
//   env:NAME                        a variable of the process
//   file:/run/secrets/key           a file; with #field, one member of its JSON object
//   vault:mount/path/of/it#field    HashiCorp Vault, KV version 2
//   aws-sm:NAME-or-ARN#field        AWS Secrets Manager; without #field the whole text
struct Reference {
  enum class Scheme : unsigned char { kEnv, kFile, kVault, kAws, kCount };

  static constexpr std::size_t kBytesMax = 2'048;

  Scheme scheme = Scheme::kEnv;
  std::string path;   // without the scheme and the field
  std::string field;  // may be empty

  // Whether `text` begins with one of the schemes; everything else is a secret itself.
  static bool IsOne(std::string_view text);
  // kInvalidArgument, saying what its scheme expects and repeating nothing of it.
  static Result<Reference> Parse(std::string_view text);

  std::string ToString() const;
  // For logs and answers: env and file as they are, of the others the scheme and the last four
  // characters of the path.
  std::string Masked() const;
};

std::string_view ToString(Reference::Scheme scheme);

}  // namespace axonflow::secrets
