#include "conf/listen.hpp"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "conf/setters.hpp"
#include "conf/url.hpp"

namespace drishti::conf {
namespace {

constexpr std::uint16_t default_port = 80;
constexpr std::string_view missing_parameters[] = {"ssl", "quic", "spdy"};

std::vector<SocketAddress> addresses_on_port(const AddressUrl& url, std::uint16_t port) {
  if (url.is_any) return {*SocketAddress::from_ip("0.0.0.0", port)};
  if (auto literal = SocketAddress::from_ip(url.host, port)) return {*literal};
  return resolve_now(url.host, port);
}

std::vector<SocketAddress> addresses_of(const AddressUrl& url) {
  if (url.unix_address) return {*url.unix_address};
  const int first = url.port.value_or(default_port), last = url.last_port.value_or(first);
  std::vector<SocketAddress> all;
  for (int port = first; port <= last; ++port) {
    const auto some = addresses_on_port(url, static_cast<std::uint16_t>(port));
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

bool is_wildcard(const SocketAddress& address) {
  const auto ip = address.binary_ip();
  return !ip.empty() && std::all_of(ip.begin(), ip.end(), [](char c) { return c == 0; });
}

// One parameter after the address. `options` collects that socket options were given.
class ListenParameters {
 public:
  ListenParameters(Analysis& a, const Directive& d, Listen& listen) : a_(a), d_(d), listen_(listen) {}

  void read(const std::string& text) {
    if (text == "default_server" || text == "default") {
      listen_.default_server = true;
    } else if (text == "proxy_protocol") {
      listen_.proxy_protocol = true;
    } else if (text == "http2") {
      listen_.http2 = true;
      a_.warn("the \"listen ... http2\" directive is deprecated, use the \"http2\" directive instead", d_.where);
    } else if (std::find(std::begin(missing_parameters), std::end(missing_parameters), text) !=
               std::end(missing_parameters)) {
      fail("parameter " + quoted(text) + " of the \"listen\" directive is not implemented by drishti yet", d_);
    } else {
      read_option(text);
      has_options = true;
    }
  }

  bool has_options = false;

 private:
  void read_option(const std::string& text) {
    if (text == "reuseport") {
      listen_.reuseport = true;
    } else if (const auto backlog = parameter(text, "backlog")) {
      const auto value = parse_number(*backlog);
      if (!value || *value == 0 || *value > 65535) fail("invalid backlog " + quoted(text), d_);
      listen_.backlog = static_cast<int>(*value);
    } else if (const auto only = parameter(text, "ipv6only")) {
      read_ipv6only(*only);
    } else if (const auto keepalive = parameter(text, "so_keepalive")) {
      read_so_keepalive(*keepalive);
    } else {
      read_without_effect(text);
    }
  }

  void read_ipv6only(std::string_view value) {
    if (value != "on" && value != "off") fail("invalid parameter \"ipv6only=" + std::string(value) + "\"", d_);
    listen_.ipv6only = value == "on";
  }

  void read_so_keepalive(std::string_view value) {
    if (value != "on" && value != "off") {
      const bool is_triple = std::count(value.begin(), value.end(), ':') == 2 && value != "::";
      if (!is_triple) fail("invalid so_keepalive value: " + quoted(value), d_);
      a_.notice("the times of \"so_keepalive\" have no effect: the system's are used", d_.where);
    }
    listen_.so_keepalive = value != "off";
  }

  void read_without_effect(const std::string& text) {
    for (const std::string_view size : {"rcvbuf", "sndbuf"})
      if (const auto value = parameter(text, size)) {
        if (!parse_size(*value, false)) fail("invalid " + std::string(size) + " " + quoted(text), d_);
        return tell_no_effect(size, "the system sizes socket buffers itself");
      }
    if (const auto value = parameter(text, "fastopen")) {
      if (!parse_number(*value)) fail("invalid fastopen " + quoted(text), d_);
      return tell_no_effect("fastopen", "TCP Fast Open is not used");
    }
    if (text == "deferred") return tell_no_effect("deferred", "connections are accepted at once");
    if (text == "bind") return tell_no_effect("bind", "every address has its own socket");
    if (parameter(text, "accept_filter")) return tell_no_effect("accept_filter", "Linux has none");
    if (parameter(text, "setfib")) return tell_no_effect("setfib", "Linux has none");
    fail("invalid parameter " + quoted(text), d_);
  }

  void tell_no_effect(std::string_view name, std::string_view reason) {
    a_.notice("\"listen\" parameter " + quoted(name) + " has no effect: " + std::string(reason), d_.where);
  }

  Analysis& a_;
  const Directive& d_;
  Listen& listen_;
};

void bind_to(Analysis& a, Server& server, Listen listen, const SocketAddress& address, bool has_options) {
  listen.address = address;
  listen.wildcard = is_wildcard(address);
  a.listens.add(server, listen, has_options);
  server.listens.push_back(std::move(listen));
}

}  // namespace

std::vector<SocketAddress> resolve_now(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
    addresses.back().set_port(port);
  }
  return addresses;
}

void add_listen(Analysis& a, const Directive& d) {
  const AddressUrl url = parse_listen_url(d.args[0]);
  const auto at_fault = " in " + quoted(d.args[0]) + " of the \"listen\" directive";
  if (!url.error.empty()) fail(url.error + at_fault, d);
  auto addresses = addresses_of(url);
  if (addresses.empty()) fail("host not found" + at_fault, d);

  Listen listen;
  listen.text = d.args[0];
  listen.where = d.where;
  listen.address = addresses[0];
  ListenParameters parameters(a, d, listen);
  for (std::size_t i = 1; i < d.args.size(); ++i) parameters.read(d.args[i]);

  std::vector<SocketAddress> bound;  // a name may resolve to one address twice
  for (const auto& address : addresses) {
    if (std::find(bound.begin(), bound.end(), address) != bound.end()) continue;
    bound.push_back(address);
    bind_to(a, *a.scope().server, listen, address, parameters.has_options);
  }
}

void add_default_listen(Analysis& a, Server& server, const Where& where) {
  const std::uint16_t port = geteuid() == 0 ? 80 : 8000;
  Listen listen;
  listen.text = "*:" + std::to_string(port);
  listen.where = where;
  bind_to(a, server, listen, *SocketAddress::from_ip("0.0.0.0", port), false);
}

}  // namespace drishti::conf
