#include "ctl/ctl.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <fstream>
#include <iostream>

#include "conf/url.hpp"
#include "ctl/client.hpp"
#include "ctl/tables.hpp"

namespace drishti::ctl {
namespace {

namespace json = boost::json;

SocketAddress parse_address(const std::string& text) {
  const conf::AddressUrl url = conf::parse_listen_url(text);
  if (url.unix_address) return *url.unix_address;
  const std::string host = url.is_any || url.host == "localhost" ? "127.0.0.1" : url.host;
  const auto address = url.error.empty() && url.port ? SocketAddress::from_ip(host, *url.port) : std::nullopt;
  if (!address) throw UsageError("invalid address \"" + text + "\"");
  return *address;
}

SocketAddress resolve(const std::string& name, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &found); error != 0)
    throw std::runtime_error(name + ": " + ::gai_strerror(error));
  char ip[INET6_ADDRSTRLEN] = "";
  ::getnameinfo(found->ai_addr, found->ai_addrlen, ip, sizeof ip, nullptr, 0, NI_NUMERICHOST);
  ::freeaddrinfo(found);
  const auto address = SocketAddress::from_ip(ip, port);
  if (!address) throw std::runtime_error(name + " has no address that can be used");
  return *address;
}

/// TEXT is HOST:PORT behind `https://`; the certificate has to be for HOST, which may be a name.
void find_https(const std::string& text, const Options& options, Target& target) {
  const conf::AddressUrl url = conf::parse_address_url(text.ends_with('/') ? text.substr(0, text.size() - 1) : text, false);
  if (!url.error.empty() || !url.port || url.unix_address) throw UsageError("invalid address \"https://" + text + "\"");
  target.name = url.host.starts_with('[') ? url.host.substr(1, url.host.size() - 2) : url.host;
  target.tls = net::TlsClientOptions{.verify = true, .ca_file = options.ca_file};
  const auto address = SocketAddress::from_ip(target.name == "localhost" ? "127.0.0.1" : target.name, *url.port);
  target.address = address ? *address : resolve(target.name, *url.port);
}

/// The certificate that the file names is what the listener has to show; or one that --cacert vouches for.
net::TlsClientOptions tls_of(const conf::AdminSettings& admin, const Options& options) {
  if (!options.ca_file.empty()) return {.verify = true, .ca_file = options.ca_file};
  return {.verify = true, .only_certificate = admin.certificate};
}

// A listener on every address is there on this machine's own, too.
SocketAddress reachable(const SocketAddress& listen) {
  const std::string ip = listen.ip_text();
  if (ip == "0.0.0.0") return *SocketAddress::from_ip("127.0.0.1", listen.port());
  if (ip == "::") return *SocketAddress::from_ip("::1", listen.port());
  return listen;
}

std::string read_token(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  if (!std::getline(in, token)) throw std::runtime_error("the token in \"" + file + "\" can't be read");
  while (token.ends_with('\r')) token.pop_back();
  return token;
}

Target find_target(const Options& options, const std::function<std::shared_ptr<const conf::Config>()>& load) {
  Target target;
  std::string token_file = options.token_file;
  if (options.address.empty()) {
    const auto config = load();
    const conf::AdminSettings& admin = config->main.admin;
    if (!admin.listen) throw std::runtime_error("the configuration has no \"admin_listen\"; --address names the listener");
    target.address = reachable(*admin.listen);
    if (admin.ssl) target.tls = tls_of(admin, options);
    if (admin.ssl && !options.ca_file.empty() && !target.address.is_unix()) target.name = target.address.ip_text();
    if (token_file.empty()) token_file = admin.token_file;
  } else if (options.address.starts_with("https://")) {
    find_https(options.address.substr(8), options, target);
  } else {
    target.address = parse_address(options.address);
  }
  if (!options.ca_file.empty() && !target.tls) throw UsageError("--cacert is for a listener with TLS: --address https://HOST:PORT");
  // Who may not read the token may still look; the answer says when that is not enough.
  const bool is_change = options.call.method != "GET";
  const bool is_readable = !token_file.empty() && std::ifstream(token_file).good();
  if (!token_file.empty() && (is_change || is_readable || !options.token_file.empty())) target.token = read_token(token_file);
  return target;
}

int show(const Options& options, const Answer& answer) {
  json::error_code error;
  const json::value value = json::parse(answer.body, error);
  const bool is_done = answer.status >= 200 && answer.status < 300;
  const json::value* reason = !error && value.is_object() ? value.get_object().if_contains("error") : nullptr;
  if (!options.as_json && reason != nullptr && reason->is_string()) {
    std::cerr << "drishti ctl: " << std::string(reason->get_string()) << '\n';
    return 1;
  }
  if (options.as_json || error || options.view == Options::View::plain) std::cout << answer.body;
  else std::cout << show(options.view, value);
  std::cout.flush();
  return is_done ? 0 : 1;
}

}  // namespace

int run(const std::vector<std::string>& arguments, const std::function<std::shared_ptr<const conf::Config>()>& load) {
  try {
    const Options options = parse_options(arguments);
    if (options.show_help) {
      std::cout << help_text();
      return 0;
    }
    const Target target = find_target(options, load);
    return show(options, call(target, options.call));
  } catch (const UsageError& error) {
    std::cerr << "drishti ctl: " << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "drishti ctl: " << error.what() << '\n';
    return 1;
  }
}

}  // namespace drishti::ctl
