// Variables, captures, inheritance between levels: as in nginx.

#include "tests/scenarios/differential.hpp"

namespace drishti::testing {

TEST(DifferentialVariables, HaveTheSameValues) {
  compare(R"(
    map $uri $from_map { default "m:$arg_a"; ~^/map/(?<tail>.*)$ "tail=$tail"; }
    server { listen 127.0.0.1:@port1@; server_name a.test b.test; root @www@; default_type text/plain;
      location /args { return 200 "$arg_a|$arg_A|$arg_b_c|$arg_empty|$args|$query_string|$is_args"; }
      location /fields {
        return 200 "$http_x_a|$http_host|$http_user_agent|$http_accept|$http_cookie|$http_none|$content_type|"; }
      location /cookies { return 200 "$cookie_a|$cookie_B|$cookie_c_d|$cookie_none"; }
      location /names {
        return 200 "$host|$server_name|$server_port|$server_addr|$scheme|$https|$server_protocol"; }
      location /paths { return 200 "$uri|$document_uri|$request_uri|$document_root|$realpath_root|$request_filename"; }
      location /alias/ { alias @www@/dir/; return 200 "$document_root|$request_filename"; }
      location ~ ^/re/(\w+)/(?<second>\w+)(/x)?$ { return 200 "$1|$2|$second|$3"; }
      location /setargs { set $args "x=1&y=2"; return 200 "$args|$arg_x|$arg_a|$is_args|$request_uri"; }
      location /setchain { set $a "1"; set $b "$a$a"; set $a "2"; return 200 "$a$b"; }
      location /unset { if ($arg_a) { set $maybe yes; } return 200 "<$maybe>"; }
      location /map { return 200 "$from_map"; }
      location /user { return 200 "$remote_user"; }
      location /length { return 200 "$request_length"; }
      location /request { return 200 "$request"; }
      location /rate { return 200 "$limit_rate"; }
      location /rateset { limit_rate 100k; return 200 "$limit_rate"; }
      location /ratevar { set $limit_rate 50k; return 200 "$limit_rate"; }
      location /sent { add_header X-T "$sent_http_content_type;$sent_http_content_length;$sent_http_x_none" always;
        return 200 "x"; }
      location /upstream { return 200 "<$upstream_addr$upstream_status$upstream_http_a>"; }
      location /body { proxy_set_header X-Body $request_body; proxy_pass http://@echo@; }
      location /xff { return 200 "$proxy_add_x_forwarded_for"; }
      location /escape { return 302 "/to?next=$request_uri&x=$arg_x"; }
      location /long { return 200 "$arg_a$arg_a$arg_a$arg_a"; }
    })",
          {get("/args?a=1&b_c=2&empty="),
           get("/args?A=1"),
           get("/args?a=1&a=2"),
           get("/args?a"),
           get("/args?&&a=%41&"),
           get("/args?xa=1&a=2"),
           get("/args"),
           get("/args?"),
           get("/args?a=1?b=2"),
           get("/args?a==1"),
           get("/fields", "X-A: 1\r\nUser-Agent: ua\r\nAccept: a\r\nCookie: a=1; b=2\r\n"),
           deviates(get("/fields", "x-a:   spaced value \t\r\n"), "a tab around a value is no part of it (RFC 9110 5.5)",
                    "spaced value|a.test"),
           send("POST", "/fields", "Content-Type: text/x\r\n", "body"),
           get("/cookies", "Cookie: a=1; b=2; c_d=3\r\n"),
           get("/cookies", "Cookie: A=1;a=2\r\n"),
           get("/cookies", "Cookie: xa=1; a=\"q\"\r\n"),
           get("/cookies", "Cookie: a\r\n"),
           get("/cookies", "Cookie: a=; B=x=y\r\n"),
           get("/cookies", "Cookie: none=1;c_d=2\r\n"),
           get("/names"),
           get("/names", {}, "B.test:80"),
           {"GET /names HTTP/1.0\r\n\r\n"},
           send("HEAD", "/names"),
           send("PURGE", "/names"),
           get("/paths/a%20b/../c?x"),
           get("/paths//x"),
           get("/alias/x%20y"),
           get("/alias/"),
           get("/re/ab/cd"),
           get("/re/ab/cd/x"),
           get("/setargs?a=1"),
           get("/setchain"),
           get("/unset?a=1"),
           get("/unset"),
           get("/map/tail?a=1"),
           get("/map?a=1"),
           get("/user", "Authorization: Basic am9lOng=\r\n"),
           get("/user", "Authorization: Basic am9l\r\n"),
           get("/user", "Authorization: Basic !!\r\n"),
           get("/user", "Authorization: Bearer x\r\n"),
           get("/user", "Authorization: basic am9lOng=\r\n"),
           get("/length"),
           get("/length?x", "A: b\r\n"),
           get("/request?a=\"b\""),
           get("/rate"),
           deviates(get("/rateset"), "$limit_rate shows what the location says", "102400"),
           get("/ratevar"),
           get("/sent"),
           get("/upstream"),
           send("POST", "/body", {}, "small body"),
           get("/xff", "X-Forwarded-For: 1.1.1.1\r\n"),
           get("/xff"),
           get("/escape?x=%20y"),
           get("/escape?x=a&b"),
           get("/long?a=" + std::string(700, 'z'))});
}

TEST(DifferentialInheritance, LevelsOverrideTheSame) {
  compare(R"(
    default_type text/http; index http.html; root @www@/noindex;
    error_page 404 =200 /fromhttp;
    add_header X-L http;
    server { listen 127.0.0.1:@port1@;
      location /fromhttp { return 200 "http's page"; }
      location / { }
      location /own { error_page 403 /x; return 404; }
      location /root { root @www@; }
      location /dir/ { root @www@; index page.html; }
      location /types { types { text/own xyz; } return 200 "x"; }
      location /deep/ { add_header X-L deep; location /deep/er/ { location /deep/er/est { return 200 "x";
        } return 200 "y"; } }
      location /deep2/ { add_header X-L a; location /deep2/b { add_header X-M b; return 200 "x"; } }
    }
    server { listen 127.0.0.1:@port2@; root @www@; index index.html; error_page 404 /errors/404.html;
      add_header X-L server;
      set $from_server "set:$uri";
      if ($arg_stop) { return 403 "stopped"; }
      if ($http_x_old ~ ^(.)) { set $initial $1; rewrite ^/moved/(.*)$ /show/$1$initial last; }
      location / { }
      location /show { default_type text/plain; return 200 "$uri|$from_server|$initial"; }
      location /dir { error_page 404 /show; }
      location ~ \.(txt|css)$ { add_header X-R $1; }
      location ^~ /second/ { index index.php index.html; default_type text/php; }
      location /proxied/ { proxy_set_header X-A 1; proxy_hide_header X-H;
        location /proxied/in/ { proxy_pass http://@echo@/in/; }
        location ~ ^/proxied/re { proxy_set_header X-B 2; proxy_pass http://@echo@; } }
    })",
          [] {
            std::vector<Exchange> all = {
                get("/"),         get("/none"),    get("/file.xyz"),       get("/own"),   get("/root"),
                get("/dir/"),     get("/dir"),     get("/types.xyz"),      get("/types"), get("/deep/er/est"),
                get("/deep/er/"), get("/deep2/b"), get("/dir/index.html"), get("/a.txt")};
            std::vector<Exchange> second = {get("/"),
                                            get("/?stop=1"),
                                            get("/show/x"),
                                            get("/moved/x", "X-Old: yes\r\n"),
                                            get("/moved/x"),
                                            get("/dir/none"),
                                            get("/dir/"),
                                            get("/a.txt"),
                                            get("/style.css"),
                                            get("/second/"),
                                            get("/second/index.php"),
                                            get("/none.txt"),
                                            get("/proxied/in/x%20y?z"),
                                            get("/proxied/re?x"),
                                            get("/proxied/other"),
                                            send("POST", "/moved/x", "X-Old: q\r\n", "b")};
            for (Exchange& exchange : second) exchange.port = 2;
            all.insert(all.end(), second.begin(), second.end());
            return all;
          }());
}

TEST(DifferentialServer, CapturesReachTheLocations) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; server_name ~^(?<sub>[a-z]+)\.(?<top>test)$; root @www@/$sub;
      default_type text/plain;
      location /show { return 200 "$sub|$top|$1"; }
      location ~ ^/over/(?<sub>\w+)$ { return 200 "$sub|$top"; }
      location /proxy { proxy_set_header X-Sub $sub; proxy_pass http://@echo@; }
      location /alias/ { alias @www@/$sub/; }
      location ~ ^/files/(?<name>.+)$ { alias @www@/$sub/$name; }
      location / { index index.html; try_files $uri $uri/ @none; }
      location @none { return 404 "none in $sub"; }
    })",
          {get("/show", {}, "dir.test"), get("/over/x", {}, "dir.test"), get("/proxy", {}, "dir.test"),
           get("/alias/page.html", {}, "dir.test"), get("/files/page.html", {}, "dir.test"), get("/", {}, "dir.test"),
           get("/page.html", {}, "dir.test"), get("/x", {}, "dir.test"), get("/x", {}, "1.test"),
           get("/show", {}, "1.test")});
}

TEST(DifferentialProxy, OptionsOfAnswersAreTheSame) {
  const std::string plain = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
  auto ranged = [&](const std::string& target, const std::string& range, const std::string& answer) {
    Exchange exchange = get(target, "Range: " + range + "\r\n");
    exchange.answer = answer;
    return exchange;
  };
  compare(
      R"(
    server { listen 127.0.0.1:@port1@;
      location /plain { proxy_pass http://@echo@; }
      location /unbuffered { proxy_buffering off; proxy_pass http://@echo@; }
      location /intercept { proxy_intercept_errors on; error_page 401 403 500 /own; proxy_pass http://@echo@; }
      location /intercept300 { proxy_intercept_errors on; error_page 302 =200 /own; proxy_pass http://@echo@; }
      location /own { return 200 "own page"; }
      location /rate { proxy_ignore_headers X-Accel-Limit-Rate; proxy_pass http://@echo@; }
    })",
      {ranged("/plain", "bytes=1-2", plain),
       ranged("/plain", "bytes=1-2",
              "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-2/10\r\nContent-Length: 2\r\n\r\n12"),
       ranged("/plain", "bytes=99-",
              "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n"),
       answered("/unbuffered", plain), answered("/unbuffered", "HTTP/1.1 200 OK\r\nX-Accel-Buffering: yes\r\n\r\nrest"),
       answered("/unbuffered",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
       answered("/plain", "HTTP/1.1 200 OK\r\nX-Accel-Buffering: no\r\nContent-Length: 2\r\n\r\nok"),
       answered("/intercept",
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nContent-Length: 1\r\n\r\nx"),
       answered("/intercept", "HTTP/1.1 403 Forbidden\r\nX-Up: 1\r\nSet-Cookie: a=1\r\nContent-Length: 1\r\n\r\nx"),
       answered("/intercept", "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx"),
       answered("/intercept300", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 1\r\n\r\nx"),
       answered("/rate", "HTTP/1.1 200 OK\r\nX-Accel-Limit-Rate: 1\r\nContent-Length: 2\r\n\r\nok"),
       answered("/plain", "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n" + std::string(70000, 'b')),
       send("POST", "/plain", {}, std::string(70000, 'c')), send("POST", "/unbuffered", {}, std::string(70000, 'd'))});
}

}  // namespace drishti::testing
