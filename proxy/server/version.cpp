#include "server/version.hpp"

#include <openssl/crypto.h>

#include "http/product.hpp"

namespace drishti::server {
namespace {

// nginx's default modules that have no counterpart here. Tools read this list; it must stay true.
constexpr const char* missing_modules[] = {
    "http_charset_module",       "http_gzip_module",       "http_ssi_module",
    "http_userid_module",        "http_access_module",     "http_auth_basic_module",
    "http_mirror_module",        "http_autoindex_module",  "http_geo_module",
    "http_split_clients_module", "http_referer_module",    "http_fastcgi_module",
    "http_uwsgi_module",         "http_scgi_module",       "http_grpc_module",
    "http_memcached_module",     "http_limit_conn_module", "http_limit_req_module",
    "http_empty_gif_module",     "http_browser_module",    "http-cache"};

}  // namespace

std::string version_text() {
  return "nginx/" + std::string(http::compatible_nginx_version) + " (" + std::string(http::product_with_version) + ")";
}

std::string version_line() { return "nginx version: " + version_text(); }

std::string build_text() {
  std::string text = "built by gcc " __VERSION__ "\n";
  text += std::string("built with ") + OpenSSL_version(OPENSSL_VERSION) + "\n";
  text +=
      "configure arguments: --prefix=/etc/nginx --conf-path=/etc/nginx/nginx.conf"
      " --error-log-path=/var/log/nginx/error.log --http-log-path=/var/log/nginx/access.log"
      " --pid-path=/run/nginx.pid --with-pcre-jit --with-threads --with-http_stub_status_module";
  for (const char* module : missing_modules) text += std::string(" --without-") + module;
  return text + "\n";
}

}  // namespace drishti::server
