#include "secrets/sigv4.h"

#include <gtest/gtest.h>

namespace axonflow::secrets {
namespace {

// The example key pair of the AWS documentation on Signature Version 4.
AwsCredentials Example() {
  AwsCredentials credentials;
  credentials.access_key_id = "AKIDEXAMPLE";
  credentials.secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  return credentials;
}

std::string Authorization(const outbound::Request& request) {
  return request.headers.empty() ? "" : request.headers.back().value;
}

// The worked example of "Signing AWS API requests": ListUsers of IAM.
TEST(SignV4, MakesTheSignatureOfTheDocumentedExample) {
  outbound::Request request;
  request.url = "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  SignV4(Example(), "us-east-1", "iam", *ParseRfc3339("2015-08-30T12:36:00Z"), request);
  EXPECT_EQ(Authorization(request),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

// "get-vanilla" of the published test suite.
TEST(SignV4, MakesTheSignatureOfTheTestSuite) {
  outbound::Request request;
  request.url = "https://example.amazonaws.com/";
  SignV4(Example(), "us-east-1", "service", *ParseRfc3339("2015-08-30T12:36:00Z"), request);
  EXPECT_EQ(Authorization(request),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SignV4, SignsTheSessionTokenTheBodyAndThePort) {
  const auto sign = [](const std::string& url, const std::string& body, const char* token) {
    AwsCredentials credentials = Example();
    credentials.session_token = Secret(token);
    outbound::Request request;
    request.method = "POST";
    request.url = url;
    request.body = body;
    SignV4(credentials, "us-east-1", "service", *ParseRfc3339("2015-08-30T12:36:00Z"), request);
    return Authorization(request);
  };
  const std::string base = sign("https://a.example/", "x", "");
  EXPECT_NE(base, sign("https://a.example/", "y", ""));
  EXPECT_NE(base, sign("https://a.example:8443/", "x", ""));
  EXPECT_NE(base, sign("https://a.example/p", "x", ""));
  EXPECT_EQ(base, sign("https://a.example:443/", "x", ""));
  EXPECT_NE(sign("https://a.example/", "x", "t").find("x-amz-security-token"), std::string::npos);
}

}  // namespace
}  // namespace axonflow::secrets
