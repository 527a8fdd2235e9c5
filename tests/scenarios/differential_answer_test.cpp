// What the client receives of an upstream's answer: as from nginx.

#include "tests/scenarios/differential.hpp"

namespace drishti::testing {

namespace {

std::string ok_with(const std::string& fields) { return ok_response("body", fields); }
std::string status(const std::string& line, const std::string& fields = {}) {
  return "HTTP/1.1 " + line + "\r\n" + fields + "Content-Length: 4\r\n\r\nbody";
}

Exchange head_answered(const std::string& answer) {
  Exchange exchange = send("HEAD", "/plain");
  exchange.answer = answer;
  return exchange;
}

}  // namespace

TEST(DifferentialAnswer, AddHeaderFollowsTheSameRules) {
  compare(R"(
    add_header X-Http http;
    server { listen 127.0.0.1:@port1@; root @www@;
      add_header X-Server server always;
      location /inherit { return 200 "x"; }
      location /inherit404 { return 404; }
      location /own { add_header X-Own own; return 200 "x"; }
      location /own404 { add_header X-Own own; add_header X-Always "$uri" always; return 404; }
      location /up { add_header X-Own own; add_header X-Always yes always; proxy_pass http://@echo@; }
      location /upvar { add_header X-Up "$upstream_http_x_up:$upstream_status:$sent_http_x_up" always; proxy_pass http://@echo@; }
      location /empty { add_header X-Empty ""; add_header X-Full f; return 200; }
      location /twice { add_header X-Two 1; add_header X-Two 2; return 200; }
      location /redirect { add_header X-Own own; return 302 /x; }
      location /ctype { default_type text/a; add_header Content-Type text/b; return 200 "x"; }
      location /cc { add_header Cache-Control no-store; add_header Cache-Control "max-age=1"; return 200 "x"; }
      location /lm { add_header Last-Modified ""; alias @www@/a.txt; }
      location /lm2 { add_header Last-Modified "x"; proxy_pass http://@echo@; }
      location /errpage { error_page 404 /page; add_header X-First 1 always; return 404; }
      location /page { add_header X-Page 2 always; return 200 "p"; }
      location /nest { add_header X-Outer 1; location /nest/in { return 200 "n"; } }
      location /file { add_header X-File f; alias @www@/a.txt; }
    })",
          {get("/inherit"), get("/inherit404"), get("/own"), get("/own404"), answered("/up", ok_with({})),
           answered("/up", status("500 Oops")), answered("/up", status("201 Created")), answered("/up", status("206 Partial Content")),
           answered("/up", status("404 Nope")), answered("/up", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n"),
           answered("/up", "HTTP/1.1 204 No Content\r\n\r\n"), answered("/up", status("301 Moved", "Location: /x\r\n")),
           answered("/up", status("307 T", "Location: /x\r\n")), answered("/up", status("203 N")),
           answered("/upvar", ok_with("X-Up: 1\r\n")), answered("/upvar", status("404 Nope", "X-Up: 2\r\n")), get("/empty"),
           get("/twice"), get("/redirect"), get("/ctype"), get("/cc"), get("/lm"),
           answered("/lm2", ok_with("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n")),
           get("/errpage"), get("/nest/in"), get("/file"),
           get("/file", "Range: bytes=0-0\r\n"), get("/file", "If-None-Match: *\r\n"), 
           deviates(get("/file", "Range: bytes=99-\r\n"),
                    "add_header without `always` does not apply to a 416 of ours either", "HTTP/1.1 416")});
}

TEST(DifferentialAnswer, FieldsAreHiddenAndPassedTheSame) {
  const std::string many = ok_with(
      "Server: up/1\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Powered-By: php\r\nX-Other: o\r\nX-Pad: p\r\n"
      "X-Accel-Buffering: no\r\nX-Accel-Limit-Rate: 100000\r\nX-Accel-Expires: 1\r\nX-Accel-Charset: utf-8\r\n"
      "ETag: \"e\"\r\nCache-Control: private\r\nCache-Control: no-store\r\nExpires: 0\r\nVary: A\r\nVary: B\r\nKeep-Alive: x\r\n"
      "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nAccept-Ranges: bytes\r\nContent-Encoding: x\r\nContent-Language: de\r\n"
      "Status: 404 lie\r\nLink: </x>\r\nLink: </y>\r\nWWW-Authenticate: Basic\r\nProxy-Authenticate: z\r\nContent-Type: text/x; charset=A\r\n"
      "X_Under: 1\r\nRefresh: 5\r\nContent-Disposition: inline\r\nTransfer-Encoding-X: 1\r\nAge: 3\r\n");
  compare(R"(
    proxy_hide_header X-Other;
    server { listen 127.0.0.1:@port1@;
      location /plain { proxy_pass http://@echo@; }
      location /hide { proxy_hide_header x-powered-by; proxy_hide_header Set-Cookie; proxy_pass http://@echo@; }
      location /pass { proxy_pass_header Server; proxy_pass_header Date; proxy_pass_header X-Accel-Buffering; proxy_pass http://@echo@; }
      location /hidecommon { proxy_hide_header Content-Type; proxy_hide_header ETag; proxy_hide_header Cache-Control;
                             proxy_hide_header Accept-Ranges; proxy_hide_header Content-Encoding; proxy_pass http://@echo@; }
      location /tokens { server_tokens off; proxy_pass http://@echo@; }
      location /tokens404 { server_tokens off; return 404; }
      location /tokens200 { server_tokens off; return 200 "$nginx_version" ; }
      location /ignore { proxy_ignore_headers X-Accel-Redirect X-Accel-Limit-Rate; proxy_pass http://@echo@; }
    })",
          {answered("/plain", many), answered("/hide", many), answered("/pass", many), answered("/hidecommon", many),
           answered("/tokens", many), get("/tokens404"), answered("/ignore", many),
           deviates(answered("/plain", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
                    "a status line without a reason gets the standard one", "HTTP/1.1 200 OK"),
           answered("/plain", "HTTP/1.1 200 Own Reason\r\nContent-Length: 0\r\n\r\n"),
           answered("/plain", "HTTP/1.0 200 OK\r\n\r\nuntil close"),
           answered("/plain", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil close"),
           answered("/plain", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
           answered("/plain", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
           answered("/plain", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
           answered("/plain", "HTTP/1.1 204 No Content\r\n\r\n"),
           answered("/plain", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"),
           deviates(answered("/plain", "HTTP/1.1 100 Continue\r\n\r\n" + ok_with({})),
                    "an interim response is not taken for the final one (RFC 9110 15.2)", "HTTP/1.1 200 OK"),
           answered("/plain", status("299 Odd")), answered("/plain", status("404 Not There")),
           answered("/plain", status("500 Broken")), answered("/plain", status("503 Busy", "Retry-After: 3\r\n")),
           answered("/plain", status("418 Teapot")),
           answered("/plain", status("404 No", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n")), answered("/plain", status("599 X")),
           answered("/plain", status("200 OK", "Last-Modified: garbage\r\n")),
           answered("/plain", ok_with("Content-Type: text/html\r\nContent-Type: text/plain\r\n")),
           answered("/plain", ok_with("Content-Type:\r\nX-Empty:\r\n")),
           answered("/plain", ok_with("Location: /a\r\nRefresh: 3; url=/b\r\n")),
           head_answered("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX-A: 1\r\n\r\n"),
           deviates(head_answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "HEAD says how GET would be framed (RFC 9110 9.3.2)",
                    "Transfer-Encoding: chunked"),
           deviates(head_answered("HTTP/1.1 200 OK\r\nX-A: 1\r\n\r\n"), "HEAD says how GET would be framed (RFC 9110 9.3.2)",
                    "Transfer-Encoding: chunked"),
           Exchange{"GET /plain HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
           Exchange{"GET /plain HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", ok_with({})}});
}

TEST(DifferentialAnswer, ProxyRedirectRewritesTheSame) {
  compare(R"(
    upstream group { server @echo@; }
    server { listen 127.0.0.1:@port1@; server_name a.test;
      location /def/ { proxy_pass http://@echo@/base/; }
      location /defnouri/ { proxy_pass http://@echo@; }
      location /group/ { proxy_pass http://group/base/; }
      location /defplus/ { proxy_pass http://group/base/; proxy_redirect default; proxy_redirect http://x.test/ /xx/; }
      location /explicit/ { proxy_redirect http://up.test/one/ http://front.test/two/; proxy_pass http://@echo@; }
      location /torel/ { proxy_redirect http://up.test/ /; proxy_pass http://@echo@; }
      location /var/ { proxy_redirect http://up.test/ $scheme://$host/v$uri/; proxy_pass http://@echo@; }
      location /regex/ { proxy_redirect ~^http://([^:]+):\d+(/.*)$ https://$1$2; proxy_pass http://@echo@; }
      location /iregex/ { proxy_redirect ~*^HTTP://UP\.TEST(/.*)$ /i$1; proxy_pass http://@echo@; }
      location /off/ { proxy_redirect off; proxy_pass http://group/base/; }
      location /several/ { proxy_redirect http://a/ /1/; proxy_redirect http:// /2/; proxy_pass http://@echo@; }
      location /relative/ { proxy_redirect /old/ /new/; proxy_pass http://@echo@; }
    })",
          [] {
            std::vector<Exchange> all;
            const std::pair<const char*, const char*> cases[] = {
                {"/def/x", "/base/y"}, {"/def/x", "/other"}, {"/def/x", "http://else.test/base/y"}, {"/def/x", "rel"},
                {"/defnouri/x", "/y"}, {"/group/x", "http://group/base/y"}, {"/group/x", "http://group/base"},
                {"/group/x", "http://GROUP/base/y"}, {"/group/x", "https://group/base/y"}, {"/group/x", "//group/base/y"},
                {"/defplus/x", "http://group/base/y"}, {"/defplus/x", "http://x.test/y"},
                {"/explicit/x", "http://up.test/one/y"}, {"/explicit/x", "http://up.test/o"}, {"/torel/x", "http://up.test/y?z"},
                {"/torel/x", "http://up.test"}, {"/var/x", "http://up.test/y"}, {"/regex/x", "http://up.test:81/y"},
                {"/regex/x", "http://up.test/y"}, {"/iregex/x", "http://up.test/y"}, {"/off/x", "http://group/base/y"},
                {"/several/x", "http://a/b"}, {"/several/x", "http://b/c"}, {"/relative/x", "/old/y"}};
            for (const auto& [target, location] : cases)
              all.push_back(answered(target, status("302 Found", "Location: " + std::string(location) + "\r\n")));
            for (const char* refresh : {"5; url=http://up.test/y", "0;url=http://up.test/y", "5", "5; URL=http://up.test/y"})
              all.push_back(answered("/torel/x", ok_with("Refresh: " + std::string(refresh) + "\r\n")));
            all.push_back(answered("/torel/x", status("201 Created", "Location: http://up.test/new\r\n")));
            all.push_back(answered("/torel/x", status("200 OK", "Location: http://up.test/new\r\nContent-Location: http://up.test/\r\n")));
            return all;
          }());
}

TEST(DifferentialAnswer, CookiesAreRewrittenTheSame) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; server_name a.test;
      location /domain { proxy_cookie_domain up.test front.test; proxy_pass http://@echo@; }
      location /domainvar { proxy_cookie_domain up.test $host; proxy_pass http://@echo@; }
      location /domainre { proxy_cookie_domain ~^(\w+)\.up\.test$ $1.front.test; proxy_pass http://@echo@; }
      location /path { proxy_cookie_path /one/ /two/; proxy_pass http://@echo@; }
      location /pathroot { proxy_cookie_path / /app/; proxy_pass http://@echo@; }
      location /pathre { proxy_cookie_path ~^/v\d/(.*)$ /$1; proxy_pass http://@echo@; }
      location /off { proxy_cookie_path off; proxy_cookie_domain off; proxy_pass http://@echo@; }
    })",
          [] {
            std::vector<Exchange> all;
            const std::string cookies =
                "Set-Cookie: a=1; Domain=up.test; Path=/one/x; Secure\r\nSet-Cookie: b=2; domain=.up.test; path=/one/; HttpOnly; SameSite=None\r\n"
                "Set-Cookie: c=3; DOMAIN=x.up.test; PATH=/v1/z\r\nSet-Cookie: d=4\r\nSet-Cookie: e=\"q\"; Path=/; Domain=other.test\r\n"
                "Set-Cookie: f=; Path=; Domain=\r\nSet-Cookie: bb=1; Secure; HttpOnly; samesite=strict\r\n";
            for (const char* target : {"/domain", "/domainvar", "/domainre", "/path", "/pathroot", "/pathre", "/off"})
              all.push_back(answered(target, ok_with(cookies)));
            const std::string tight = "Set-Cookie: b=2;path=/one/;HttpOnly\r\n";
            all.push_back(deviates(answered("/path", ok_with(tight)), "a rewritten cookie keeps its spaces",
                                   "Set-Cookie: b=2;path=/two/;HttpOnly"));
            return all;
          }());
}

TEST(DifferentialAnswer, AccelRedirectsTheSame) {
  compare(R"(
    types { text/plain txt; }
    server { listen 127.0.0.1:@port1@; server_name a.test; root @www@;
      location /up { proxy_pass http://@echo@; }
      location /ignore { proxy_ignore_headers X-Accel-Redirect; proxy_pass http://@echo@; }
      location /protected/ { internal; alias @www@/; }
      location /shown { default_type text/plain; return 200 "$uri|$args|$request_method"; }
      location @named { default_type text/plain; return 200 "named $uri"; }
    })",
          {answered("/up", ok_with("X-Accel-Redirect: /protected/a.txt\r\nContent-Type: text/own\r\nX-Up: 1\r\n")),
           answered("/up", ok_with("X-Accel-Redirect: /protected/a.txt\r\nSet-Cookie: a=b\r\nContent-Disposition: attachment\r\nCache-Control: no-cache\r\nExpires: x\r\nETag: \"up\"\r\n")),
           deviates(answered("/up", ok_with("X-Accel-Redirect: /protected/a.txt\r\nAccept-Ranges: none\r\n")),
                    "an upstream's Accept-Ranges: none is not contradicted", "Accept-Ranges: none"),
           answered("/up", ok_with("X-Accel-Redirect: /protected/none\r\n")),
           answered("/up", ok_with("X-Accel-Redirect: /shown?x=1\r\n")),
           answered("/up", ok_with("X-Accel-Redirect: /shown/a%20b\r\n")),
           answered("/up", ok_with("X-Accel-Redirect: @named\r\n")), answered("/up", ok_with("X-Accel-Redirect: @none\r\n")),
           answered("/up", ok_with("X-Accel-Redirect: relative\r\n")), answered("/up", ok_with("X-Accel-Redirect: /../x\r\n")),
           answered("/up", status("404 Nope", "X-Accel-Redirect: /protected/a.txt\r\n")),
           answered("/ignore", ok_with("X-Accel-Redirect: /protected/a.txt\r\n")), get("/protected/a.txt"),
           [] { Exchange e = send("POST", "/up", {}, "b"); e.answer = ok_with("X-Accel-Redirect: /shown\r\n"); return e; }()});
}

TEST(DifferentialAnswer, BadAnswersEndTheSame) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; location / { proxy_pass http://@echo@; } location /small { proxy_buffer_size 1k; proxy_buffers 4 1k; proxy_busy_buffers_size 2k; proxy_pass http://@echo@; } })",
          {answered("/", "HTTP/1.1 200 OK\r\nNo colon here\r\n\r\n"),
           deviates(answered("/", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
                    "a Content-Length that is no number is refused (strict framing)", "HTTP/1.1 502"),
           answered("/", "HTTP/1.1 200 OK\r\n"), answered("/", "HTTP/1.1 2"),
           answered("/small", ok_with("X-Long: " + std::string(2000, 'a') + "\r\n")),
           answered("/", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"),
           answered("/", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
           deviates(answered("/", "HTTP/1.1 200 OK\nContent-Length: 2\nX-A: b\n\nok"),
                    "bare LF ends no line (strict framing)", "HTTP/1.1 502"),
           answered("/", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokextra")});
}

}  // namespace drishti::testing
