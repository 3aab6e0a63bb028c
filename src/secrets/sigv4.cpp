#include "secrets/sigv4.h"

#include <algorithm>
#include <utility>

#include "base/crypto.h"
#include "net/outbound/url.h"

namespace axonflow::secrets {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string EncodedPath(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    if (IsUnreserved(c) || c == '/') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

// The parameters sorted, each with an equals sign. They are taken as encoded already.
std::string CanonicalQuery(std::string_view query) {
  std::vector<std::string> parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    std::string parameter(query.substr(0, end));
    if (parameter.find('=') == std::string::npos) parameter += '=';
    parameters.push_back(std::move(parameter));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string joined;
  for (const std::string& parameter : parameters) {
    if (!joined.empty()) joined += '&';
    joined += parameter;
  }
  return joined;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// Without white space at both ends, and with one space for each run of them inside.
std::string Squeezed(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool space = c == ' ' || c == '\t';
    if (space && (out.empty() || out.back() == ' ')) continue;
    out += space ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::string Hash(std::string_view bytes) { return HexEncode(Sha256(bytes)); }

// "20150830T123600Z"
std::string Compact(Time now) {
  std::string text = FormatRfc3339(now).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "Z";
}

}  // namespace

void SignV4(const AwsCredentials& credentials, std::string_view region, std::string_view service,
            Time now, outbound::Request& request) {
  const auto url = outbound::Url::Parse(request.url);
  if (!url) return;  // the client refuses it, too
  const std::string time = Compact(now);
  const std::string scope =
      time.substr(0, 8) + "/" + std::string(region) + "/" + std::string(service) + "/aws4_request";
  request.headers.push_back({"X-Amz-Date", time});
  if (!credentials.session_token.empty()) {
    request.headers.push_back(
        {"X-Amz-Security-Token", std::string(credentials.session_token.Reveal())});
  }

  // What libcurl writes into Host: the port only when it is not the scheme's.
  std::string host = url->ToString();
  host = host.substr(host.find("//") + 2);
  host = host.substr(0, host.find('/'));
  std::vector<std::pair<std::string, std::string>> signed_headers = {{"host", host}};
  for (const outbound::Header& header : request.headers) {
    signed_headers.emplace_back(Lower(header.name), Squeezed(header.value));
  }
  std::sort(signed_headers.begin(), signed_headers.end());
  std::string names;
  std::string lines;
  for (const auto& [name, value] : signed_headers) {
    names += (names.empty() ? "" : ";") + name;
    lines += name + ":" + value + "\n";
  }

  const std::size_t question = std::min(url->target.find('?'), url->target.size());
  const std::string_view target = url->target;
  const std::string_view query =
      question == target.size() ? std::string_view() : target.substr(question + 1);
  const std::string canonical = request.method + "\n" + EncodedPath(target.substr(0, question)) +
                                "\n" + CanonicalQuery(query) + "\n" + lines + "\n" + names + "\n" +
                                Hash(request.body);
  const std::string to_sign =
      std::string(kAlgorithm) + "\n" + time + "\n" + scope + "\n" + Hash(canonical);

  const Secret start("AWS4" + std::string(credentials.secret_access_key.Reveal()));
  const Digest256 date_key = HmacSha256(start.Reveal(), time.substr(0, 8));
  const Digest256 region_key = HmacSha256(AsBytes(date_key), region);
  const Digest256 service_key = HmacSha256(AsBytes(region_key), service);
  const Digest256 signing_key = HmacSha256(AsBytes(service_key), "aws4_request");
  const Digest256 signature = HmacSha256(AsBytes(signing_key), to_sign);
  request.headers.push_back({"Authorization", std::string(kAlgorithm) +
                                                  " Credential=" + credentials.access_key_id + "/" +
                                                  scope + ", SignedHeaders=" + names +
                                                  ", Signature=" + HexEncode(signature)});
}

}  // namespace axonflow::secrets
