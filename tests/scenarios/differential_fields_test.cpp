// expires and proxy_cookie_flags, beside Debian's nginx.
#include "tests/scenarios/differential.hpp"

namespace drishti::testing {
namespace {

TEST(DifferentialExpires, OfFilesReturnsAndUpstreams) {
  std::string locations;
  std::vector<Exchange> all;
  int number = 0;
  for (const char* value : {"1h", "+1d", "0", "-1", "-1d", "epoch", "max", "off", "modified 1h", "modified -1", "modified 100000000",
                            "$arg_t", "modified $arg_t"}) {
    const std::string name = "/e" + std::to_string(number++);
    locations += "location " + name + "/ { alias @www@/; expires " + value + "; }\n";
    locations += "location " + name + "p { proxy_pass http://@echo@; expires " + value + "; }\n";
    locations += "location " + name + "r { expires " + value + "; return 200 x; }\n";
    locations += "location " + name + "n { expires " + value + "; return 404 x; }\n";
    for (const char* target : {"/a.txt", "p", "r", "n"})
      for (const char* time : {"", "?t=2h", "?t=epoch", "?t=junk"}) {
        if (*time != '\0' && value[0] != '$' && std::string(value) != "modified $arg_t") continue;
        all.push_back(get(name + target + time));
      }
    all.push_back(answered(name + "p", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nExpires: 0\r\nCache-Control: private\r\n"
                                       "Cache-Control: x\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"));
    all.push_back(answered(name + "p", "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nCache-Control: private\r\n\r\n"));
  }
  compare("server { listen 127.0.0.1:@port@; " + locations +
              "location /both { expires 1h; add_header Cache-Control public; return 200 x; }\n"
              "location /if { if ($arg_x) { expires max; } return 200 x; } }",
          [&] {
            for (const char* target : {"/both", "/if", "/if?x=1"}) all.push_back(get(target));
            return all;
          }());
}

TEST(DifferentialCookieFlags, OfSeveralRules) {
  std::vector<Exchange> all;
  for (const char* target : {"/one", "/expression", "/two", "/variable?n=a&f=secure", "/variable?n=b&f=", "/off"})
    for (const char* cookie : {"a=1", "b=2; Secure; HttpOnly; Path=/x; SameSite=None", "A=1; secure; httponly", "x-a=5; path=/; custom=7",
                               "a; Secure", "a=; Path=/", "a=1; SameSite=Strict"})
      all.push_back(answered(target, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: " + std::string(cookie) + "\r\n\r\n"));
  compare(R"(proxy_cookie_flags a secure; server { listen 127.0.0.1:@port@;
      location /one { proxy_pass http://@echo@; proxy_cookie_flags a secure httponly samesite=strict; }
      location /expression { proxy_pass http://@echo@; proxy_cookie_flags ~A nosecure nohttponly nosamesite; }
      location /two { proxy_pass http://@echo@; proxy_cookie_flags a nonsense secure; proxy_cookie_flags ~. samesite=none; }
      location /variable { proxy_pass http://@echo@; proxy_cookie_flags $arg_n $arg_f; proxy_cookie_path /x /y; }
      location /off { proxy_pass http://@echo@; proxy_cookie_flags off; } })",
          all);
}

}  // namespace
}  // namespace drishti::testing
