// Real client addresses and the PROXY protocol, beside Debian's nginx.
#include "tests/scenarios/differential.hpp"

namespace drishti::testing {
namespace {

/// One location for each of several trusts, answering with who the client is.
std::string servers(const std::string& settings) {
  return R"(
    log_format who '$remote_addr #$remote_port# $realip_remote_addr $request_uri';
    server { listen 127.0.0.1:@port@; access_log @dir@/who.log who; )" + settings + R"(
      if ($remote_addr = 1.2.3.4) { set $seen yes; }
      location / { return 200 "$remote_addr $proxy_add_x_forwarded_for $seen"; }
      location /proxied { proxy_pass http://@echo@; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Real-IP $remote_addr; }
      location /untrusted { set_real_ip_from 10.0.0.0/8; return 200 "$remote_addr"; }
    })";
}

Exchange forwarded(const std::string& list, const std::string& target = "/") {
  return get(target, "X-Forwarded-For: " + list + "\r\n");
}

std::vector<Exchange> lists() {
  std::vector<Exchange> all;
  for (const char* target : {"/", "/proxied", "/untrusted"})
    for (const char* list : {"1.2.3.4", "5.6.7.8, 1.2.3.4", "1.2.3.4, 127.0.0.1", "1.2.3.4,127.0.0.1,127.0.0.2", "junk",
                             "1.2.3.4, junk", "junk, 127.0.0.1", "1.2.3.4:8080", "[2001:db8::1]:8080", "2001:db8::1", "",
                             "1.2.3.4 127.0.0.1", "  1.2.3.4  ", "1.2.3.4,", "127.0.0.1, 127.0.0.1", "1.2.3", "unix:"})
      all.push_back(forwarded(list, target));
  all.push_back(get("/", "X-Forwarded-For: 9.9.9.9, 1.2.3.4\r\nX-Forwarded-For: 127.0.0.3\r\n"));
  all.push_back(get("/", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: junk\r\n"));
  all.push_back(get("/", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n"));
  all.push_back(get("/", "X-Real-IP: 1.2.3.4\r\n"));
  return all;
}

TEST(DifferentialRealIp, TheLastAddress) {
  compare(servers("set_real_ip_from 127.0.0.0/8; real_ip_header X-Forwarded-For;"), lists(), "who.log");
}

TEST(DifferentialRealIp, TheLastAddressThatIsNotTrusted) {
  compare(servers("set_real_ip_from 127.0.0.0/8; real_ip_header X-Forwarded-For; real_ip_recursive on;"), lists(), "who.log");
}

TEST(DifferentialRealIp, XRealIpAndWhatIsTrustedInALocationOnly) {
  compare(R"(server { listen 127.0.0.1:@port@;
      location / { return 200 "$remote_addr"; }
      location /in { set_real_ip_from 127.0.0.1; proxy_pass http://@echo@; proxy_set_header X-Client $remote_addr; }
      location /named { set_real_ip_from 127.0.0.1; real_ip_header X-Client-IP; proxy_pass http://@echo@;
        proxy_set_header X-Client $remote_addr; } })",
          {get("/", "X-Real-IP: 1.2.3.4\r\n"), get("/in", "X-Real-IP: 1.2.3.4\r\n"), get("/in", "X-Real-IP: junk\r\n"),
           get("/in", "X-Real-IP: 1.2.3.4, 5.6.7.8\r\n"), get("/in", "X-Real-IP: 1.2.3.4:80\r\n"), get("/in"),
           get("/named", "X-Client-IP: 1.2.3.4\r\n"), get("/named", "x-client-ip: 1.2.3.4\r\nX-Client-IP: 5.6.7.8\r\n")});
}

TEST(DifferentialRealIp, ProxyHeaders) {
  const std::string request = "GET /x HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
  std::vector<Exchange> all;
  for (const std::string& header :
       {std::string("PROXY TCP4 1.2.3.4 5.6.7.8 56324 443\r\n"), std::string("PROXY TCP6 2001:db8::1 ::1 1 2\r\n"),
        std::string("PROXY UNKNOWN\r\n"), std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x10\x00\x00\x50", 28),
        std::string("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16)})
    all.push_back({header + request});
  compare(R"(log_format who '$remote_addr #$remote_port# $realip_remote_addr';
    server { listen 127.0.0.1:@port@ proxy_protocol; access_log @dir@/who.log who; set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;
      location / { return 200 "$remote_addr $proxy_protocol_addr:$proxy_protocol_port $proxy_protocol_server_addr:$proxy_protocol_server_port"; } })",
          all, "who.log");
}

}  // namespace
}  // namespace drishti::testing
