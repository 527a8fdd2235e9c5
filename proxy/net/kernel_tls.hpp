#pragma once
// Whether the kernel can encrypt TLS (kTLS).

namespace drishti::net {

/// Tries it on a connection of its own over loopback, which makes the kernel load its module when we may ask for that
/// (CAP_NET_ADMIN). False also when there is no loopback. Any thread; two round trips.
bool kernel_has_tls();

}  // namespace drishti::net
