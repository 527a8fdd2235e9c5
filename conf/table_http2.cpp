// HTTP/2. What nginx has given up on is accepted with its warning.
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

constexpr unsigned h = context::http, s = context::server, l = context::location;
constexpr unsigned hs = h | s, hsl = h | s | l;
constexpr std::uint64_t largest_window = 0x7fffffff;

using S = ServerSettings;

void set_most_streams(Analysis& a, const Directive& d) {
  a.scope().server_settings->http2_most_streams.set(static_cast<std::uint32_t>(number_value(d)));
}

void set_body_preread_size(Analysis& a, const Directive& d) {
  const Bytes size = size_value(d);
  if (size > largest_window) fail("the maximum body preread buffer size is " + std::to_string(largest_window), d);
  a.scope().server_settings->http2_body_preread_size.set(static_cast<std::uint32_t>(size));
}

void set_chunk_size(Analysis& a, const Directive& d) {
  const Bytes size = size_value(d);
  if (size == 0) fail("the http2 chunk size cannot be zero", d);
  store(a, &CoreSettings::http2_chunk_size, size);
}

void warn_obsolete(Analysis& a, const Directive& d, std::string_view instead) {
  a.warn("the " + quoted(d.name) + " directive is obsolete, use the " + quoted(instead) + " directive instead", d.where);
}
void use_header_buffers(Analysis& a, const Directive& d) { warn_obsolete(a, d, "large_client_header_buffers"); }
void use_keepalive_requests(Analysis& a, const Directive& d) { warn_obsolete(a, d, "keepalive_requests"); }
void use_keepalive_timeout(Analysis& a, const Directive& d) { warn_obsolete(a, d, "keepalive_timeout"); }
void use_header_timeout(Analysis& a, const Directive& d) { warn_obsolete(a, d, "client_header_timeout"); }
void ignore(Analysis& a, const Directive& d) {
  a.warn("the " + quoted(d.name) + " directive is obsolete, ignored", d.where);
}

constexpr std::string_view gone = "no longer a directive of nginx";
constexpr std::string_view no_push = "nothing is pushed: browsers have given it up";

constexpr DirectiveSpec table[] = {
    {"http2", hs, flag, "on | off", "off", "HTTP/2 for clients that ask for it by ALPN, or without TLS by its preface.",
     set_flag<&S::http2>},
    {"http2_max_concurrent_streams", hs, take(1), "number", "128",
     "How many requests a connection may have in progress; more are refused, and may be repeated.", set_most_streams,
     Repeat::once, Effect::implemented,
     "A request that the client gave up counts until the work for it has ended."},
    {"http2_body_preread_size", hs, take(1), "size", "64k",
     "How much of a body a client may send before somebody reads it, and ahead of whoever reads it.",
     set_body_preread_size},
    {"http2_chunk_size", hsl, take(1), "size", "8k", "The largest frame of a response's body; 16k is the most.",
     set_chunk_size},
    no_effect("http2_recv_buffer_size", h, take(1), "input is read in pieces of a fixed size", check_size),
    no_effect("http2_pool_size", hs, take(1), "memory pools size themselves", check_size),
    no_effect("http2_max_field_size", hs, take(1), gone, use_header_buffers),
    no_effect("http2_max_header_size", hs, take(1), gone, use_header_buffers),
    no_effect("http2_max_requests", hs, take(1), gone, use_keepalive_requests),
    no_effect("http2_idle_timeout", hs, take(1), gone, use_keepalive_timeout),
    no_effect("http2_recv_timeout", hs, take(1), gone, use_header_timeout),
    no_effect("http2_max_concurrent_pushes", hs, take(1), no_push, ignore),
    no_effect("http2_push", hsl, take(1), no_push, ignore, Repeat::many),
    no_effect("http2_push_preload", hsl, flag, no_push, ignore),
};

}  // namespace

std::span<const DirectiveSpec> http2_directives() { return table; }

}  // namespace drishti::conf
