// Which location and which server answers, and what URI it sees: as nginx does.

#include "tests/scenarios/differential.hpp"

namespace drishti::testing {

namespace {

const char* const strict = "strict request grammar (RFC 9112, threat catalogue)";
const char* const refused = "HTTP/1.1 400";

}  // namespace

TEST(DifferentialLocation, IsChosenInTheSameOrder) {
  compare(R"(
    default_type text/plain;
    server { listen 127.0.0.1:@port1@;
      location / { return 200 "root $uri"; }
      location = / { return 200 "exact root"; }
      location = /exact { return 200 "exact"; }
      location /exact { return 200 "prefix of exact"; }
      location /a { return 200 "a"; }
      location /a/b { return 200 "ab"; }
      location ^~ /images/ { return 200 "final prefix"; }
      location ~ \.(gif|jpg)$ { return 200 "first regex $1"; }
      location ~* \.GIF$ { return 200 "second regex"; }
      location ~ ^/r/(?<name>\w+)/(\d+)$ { return 200 "named=$name two=$2 one=$1"; }
      location /nest/ {
        location ~ \.txt$ { return 200 "nested regex"; }
        location /nest/deep/ { return 200 "nested prefix"; location = /nest/deep/x { return 200 "nested exact"; } }
        return 200 "nest";
      }
      location ~ ^/outer/ { location ~ /inner$ { return 200 "regex in regex"; } return 200 "outer regex"; }
      location ~ "^/brace/\d{2,3}$" { return 200 "brace"; }
      location /@literal { return 200 "at sign"; }
      location "/sp ace/" { return 200 "space <$uri>"; }
    })",
          {get("/"), get("/x"), get("/exact"), get("/exact/"), get("/exactly"), get("/a"), get("/ab"), get("/a/b"),
           get("/a/bc"), get("/images/x.gif"), get("/images"), get("/x.gif"), get("/x.GIF"), get("/x.Gif?y=1"),
           get("/x.jpg/"), get("/r/abc/12"), get("/r/abc/x"), get("/nest/x.txt"), get("/nest/x.gif"),
           get("/nest/deep/x"), get("/nest/deep/x.txt"), get("/nest/deep/y.gif"), get("/nest"), get("/outer/inner"),
           get("/outer/x"), get("/brace/12"), get("/brace/1234"), get("/@literal"), get("/sp%20ace/x"),
           get("/%61/b"), get("/a%2Fb"), get("/a/b?c=/x.gif"), deviates(get("/a#frag"), strict, refused), get("/%2e%2e/a"), get("/A")});
}

TEST(DifferentialLocation, SeesTheSamePath) {
  compare(R"(
    default_type text/plain;
    server { listen 127.0.0.1:@port1@; location / { return 200 "$uri|$args|$request_uri"; } }
    server { listen 127.0.0.1:@port2@; merge_slashes off;
      location / { return 200 "$uri|$args|$request_uri"; }
      location //x/ { return 200 "double"; } })",
          {get("/a//b///c"), get("//"), get("/a/./b"), get("/a/../b"), get("/a/b/.."), get("/a/b/."), get("/a/b/../"),
           get("/.."), get("/../x"), get("/a/.../b"), get("/a/.b/c"), get("/a/..b/c"), get("/a%2e%2e/b"),
           get("/a/%2e%2e/b"), get("/a/%2E/b"), get("/a%2fb"), get("/a%2F..%2Fb"), get("/%"), get("/%zz"), get("/%0"),
           get("/%00"), get("/a%00b"), get("/a%20b+c"), get("/%e2%82%ac"), get("/a?b?c"), get("/a?"), get("/?x=%20y"),
           get("/a%3Fb?c"), get("/a%23b"), get("/a;b=c/d"), get("/a\\b"), get("/a\"b"), get("/a|b"), get("/a^b{}"),
           deviates(get("/caf\xc3\xa9"), strict, refused), get("/a%252fb"), get("/..%2f..%2fetc"), get("http://a.test/abs?x=1"),
           deviates(get("http://other.test/abs"), "Host must say the same as an absolute target", refused), get("http://a.test"), deviates(get("http://a.test?x"), "an absolute target without a path gets one", "|/?x"), get("HTTP://A.TEST/y"),
           [] { Exchange e = get("//x/y"); e.port = 2; return e; }(),
           [] { Exchange e = get("/a//b/../c"); e.port = 2; return e; }(),
           [] { Exchange e = get("/a//../b"); e.port = 2; return e; }()});
}

TEST(DifferentialLocation, MissingTrailingSlashRedirects) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; server_name a.test;
      location /p/ { proxy_pass http://@echo@; }
      location /q/ { proxy_pass http://@echo@; }
      location = /q { return 200 "exact q"; }
      location /r/ { return 200 "no proxy"; }
      location ^~ /s/ { proxy_pass http://@echo@/; }
      location /www/ { alias @www@/; }
      location / { root @www@; }
    })",
          {get("/p"), get("/p?a=1&b=%20"), get("/p/"), get("/q"), get("/q/"), get("/r"), get("/r/"), get("/s"),
           get("/s/"), get("/dir"), get("/dir?x=1"), get("/www"), get("/www/dir"), get("/noindex"), get("/noindex/"),
           send("HEAD", "/dir"), send("POST", "/p", {}, "x=1"), get("/p", {}, "a.test:@port1@"),
           get("/p", {}, "other.test")});
}

TEST(DifferentialLocation, RedirectsNameTheSameHostAndPort) {
  const char* location = "location /d/ { proxy_pass http://@echo@; } location /r { return 301 /x; } "
                         "location /w { rewrite ^ /y redirect; } location / { root @www@; }";
  std::string config;
  int port = 1;
  for (const char* options : {"", "absolute_redirect off;", "server_name_in_redirect on;", "port_in_redirect off;",
                              "server_name_in_redirect on; port_in_redirect off;"}) {
    config += "server { listen 127.0.0.1:@port" + std::to_string(port++) + "@; server_name first.test second.test; " +
              options + location + "}\n";
  }
  std::vector<Exchange> exchanges;
  for (int i = 1; i < port; ++i) {
    for (const char* target : {"/d", "/r", "/w", "/dir"}) {
      Exchange exchange = get(target, {}, "host.test:81");
      exchange.port = i;
      exchanges.push_back(exchange);
    }
  }
  exchanges.push_back({"GET /d HTTP/1.0\r\n\r\n"});
  exchanges.push_back({"GET /dir HTTP/1.0\r\nHost: \r\n\r\n"});
  compare(config, exchanges);
}

TEST(DifferentialServer, IsChosenByNameAndPort) {
  compare(R"(
    default_type text/plain;
    server { listen 127.0.0.1:@port1@; server_name first.test; location / { return 200 "first"; } }
    server { listen 127.0.0.1:@port1@ default_server; server_name _; location / { return 200 "default $host"; } }
    server { listen 127.0.0.1:@port1@; server_name exact.example.test; location / { return 200 "exact"; } }
    server { listen 127.0.0.1:@port1@; server_name *.example.test; location / { return 200 "front wildcard"; } }
    server { listen 127.0.0.1:@port1@; server_name *.deep.example.test; location / { return 200 "longer front wildcard"; } }
    server { listen 127.0.0.1:@port1@; server_name mail.*; location / { return 200 "rear wildcard"; } }
    server { listen 127.0.0.1:@port1@; server_name .dot.test; location / { return 200 "dot"; } }
    server { listen 127.0.0.1:@port1@; server_name ~^(?<user>\w+)\.users\.test$; location / { return 200 "user $user $1"; } }
    server { listen 127.0.0.1:@port1@; server_name ~^\w+\.users\.test$ ""; location / { return 200 "later regex or empty"; } }
    server { listen 127.0.0.1:@port2@; server_name exact.example.test; location / { return 200 "port 2"; } }
    server { listen 127.0.0.1:@port2@; server_name other.test; location / { return 200 "port 2 other $server_name $server_port"; } })",
          {get("/", {}, "first.test"), get("/", {}, "unknown.test"), get("/", {}, "exact.example.test"),
           get("/", {}, "EXACT.Example.TEST"), get("/", {}, "exact.example.test."),
           get("/", {}, "exact.example.test:1234"), get("/", {}, "x.example.test"), get("/", {}, "x.y.example.test"),
           get("/", {}, "x.deep.example.test"), get("/", {}, "deep.example.test"), get("/", {}, "example.test"),
           get("/", {}, "mail.anything"), get("/", {}, "mail.example.test"), get("/", {}, "mail."),
           get("/", {}, "dot.test"), get("/", {}, "x.dot.test"), get("/", {}, "xdot.test"),
           get("/", {}, "joe.users.test"), get("/", {}, "joe-x.users.test"), get("/", {}, "127.0.0.1"),
           get("/", {}, "[::1]"), get("/", {}, "[::1]:80"), get("/", {}, "_"),
           deviates(get("http://exact.example.test/", {}, "first.test"), "Host must say the same as an absolute target", refused), {"GET / HTTP/1.0\r\n\r\n"},
           {"GET / HTTP/1.1\r\n\r\n"}, {"GET / HTTP/1.1\r\nHost:\r\n\r\n"}, {"GET / HTTP/1.1\r\nHost: \r\n\r\n"},
           {"GET / HTTP/1.1\r\nHost: first.test\r\nHost: first.test\r\n\r\n"}, get("/", {}, "bad host"),
           get("/", {}, "a/b"), get("/", {}, "first.test:"), deviates(get("/", {}, "first.test:abc"), strict, refused), get("/", {}, "a..b"),
           get("/", {}, ".first.test"), deviates(get("/", {}, "first.test:99999"), strict, refused),
           [] { Exchange e = get("/", {}, "exact.example.test"); e.port = 2; return e; }(),
           [] { Exchange e = get("/", {}, "x.example.test"); e.port = 2; return e; }(),
           [] { Exchange e = get("/", {}, "other.test:80"); e.port = 2; return e; }()});
}

}  // namespace drishti::testing
