#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/time.h"
#include "net/outbound/client.h"

namespace axonflow::secrets {

struct AwsCredentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;  // empty for long-lived keys
};

// Signs `request` for an AWS service (Signature Version 4, "Signing AWS API requests") by adding
// X-Amz-Date, X-Amz-Security-Token when there is one, and Authorization. Every header that is there
// already is signed with it, and so are Host and the body. The path is encoded twice, as all
// services but S3 want it. The URL must be one that outbound::Url reads.
void SignV4(const AwsCredentials& credentials, std::string_view region, std::string_view service,
            Time now, outbound::Request& request);

}  // namespace axonflow::secrets
