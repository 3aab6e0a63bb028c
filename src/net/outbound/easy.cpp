// The options of libcurl for one hop of a transfer.
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "net/outbound/loop.h"
#include "net/outbound/transfer.h"

namespace axonflow::outbound {
namespace {

// curl_easy_setopt is variadic; this says which types reach it and keeps the first failure.
class Options {
 public:
  explicit Options(CURL* handle) : handle_(handle) {}
  Options& Number(CURLoption option, long value) {
    return Check(curl_easy_setopt(handle_, option, value));
  }
  Options& Large(CURLoption option, curl_off_t value) {
    return Check(curl_easy_setopt(handle_, option, value));
  }
  Options& Text(CURLoption option, const char* value) {
    return Check(curl_easy_setopt(handle_, option, value));
  }
  template <typename Pointer>
  Options& Object(CURLoption option, Pointer value) {
    return Check(curl_easy_setopt(handle_, option, value));
  }
  Status status() const {
    if (code_ == CURLE_OK) return {};
    return Error{ErrorCode::kInternal,
                 std::string("libcurl refused an option: ") + curl_easy_strerror(code_)};
  }

 private:
  Options& Check(CURLcode code) {
    if (code_ == CURLE_OK) code_ = code;
    return *this;
  }
  CURL* handle_;
  CURLcode code_ = CURLE_OK;
};

Status Append(curl_slist** list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(*list, line.c_str());
  if (longer == nullptr) return Error{ErrorCode::kResourceExhausted, "no memory for a request"};
  *list = longer;
  return {};
}

std::string Bracketed(const IpAddress& address) {
  const std::string text = address.ToString();
  return address.family == IpAddress::Family::kV6 ? "[" + text + "]" : text;
}

bool Has(const std::vector<Header>& headers, std::string_view lower_name) {
  return std::any_of(headers.begin(), headers.end(), [&](const Header& header) {
    return header.name.size() == lower_name.size() &&
           std::equal(lower_name.begin(), lower_name.end(), header.name.begin(),
                      [](char want, char got) {
                        return want == (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got);
                      });
  });
}

}  // namespace

Status Transfer::Configure(CURL* handle, const ClientOptions& options) {
  easy = handle;
  guard_ = &options.guard;
  proxied_ = !options.proxy.empty();
  head_ = {};
  head_done_ = false;
  redirecting_ = false;
  header_bytes_ = 0;
  body_bytes_ = 0;
  Options set(handle);
  set.Text(CURLOPT_URL, url.ToString().c_str())
      .Text(CURLOPT_PROTOCOLS_STR, "http,https")
      .Number(CURLOPT_FOLLOWLOCATION, 0)
      .Number(CURLOPT_PATH_AS_IS, 1)
      .Number(CURLOPT_NOSIGNAL, 1)
      .Number(CURLOPT_SSL_VERIFYPEER, 1)
      .Number(CURLOPT_SSL_VERIFYHOST, 2)
      .Number(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
      .Number(CURLOPT_HTTP_VERSION, request.version == HttpVersion::kBest
                                        ? static_cast<long>(CURL_HTTP_VERSION_2TLS)
                                        : static_cast<long>(CURL_HTTP_VERSION_1_1))
      .Number(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.deadlines.connect.count()))
      .Number(CURLOPT_TCP_KEEPALIVE, 1)
      .Number(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
      // An empty text keeps libcurl from looking for a proxy in the environment.
      .Text(CURLOPT_PROXY, options.proxy.c_str())
      .Text(CURLOPT_NOPROXY, "")
      .Object(CURLOPT_PRIVATE, this)
      .Object(CURLOPT_HEADERFUNCTION, &Transfer::OnHeader)
      .Object(CURLOPT_HEADERDATA, this)
      .Object(CURLOPT_WRITEFUNCTION, &Transfer::OnBody)
      .Object(CURLOPT_WRITEDATA, this)
      .Object(CURLOPT_OPENSOCKETFUNCTION, &Transfer::OnOpenSocket)
      .Object(CURLOPT_OPENSOCKETDATA, this)
      .Object(CURLOPT_PREREQFUNCTION, &Transfer::OnRequest)
      .Object(CURLOPT_PREREQDATA, this);
  if (!options.ca_file.empty()) set.Text(CURLOPT_CAINFO, options.ca_file.c_str());
  if (!Has(request.headers, "user-agent")) {
    set.Text(CURLOPT_USERAGENT, options.user_agent.c_str());
  }
  if (auto done = set.status(); !done) return done;
  if (auto done = ConfigureMethod(handle); !done) return done;
  if (auto done = ConfigureHeaders(handle); !done) return done;
  return ConfigureAddresses(handle, proxied_);
}

Status Transfer::ConfigureMethod(CURL* handle) {
  Options set(handle);
  const bool sends_body = !request.body.empty() || request.method == "POST" ||
                          request.method == "PUT" || request.method == "PATCH";
  if (request.method == "HEAD") {
    set.Number(CURLOPT_NOBODY, 1);
  } else if (sends_body) {
    set.Number(CURLOPT_POST, 1)
        .Object(CURLOPT_POSTFIELDS, request.body.data())
        .Large(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    if (request.method != "POST") set.Text(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  } else {
    set.Number(CURLOPT_HTTPGET, 1);
    if (request.method != "GET") set.Text(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  return set.status();
}

Status Transfer::ConfigureHeaders(CURL* handle) {
  for (const Header& header : request.headers) {
    // libcurl's way to say that a header is there and empty.
    std::string line = header.name + (header.value.empty() ? ";" : ": " + header.value);
    auto appended = Append(&header_lines_, line);
    OPENSSL_cleanse(line.data(), line.size());
    if (!appended) return appended;
  }
  // A name without a value takes away what libcurl would add by itself.
  if (auto appended = Append(&header_lines_, "Expect:"); !appended) return appended;
  if (!Has(request.headers, "content-type")) {
    if (auto appended = Append(&header_lines_, "Content-Type:"); !appended) return appended;
  }
  return Options(handle).Object(CURLOPT_HTTPHEADER, header_lines_).status();
}

// The name of the URL stands for the checked addresses and for nothing else. With the plus sign the
// entry gives way to the next transfer's and goes away with time.
Status Transfer::ConfigureAddresses(CURL* handle, bool proxied) {
  if (proxied || url.address) return {};
  std::string line = "+" + url.host + ":" + std::to_string(url.port) + ":";
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    line += (i == 0 ? "" : ",") + Bracketed(addresses[i]);
  }
  if (auto appended = Append(&address_lines_, line); !appended) return appended;
  return Options(handle).Object(CURLOPT_RESOLVE, address_lines_).status();
}

void Transfer::ReleaseLists() {
  for (curl_slist* line = header_lines_; line != nullptr; line = line->next) {
    OPENSSL_cleanse(line->data, std::strlen(line->data));
  }
  curl_slist_free_all(header_lines_);
  curl_slist_free_all(address_lines_);
  header_lines_ = nullptr;
  address_lines_ = nullptr;
}

}  // namespace axonflow::outbound
