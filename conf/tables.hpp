#pragma once
// The parts of the directive table, one file a topic.

#include <span>

#include "conf/directive_table.hpp"

namespace drishti::conf {

std::span<const DirectiveSpec> main_directives();      ///< table_main.cpp
std::span<const DirectiveSpec> admin_directives();     ///< table_admin.cpp
std::span<const DirectiveSpec> server_directives();    ///< table_server.cpp
std::span<const DirectiveSpec> ssl_directives();       ///< table_ssl.cpp
std::span<const DirectiveSpec> http2_directives();     ///< table_http2.cpp
std::span<const DirectiveSpec> location_directives();  ///< table_location.cpp
std::span<const DirectiveSpec> real_ip_directives();   ///< table_real_ip.cpp
std::span<const DirectiveSpec> rewrite_directives();   ///< table_rewrite.cpp
std::span<const DirectiveSpec> proxy_directives();     ///< table_proxy.cpp
std::span<const DirectiveSpec> proxy_tls_directives(); ///< table_proxy_tls.cpp
std::span<const DirectiveSpec> grpc_directives();      ///< table_grpc.cpp
std::span<const DirectiveSpec> cache_directives();     ///< table_cache.cpp
std::span<const DirectiveSpec> compression_directives();  ///< table_compression.cpp
std::span<const DirectiveSpec> upstream_directives();  ///< table_upstream.cpp
std::span<const DirectiveSpec> affinity_directives();  ///< table_affinity.cpp
std::span<const DirectiveSpec> health_directives();    ///< table_health.cpp
std::span<const DirectiveSpec> scaling_directives();   ///< table_scaling.cpp
std::span<const DirectiveSpec> log_directives();       ///< table_log.cpp
std::span<const DirectiveSpec> status_directives();    ///< table_status.cpp
std::span<const DirectiveSpec> tuning_directives();    ///< table_tuning.cpp

}  // namespace drishti::conf
