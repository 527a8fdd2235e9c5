// What the upstream receives: as from nginx.

#include "tests/scenarios/differential.hpp"

namespace drishti::testing {

namespace {

const char* const strict = "strict request grammar (RFC 9112, threat catalogue)";
const char* const one_word = "what stands in a request line is escaped (RFC 9112 3.2)";
const char* const as_newer = "as nginx since 1.29";
const char* const refused = "HTTP/1.1 400";

}  // namespace

TEST(DifferentialProxyPass, SendsTheSameTarget) {
  compare(R"(
    map $arg_to $base { default ""; v /mapped; }
    upstream group { server @echo@; }
    server { listen 127.0.0.1:@port1@;
      location /none { proxy_pass http://@echo@; }
      location /slash/ { proxy_pass http://@echo@/; }
      location /noslash { proxy_pass http://@echo@/; }
      location /uri/ { proxy_pass http://@echo@/other/; }
      location /uricut { proxy_pass http://@echo@/other; }
      location /args/ { proxy_pass http://@echo@/other?x=1; }
      location /name/ { proxy_pass http://group; }
      location /nameuri/ { proxy_pass http://group/g/; }
      location ~ ^/regex/(.*)$ { proxy_pass http://@echo@; }
      location ~ ^/regexvar/(.*)$ { proxy_pass http://@echo@/new/$1; }
      location ~ ^/regexargs/(.*)$ { proxy_pass http://@echo@/new/$1$is_args$args; }
      location /varuri { proxy_pass http://@echo@$request_uri; }
      location /vardecoded { proxy_pass http://@echo@$uri; }
      location /varhost { set $where @echo@; proxy_pass http://$where; }
      location /varhosturi/ { set $where @echo@; proxy_pass http://$where/fixed; }
      location /varbase { proxy_pass http://@echo@$base; }
      location /rw/ { rewrite ^/rw/(.*)$ /done/$1 break; proxy_pass http://@echo@; }
      location /rwuri/ { rewrite ^/rwuri/(.*)$ /done/$1 break; proxy_pass http://@echo@/ignored/; }
      location /rwargs/ { rewrite ^/rwargs/(.*)$ /done?new=$1 break; proxy_pass http://@echo@; }
      location /rwnoargs/ { rewrite ^/rwnoargs/(.*)$ /done?new=$1? break; proxy_pass http://@echo@; }
      location /rwlast/ { rewrite ^/rwlast/(.*)$ /none/$1 last; }
      location /setargs { set $args "only=this"; proxy_pass http://@echo@; }
      location /setargsuri/ { set $args "only=this"; proxy_pass http://@echo@/u/; }
      location = /exact { proxy_pass http://@echo@/other; }
      location = /exactnone { proxy_pass http://@echo@; }
      location /outer/ { location /outer/inner/ { proxy_pass http://@echo@/i/; } proxy_pass http://@echo@/o/; }
      location /if/ { if ($arg_x) { proxy_pass http://@echo@; } proxy_pass http://@echo@/else/; }
      location "/spa ce/" { proxy_pass http://@echo@/to%20there/; }
      location /try/ { try_files /nonexistent @named; }
      location @named { proxy_pass http://@echo@; }
    })",
          {get("/none/a/b?x=1"), get("/none//a/../b/%41%2f%20?x=%20"), get("/none/%7euser"), get("/none"),
           get("/none?"), get("/none/caf%c3%a9"), deviates(get("/none/caf\xc3\xa9"), strict, refused), get("/none/a;b?c;d"),
           get("http://a.test/none/abs?x"), get("/slash/a/b?x=1"), get("/slash/"), get("/slash//a//b"),
           get("/slash/a%20b"), get("/slash/a%2fb"), get("/slash/a%3fb"), get("/slash/a%23b?c"), get("/slash/a%25b"),
           get("/slash/%e2%82%ac"), get("/slash/a/../b"), get("/slash/a%2e%2e"), get("/slash/a+b"),
           deviates(get("/slash/a\"b"), one_word, "GET /a%22b HTTP/1.1"), get("/slash/%7e%7E~"), deviates(get("/slash/a%0ab"), "line ends in a decoded path are refused (threat P05)", refused), get("/slash/a:b@c!$&'()*,;="),
           get("/noslash/x"), get("/noslash"), get("/noslashy"), get("/uri/x/y"), get("/uri/"), get("/uricut/x"),
           get("/uricutx"), get("/args/x"), get("/args/x?y=2"), get("/name/x?y"), get("/nameuri/x?y"),
           get("/regex/a%20b?c"), deviates(get("/regexvar/a%20b?c"), one_word, "GET /new/a%20b HTTP/1.1"), get("/regexvar/a%2520b"), get("/regexargs/a?c=d"),
           get("/varuri/a%20b?c=d"), deviates(get("/vardecoded/a%20b?c=d"), one_word, "GET /vardecoded/a%20b HTTP/1.1"), get("/vardecoded/a?c=d"),
           get("/varhost/a%20b?c=d"), get("/varhosturi/x?c=d"), get("/varbase/x?to=v"), get("/varbase/x?to=n"),
           get("/rw/a/b?x=1"), get("/rw/a%20b"), get("/rw/a%3fb"), get("/rw/%e2%82%ac?q"), get("/rwuri/a?x"),
           get("/rwargs/a?x=1"), get("/rwnoargs/a?x=1"), get("/rwargs/a%26b"), get("/rwlast/a%20b?x=1"),
           get("/setargs/x%20?y=1"), get("/setargsuri/x?y=1"), get("/exact?x"), get("/exactnone?x"),
           get("/outer/inner/x"), get("/outer/x"), get("/if/a?x=1"), get("/if/a?y=1"), get("/spa%20ce/x%20y"),
           get("/try/a%20b?x=1"), deviates(send("OPTIONS", "*"), "OPTIONS * asks the server (RFC 9110 9.3.7)", "HTTP/1.1 405"), send("OPTIONS", "/none"), send("HEAD", "/none/x"),
           send("DELETE", "/none/x"), send("PROPFIND", "/none/x"), send("FOO", "/none/x")});
}

TEST(DifferentialProxyRequest, CarriesTheSameFields) {
  compare(R"(
    proxy_set_header X-Http http;
    upstream group { server @echo@; }
    server { listen 127.0.0.1:@port1@; server_name a.test;
      location /inherit { proxy_pass http://@echo@; }
      location /group { proxy_pass http://group; }
      location /own { proxy_set_header X-Own "own $uri"; proxy_pass http://@echo@; }
      location /remove { proxy_set_header Accept-Encoding ""; proxy_set_header User-Agent ""; proxy_pass http://@echo@; }
      location /host { proxy_set_header Host $host; proxy_pass http://@echo@; }
      location /httphost { proxy_set_header Host $http_host; proxy_pass http://@echo@; }
      location /fixed { proxy_set_header Host fixed.test:8080; proxy_pass http://@echo@; }
      location /usual { proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Host $host:$server_port; proxy_pass http://@echo@; }
      location /replace { proxy_set_header X-Client replaced; proxy_pass http://@echo@; }
      location /twice { proxy_set_header X-Two 1; proxy_set_header X-Two 2; proxy_pass http://@echo@; }
      location /nofields { proxy_pass_request_headers off; proxy_pass http://@echo@; }
      location /nobody { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://@echo@; }
      location /method { proxy_method PUT; proxy_pass http://@echo@; }
      location /methodvar { proxy_method $arg_m; proxy_pass http://@echo@; }
      location /body { proxy_set_body "set=$arg_x&uri=$uri"; proxy_pass http://@echo@; }
      location /upgrade { proxy_set_header Connection $http_connection; proxy_set_header X-Up $http_upgrade; proxy_pass http://@echo@; }
      location /cookie { proxy_set_header Cookie "a=$cookie_a; b=$cookie_b"; proxy_pass http://@echo@; }
      location /nested { proxy_set_header X-Outer 1; location /nested/in { proxy_pass http://@echo@; } }
      location /if { proxy_set_header X-Outer 1; if ($arg_x) { proxy_pass http://@echo@; } }
    })",
          {get("/inherit", "X-Client: c\r\nAccept: */*\r\nUser-Agent: ua\r\n"), get("/group"), get("/own"),
           get("/remove", "Accept-Encoding: gzip\r\nUser-Agent: ua\r\nX-Http: client\r\n"), get("/host"),
           get("/host", {}, "a.test:8080"), get("/host", {}, "A.TEST"), get("/httphost", {}, "A.test:8080"),
           deviates(get("http://b.test/host"), "Host must say the same as an absolute target", refused), deviates(get("http://b.test/httphost"), "Host must say the same as an absolute target", refused), get("/fixed"), get("/usual"),
           get("/usual", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\nX-Real-IP: 1.1.1.1\r\n"),
           get("/usual", "X-Forwarded-For: 192.0.2.1, 192.0.2.2\r\n"),
           get("/inherit", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"),
           get("/replace", "X-Client: 1\r\nx-client: 2\r\nX-Other: 3\r\n"), get("/twice"),
           get("/nofields", "X-Client: 1\r\nCookie: a=b\r\n"), send("POST", "/nofields", {}, "body"),
           send("POST", "/inherit", "Content-Type: text/x\r\n", "hello"), send("POST", "/inherit", "Content-Length: 0\r\n"),
           send("PUT", "/inherit", {}, "data"), send("DELETE", "/inherit", {}, "data"), send("GET", "/inherit", {}, "data"),
           send("PATCH", "/inherit", {}, "data"), send("POST", "/inherit"),
           {"POST /inherit HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
           {"POST /inherit HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"},
           send("POST", "/nobody", {}, "hello"), get("/method"),
           send("POST", "/method", {}, "x"), get("/methodvar?m=DELETE"), deviates(get("/methodvar"), "an empty proxy_method means the client's", "GET /methodvar HTTP/1.1"), get("/body?x=1"),
           send("POST", "/body?x=2", {}, "replaced"), get("/upgrade", "Connection: keep-alive\r\nUpgrade: foo\r\n"),
           get("/cookie", "Cookie: a=1; b=2; c=3\r\n"), get("/cookie", "Cookie: b=2\r\n"),
           get("/inherit", "Cookie: a=1\r\nCookie: b=2\r\n"), get("/nested/in"), get("/if?x=1"), get("/inherit", "Connection: keep-alive\r\n"),
           deviates(get("/inherit", "Connection: close\r\nKeep-Alive: 300\r\nTE: gzip\r\nProxy-Connection: x\r\n"), as_newer, "GET /inherit HTTP/1.1"),
           deviates(get("/inherit", "Expect: 100-continue\r\nUpgrade: h2c\r\n"), "no body is awaited, so that none is asked for (RFC 9110 10.1.1)", "GET /inherit HTTP/1.1"),
           get("/inherit", "If-None-Match: \"x\"\r\nRange: bytes=0-1\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
           get("/inherit", "X-Empty:\r\nX-Spaces:    a  b   \r\n"), deviates(get("/inherit", "Authorization: Basic YTpi\r\nProxy-Authorization: x\r\n"), "Proxy-Authorization is for this proxy alone (RFC 9110 11.7.2)", "Authorization: Basic YTpi"),
           {"GET /inherit HTTP/1.0\r\nHost: a.test\r\nX-A: 1\r\n\r\n"}, {"GET /host HTTP/1.0\r\n\r\n"},
           {"GET /inherit HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}});
}

TEST(DifferentialProxyRequest, OfHttp10IsTheSame) {
  compare(R"(
    server { listen 127.0.0.1:@port1@;
      location /ten { proxy_http_version 1.0; proxy_pass http://@echo@; }
      location /tennohost { proxy_http_version 1.0; proxy_set_header Host ""; proxy_pass http://@echo@; }
      location /unbuffered { proxy_request_buffering off; proxy_pass http://@echo@; }
    })",
          {get("/ten/x"), send("POST", "/ten", {}, "body"), get("/tennohost"),
           {"POST /ten HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
           send("POST", "/unbuffered", {}, "body")});
}

TEST(DifferentialProxyRequest, DropsTheSameFieldNames) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; location / { proxy_pass http://@echo@; } }
    server { listen 127.0.0.1:@port2@; underscores_in_headers on; location / { proxy_pass http://@echo@; } }
    server { listen 127.0.0.1:@port3@; ignore_invalid_headers off; location / { proxy_pass http://@echo@; } })",
          [] {
            std::vector<Exchange> all;
            for (int port = 1; port <= 3; ++port) {
              for (const char* fields : {"X_Under: 1\r\n", "X-Plain: 1\r\nx.dot: 2\r\n", "Content_Length: 5\r\n"}) {
                Exchange exchange = get("/", fields);
                exchange.port = port;
                all.push_back(exchange);
              }
            }
            return all;
          }());
}

}  // namespace drishti::testing
