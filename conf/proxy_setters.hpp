#pragma once
// Setters of proxy_* that grpc_* shares. They write to Location::proxy; in_grpc<> makes them write to Location::grpc.

#include <utility>

#include "conf/analysis.hpp"

namespace drishti::conf {

/// Adds VALUE to a list that several lines of a level make up.
template <class T>
void append(Setting<std::vector<T>>& setting, T value) {
  auto values = *setting;
  values.push_back(std::move(value));
  setting.set(std::move(values));
}

void add_set_header(Analysis& a, const Directive& d);
void set_next_upstream(Analysis& a, const Directive& d);
void set_ignore_headers(Analysis& a, const Directive& d);
void add_hide_header(Analysis& a, const Directive& d);
void add_pass_header(Analysis& a, const Directive& d);
void set_proxy_bind(Analysis& a, const Directive& d);

// ---- TLS (proxy_tls_setters.cpp) ----
void set_tls_certificate(Analysis& a, const Directive& d);
void set_tls_certificate_key(Analysis& a, const Directive& d);
void set_tls_password_file(Analysis& a, const Directive& d);
void set_tls_ciphers(Analysis& a, const Directive& d);
void add_tls_conf_command(Analysis& a, const Directive& d);
void set_tls_crl(Analysis& a, const Directive& d);
void set_tls_name(Analysis& a, const Directive& d);
void set_tls_protocols(Analysis& a, const Directive& d);
void set_tls_server_name(Analysis& a, const Directive& d);
void set_tls_session_reuse(Analysis& a, const Directive& d);
void set_tls_trusted_certificate(Analysis& a, const Directive& d);
void set_tls_verify(Analysis& a, const Directive& d);
void set_tls_verify_depth(Analysis& a, const Directive& d);

/// The same setter for a grpc_ directive.
template <Setter set>
void in_grpc(Analysis& a, const Directive& d) {
  Location& location = *a.scope().location;
  std::swap(location.proxy, location.grpc);
  set(a, d);
  std::swap(location.proxy, location.grpc);
}

}  // namespace drishti::conf
