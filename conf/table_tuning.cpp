// What only tunes nginx's own internals: accepted, and -t says why it changes nothing here.
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

constexpr unsigned m = context::main, e = context::events, h = context::http, s = context::server,
                   l = context::location;
constexpr unsigned hs = h | s, hsl = h | s | l;
constexpr auto many = Repeat::many;

constexpr std::string_view hash_reason = "tables size themselves";
constexpr std::string_view pool_reason = "memory pools size themselves";
constexpr std::string_view file_reason = "files are read with sendfile or in fixed pieces";
constexpr std::string_view open_file_reason = "open files are not cached";
constexpr std::string_view log_file_reason = "log files stay open";
constexpr std::string_view temp_reason = "temporary files are unlinked and written in fixed pieces";
constexpr std::string_view epoll_reason = "workers always use epoll";
constexpr std::string_view accept_reason = "every worker accepts on its own";
constexpr std::string_view packet_reason = "the head and the first body bytes leave in one write";
constexpr std::string_view debug_reason = "there is no such debug mode";
constexpr std::string_view place_reason = "the system's scheduler places the threads";

constexpr DirectiveSpec table[] = {
    no_effect("load_module", m, take(1),
              "there are no loadable modules; what a module adds is refused where it is used", nullptr, many),
    no_effect("master_process", m, flag, "there is one process either way", check_flag),
    no_effect("worker_cpu_affinity", m, at_least(1), place_reason),
    no_effect("worker_priority", m, take(1), place_reason),
    no_effect("worker_rlimit_core", m, take(1), "use the service manager's limit"),
    no_effect("working_directory", m, take(1), "core files go where the system puts them"),
    no_effect("worker_aio_requests", e, take(1), file_reason, check_number),
    no_effect("thread_pool", m, take(2, 3), "files need no thread pool", nullptr, many),
    no_effect("pcre_jit", m, flag, "the JIT compiler is always on", check_flag),
    no_effect("timer_resolution", m, take(1), "time is read once per turn of the event loop", check_msec),
    no_effect("lock_file", m, take(1), "workers need no lock"),
    no_effect("debug_points", m, take(1), debug_reason),
    no_effect("ssl_engine", m, take(1), "OpenSSL's defaults are used"),
    no_effect("use", e, take(1), epoll_reason),
    no_effect("multi_accept", e, flag, accept_reason, check_flag),
    no_effect("accept_mutex", e, flag, accept_reason, check_flag),
    no_effect("accept_mutex_delay", e, take(1), accept_reason, check_msec),
    no_effect("epoll_events", e, take(1), epoll_reason, check_number),
    no_effect("debug_connection", e, take(1), debug_reason, nullptr, many),
    no_effect("connections", e, take(1), "connections are limited by worker_rlimit_nofile", check_number),
    no_effect("server_names_hash_max_size", h, take(1), hash_reason, check_number),
    no_effect("server_names_hash_bucket_size", h, take(1), hash_reason, check_number),
    no_effect("variables_hash_max_size", h, take(1), hash_reason, check_number),
    no_effect("variables_hash_bucket_size", h, take(1), hash_reason, check_number),
    no_effect("map_hash_max_size", h, take(1), hash_reason, check_number),
    no_effect("map_hash_bucket_size", h, take(1), hash_reason, check_number),
    no_effect("types_hash_max_size", hsl, take(1), hash_reason, check_number),
    no_effect("types_hash_bucket_size", hsl, take(1), hash_reason, check_number),
    no_effect("proxy_headers_hash_max_size", hsl, take(1), hash_reason, check_number),
    no_effect("proxy_headers_hash_bucket_size", hsl, take(1), hash_reason, check_number),
    no_effect("connection_pool_size", hs, take(1), pool_reason, check_size),
    no_effect("request_pool_size", hs, take(1), pool_reason, check_size),
    no_effect("client_body_in_single_buffer", hsl, flag, "buffers are chosen by size", check_flag),
    no_effect("subrequest_output_buffer_size", hsl, take(1), "there are no subrequests in memory", check_size),
    no_effect("tcp_nopush", hsl, flag, packet_reason, check_flag),
    no_effect("postpone_output", hsl, take(1), packet_reason, check_size),
    no_effect("send_lowat", hsl, take(1), packet_reason, check_size),
    no_effect("sendfile_max_chunk", hsl, take(1), file_reason, check_size),
    no_effect("aio", hsl, take(1), file_reason),
    no_effect("aio_write", hsl, flag, file_reason, check_flag),
    no_effect("directio", hsl, take(1), file_reason),
    no_effect("directio_alignment", hsl, take(1), file_reason),
    no_effect("output_buffers", hsl, take(2), file_reason),
    no_effect("read_ahead", hsl, take(1), file_reason, check_size),
    no_effect("open_file_cache", hsl, take(1, 2), open_file_reason),
    no_effect("open_file_cache_valid", hsl, take(1), open_file_reason, check_msec),
    no_effect("open_file_cache_min_uses", hsl, take(1), open_file_reason, check_number),
    no_effect("open_file_cache_errors", hsl, flag, open_file_reason, check_flag),
    no_effect("open_file_cache_events", hsl, flag, open_file_reason, check_flag),
    no_effect("open_log_file_cache", hsl, take(1, 4), log_file_reason),
    no_effect("proxy_temp_file_write_size", hsl, take(1), temp_reason, check_size),
    no_effect("proxy_force_ranges", hsl, flag, "Range is passed on, and ranges are the upstream's work", check_flag),
    no_effect("proxy_send_lowat", hsl, take(1), packet_reason, check_size),
    no_effect("keepalive_disable", hsl, at_least(1), "the browsers that it is about are gone"),
    no_effect("msie_refresh", hsl, flag, "the browsers that it is about are gone", check_flag),
    no_effect("log_subrequest", hsl, flag, "only the request itself is logged", check_flag),
};

}  // namespace

std::span<const DirectiveSpec> tuning_directives() { return table; }

}  // namespace drishti::conf
