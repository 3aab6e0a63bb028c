#include "net/outbound/url.h"

#include <algorithm>
#include <charconv>

namespace axonflow::outbound {
namespace {

constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

Error Bad(std::string_view why) {
  return Error{ErrorCode::kInvalidArgument, "the URL " + std::string(why)};
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool StartsWithLower(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(),
                    [](char want, char got) { return want == Lower(got); });
}

bool IsUrlByte(char c) {
  return c > ' ' && c < '\x7f' && std::string_view("\\\"<>^`{|}").find(c) == std::string_view::npos;
}

// Whether the last label makes some reader take the host for an IPv4 address: all digits, or 0x.
bool LooksNumeric(std::string_view host) {
  const std::size_t dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (std::all_of(last.begin(), last.end(), IsDigit)) return true;
  return last.starts_with("0x") && std::all_of(last.begin() + 2, last.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'f');
         });
}

bool IsName(std::string_view host) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  std::size_t label = 0;
  for (std::size_t i = 0; i <= host.size(); ++i) {
    if (i < host.size() && host[i] != '.') {
      const char c = host[i];
      const bool inner = c == '-' || c == '_';
      if (!IsDigit(c) && !(c >= 'a' && c <= 'z') && !inner) return false;
      if (c == '-' && label == 0) return false;
      ++label;
      continue;
    }
    if (label == 0 || label > kLabelBytesMax || host[i - 1] == '-') return false;
    label = 0;
  }
  return true;
}

Status TakeHost(std::string_view text, Url& url) {
  for (const char c : text) url.host += Lower(c);
  if (LooksNumeric(url.host)) {
    url.address = IpAddress::Parse(url.host);
    return url.address ? Status()
                       : Status(Bad("has a host that is neither a name nor four plain numbers"));
  }
  return IsName(url.host) ? Status() : Status(Bad("has a host that is not a name"));
}

Status TakePort(std::string_view digits, Url& url) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() ||
      url.port == 0 || digits.front() == '0') {
    return Bad("has a bad port");
  }
  return {};
}

Status TakeAuthority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) return Bad("holds a user name or password");
  if (text.find('%') != std::string_view::npos) return Bad("has a host with a percent sign");
  url.port = url.tls ? kHttpsPort : kHttpPort;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return Bad("has an address without a closing bracket");
    const std::string_view inside = text.substr(1, close - 1);
    url.address = IpAddress::Parse(inside);
    if (!url.address || url.address->family != IpAddress::Family::kV6) {
      return Bad("has brackets around something else than an IPv6 address");
    }
    url.host = url.address->ToString();
    text.remove_prefix(close + 1);
    if (text.empty()) return {};
    if (text.front() != ':') return Bad("has text behind its address");
    return TakePort(text.substr(1), url);
  }
  const std::size_t colon = text.find(':');
  if (auto host = TakeHost(text.substr(0, colon), url); !host) return host;
  return colon == std::string_view::npos ? Status() : TakePort(text.substr(colon + 1), url);
}

// Without "." and ".." (RFC 3986 section 5.2.4).
std::string WithoutDotSegments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t next = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, next);
    const bool last = next == path.size();
    if (segment == "/..") {
      out.resize(out.rfind('/') == std::string::npos ? 0 : out.rfind('/'));
      if (last) out += '/';
    } else if (segment == "/.") {
      if (last) out += '/';
    } else {
      out += segment;
    }
    path.remove_prefix(next);
  }
  return out.empty() ? "/" : out;
}

}  // namespace

Result<Url> Url::Parse(std::string_view text) {
  if (text.size() > kBytesMax) return Bad("is longer than 8192 bytes");
  if (!std::all_of(text.begin(), text.end(), IsUrlByte)) {
    return Bad("holds a byte that must not stand in one");
  }
  Url url;
  if (StartsWithLower(text, "https://")) {
    text.remove_prefix(8);
  } else if (StartsWithLower(text, "http://")) {
    url.tls = false;
    text.remove_prefix(7);
  } else {
    return Bad("must begin with https:// or http://");
  }
  const std::size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
  if (auto authority = TakeAuthority(text.substr(0, authority_end), url); !authority) {
    return authority.error();
  }
  text.remove_prefix(authority_end);
  text = text.substr(0, text.find('#'));
  if (!text.starts_with('/')) url.target = "/";
  url.target += text;
  return url;
}

Result<Url> Url::Resolve(std::string_view location) const {
  if (location.empty()) return Bad("of the redirect is empty");
  const std::size_t colon = location.find(':');
  if (colon != std::string_view::npos && location.find_first_of("/?#") > colon) {
    return Parse(location);
  }
  if (location.starts_with("//")) return Parse((tls ? "https:" : "http:") + std::string(location));
  location = location.substr(0, location.find('#'));
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  std::string joined;
  if (location.starts_with('/')) {
    joined = location;
  } else if (location.empty() || location.starts_with('?')) {
    joined = std::string(path) + std::string(location);
  } else {
    joined = std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location);
  }
  const std::size_t query = std::min(joined.find('?'), joined.size());
  return Parse(Origin() + WithoutDotSegments(std::string_view(joined).substr(0, query)) +
               joined.substr(query));
}

std::string Url::Origin() const {
  const bool v6 = address && address->family == IpAddress::Family::kV6;
  return (tls ? "https://" : "http://") + (v6 ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

std::string Url::ToString() const {
  const bool default_port = port == (tls ? kHttpsPort : kHttpPort);
  std::string text = Origin();
  if (default_port) text.resize(text.rfind(':'));
  return text + target;
}

}  // namespace axonflow::outbound
