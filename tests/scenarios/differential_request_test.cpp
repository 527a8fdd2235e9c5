// Limits, malformed requests, connection handling, access log: as in nginx.

#include "tests/scenarios/differential.hpp"

namespace drishti::testing {

using namespace std::string_literals;

namespace {

const char* const strict = "strict request grammar (RFC 9112, threat catalogue)";
const char* const refused = "HTTP/1.1 400";

Exchange raw(const std::string& request) { return {request}; }

}  // namespace

TEST(DifferentialRequest, LimitsAreTheSame) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; client_max_body_size 10; default_type text/plain;
      large_client_header_buffers 2 1k;
      location / { proxy_pass http://@echo@; }
      location /big { client_max_body_size 1k; proxy_pass http://@echo@; }
      location /any { client_max_body_size 0; proxy_pass http://@echo@; }
      location /ret { return 200 "returned"; }
      location /page { error_page 413 /toobig; proxy_pass http://@echo@; }
      location /toobig { return 200 "too big"; }
    })",
          {send("POST", "/", {}, "0123456789"),
           send("POST", "/", {}, "0123456789a"),
           send("POST", "/big", {}, std::string(1024, 'x')),
           send("POST", "/big", {}, std::string(1025, 'x')),
           send("POST", "/any", {}, std::string(5000, 'x')),
           send("POST", "/ret", {}, "0123456789a"),
           send("POST", "/page", {}, "0123456789a"),
           {"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n"},
           {"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n0\r\n\r\n"},
           get("/ret?" + std::string(900, 'a')),
           get("/ret?" + std::string(2000, 'a')),
           get("/ret", "X-Long: " + std::string(900, 'a') + "\r\n"),
           get("/ret", "X-Long: " + std::string(2000, 'a') + "\r\n"),
           send("POST", "/", "Content-Length: 99999999999999999999\r\n"),
           send("POST", "/", "Content-Length: -1\r\n"),
           send("POST", "/", "Content-Length: 1x\r\n"),
           deviates(send("POST", "/", "Expect: 100-continue\r\n", "abc"),
                    "no 100 where the body is here already (RFC 9110 10.1.1)", "HTTP/1.1 200"),
           send("POST", "/", "Expect: 100-continue\r\n", "0123456789a")});
}

TEST(DifferentialRequest, MalformedOnesAreRefusedTheSame) {
  compare(
      R"(
    server { listen 127.0.0.1:@port1@; server_name a.test; default_type text/plain;
      location / { return 200 "$request_method $uri $http_x_a"; } location /up { proxy_pass http://@echo@; } })",
      {deviates(raw("GET /\r\n\r\n"), "HTTP/0.9 is gone", refused),
       deviates(raw("GET / HTTP/1.1\nHost: a.test\nX-A: lf\n\n"), strict, refused),
       {"\r\nGET / HTTP/1.1\r\nHost: a.test\r\n\r\n"},
       {"GET / HTTP/2.0\r\nHost: a.test\r\n\r\n"},
       {"GET / HTTP/1.2\r\nHost: a.test\r\n\r\n"},
       {"GET / HTTP/0.9\r\nHost: a.test\r\n\r\n"},
       {"GET / http/1.1\r\nHost: a.test\r\n\r\n"},
       deviates(raw("GET  / HTTP/1.1\r\nHost: a.test\r\n\r\n"), strict, refused),
       deviates(raw("GET / HTTP/1.1 \r\nHost: a.test\r\n\r\n"), strict, refused),
       {"GET /a b HTTP/1.1\r\nHost: a.test\r\n\r\n"},
       deviates(raw("get / HTTP/1.1\r\nHost: a.test\r\n\r\n"), "a method is any token (RFC 9110 9.1)", "HTTP/1.1 200"),
       {"G@T / HTTP/1.1\r\nHost: a.test\r\n\r\n"},
       {"GET x HTTP/1.1\r\nHost: a.test\r\n\r\n"},
       {"GET / HTTP/1.1\r\nHost: a.test\r\nX-A : space\r\n\r\n"},
       {"GET / HTTP/1.1\r\nHost: a.test\r\n X-A: fold\r\n\r\n"},
       {"GET / HTTP/1.1\r\nHost: a.test\r\nX-A: a\r\n folded\r\n\r\n"},
       deviates(raw("GET / HTTP/1.1\r\nHost: a.test\r\nNoColon\r\n\r\n"), strict, refused),
       {"GET / HTTP/1.1\r\nHost: a.test\r\n: novalue\r\n\r\n"},
       deviates(raw("GET / HTTP/1.1\r\nHost: a.test\r\nX-A: a\x01z\r\n\r\n"), strict, refused),
       {"GET / HTTP/1.1\r\nHost: a.test\r\nX-A: a"s + '\0' + "z\r\n\r\n"},
       {"GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"},
       {"GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"},
       {"POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
       {"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip\r\n\r\n"},
       {"POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
       {"POST / HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
       {"POST /up HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
       {"POST /up HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n"},
       {"\x16\x03\x01\x02"},
       deviates(raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "the preface of HTTP/2 has a status of its own",
                "HTTP/1.1 505"),
       {"GET http:///x HTTP/1.1\r\nHost: a.test\r\n\r\n"},
       {"GET http://a b/ HTTP/1.1\r\nHost: a.test\r\n\r\n"},
       deviates(raw("GET ftp://a.test/x HTTP/1.1\r\nHost: a.test\r\n\r\n"), strict, refused),
       {"TRACE / HTTP/1.1\r\nHost: a.test\r\n\r\n"},
       deviates(raw("CONNECT a.test:80 HTTP/1.1\r\nHost: a.test\r\n\r\n"),
                "as nginx since 1.27: CONNECT is refused as a method", "HTTP/1.1 405"),
       {"CONNECT / HTTP/1.1\r\nHost: a.test\r\n\r\n"},
       deviates(raw("GET / HTTP/1.1\r\nHost: a.test\r\nExpect: something\r\n\r\n"), "RFC 9110 10.1.1", "HTTP/1.1 417"),
       {"GET * HTTP/1.1\r\nHost: a.test\r\n\r\n"},
       {"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close, keep-alive\r\n\r\n"}});
}

TEST(DifferentialRequest, ConnectionsPersistTheSame) {
  auto times = [](Exchange exchange, int responses) {
    exchange.responses = responses;
    return exchange;
  };
  auto on_port = [](Exchange exchange, int port) {
    exchange.port = port;
    return exchange;
  };
  const std::string one = get("/").request;
  const std::string ten = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  compare(
      R"(
    server { listen 127.0.0.1:@port1@; location / { return 200 "x"; } location /up { proxy_pass http://@echo@; } }
    server { listen 127.0.0.1:@port2@; keepalive_timeout 0; location / { return 200 "x"; } }
    server { listen 127.0.0.1:@port3@; keepalive_requests 2; location / { return 200 "x"; } }
    server { listen 127.0.0.1:@port4@; keepalive_timeout 30s 20s; location / { return 200 "x"; } }
    server { listen 127.0.0.1:@port5@; chunked_transfer_encoding off; location / { proxy_pass http://@echo@; } }
    server { listen 127.0.0.1:@port6@; keepalive_disable msie6 safari; location / { return 200 "x"; } })",
      {times({one + one + one}, 3), times({one + get("/", "Connection: close\r\n").request + one}, 3),
       times({send("POST", "/", {}, "skipped body").request + one}, 2),
       times({send("POST", "/up", {}, "body").request + one}, 2),
       deviates(
           times({"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + one}, 2),
           "a chunked body that nobody reads ends the connection", "Connection: close"),
       times({"GET / HTTP/1.0\r\n\r\n" + one}, 2), times({ten + ten}, 2), on_port(times({one + one}, 2), 2),
       on_port(times({one + one + one}, 3), 3), on_port(times({one + one}, 2), 4),
       on_port({"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"}, 4),
       on_port({get("/").request, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"}, 5),
       deviates(on_port(get("/", "User-Agent: Mozilla/5.0 (Macintosh; Mac OS X) Safari/1\r\n"), 6),
                "keepalive_disable is accepted and has no effect: the browsers it is for are gone", "HTTP/1.1 200")});
}

TEST(DifferentialLog, LinesAreTheSame) {
  compare(R"FORMAT(
    map $status $is_error { default 0; ~^[45] 1; }
    log_format all '$remote_addr - $remote_user [#$time_local#] #$time_iso8601# "$request" $status #$body_bytes_sent# '
      '"$http_referer" "$http_user_agent" #$msec# #$request_time# #$bytes_sent# #$request_length# len=$request_length '
      '$server_name $server_port $server_protocol $scheme $host $request_method $request_uri $uri $args $query_string '
      '$document_root $request_filename $content_length $content_type $http_x_multi $cookie_c $arg_a '
      '$upstream_addr $upstream_status #$upstream_response_time# $upstream_response_length $upstream_http_x_up '
      '$sent_http_content_type #$sent_http_content_length# $sent_http_location $request_completion $https $pipe '
      '#$connection# $connection_requests $proxy_host $proxy_port $proxy_add_x_forwarded_for $is_args $limit_rate '
      '#$upstream_connect_time# #$upstream_header_time# $upstream_cache_status $server_addr '
      '$binary_remote_addr $hostname';
    log_format quoted '"$http_q" $arg_q <$request_body>';
    log_format json escape=json '{"q":"$http_q","a":"$arg_q","uri":"$uri","none":"$http_none","body":"$request_body"}';
    log_format raw escape=none '$http_q|$arg_none|';
    server { listen 127.0.0.1:@port1@; server_name a.test second.test; root @www@;
      access_log @dir@/all.log all;
      location / { }
      location /up { proxy_pass http://@echo@; }
      location /json { access_log @dir@/all.log json; proxy_pass http://@echo@; }
      location /quoted { access_log @dir@/all.log quoted; return 200; }
      location /raw { access_log @dir@/all.log raw; return 200; }
      location /off { access_log off; return 200; }
      location /if { access_log @dir@/all.log combined if=$arg_log; return 204; }
      location /errors { access_log @dir@/all.log quoted if=$is_error; return 404; }
      location /both { access_log @dir@/all.log quoted; access_log @dir@/all.log raw; return 200; }
      location /dead { proxy_pass http://127.0.0.1:1; }
      location /redirect { return 302 /x; }
      location /444 { return 444; }
    })FORMAT",
          {get("/a.txt"),
           get("/none?a=1", "Referer: r\r\nUser-Agent: \"ua\" \\ \xc3\xa9\r\n"),
           get("/up/x?a=%20", "Cookie: c=1\r\nX-Multi: 1\r\n"),
           send("POST", "/up", "Content-Type: text/x\r\nX-Forwarded-For: 1.2.3.4\r\n", "body"),
           get("/up", "Authorization: Basic am9lOng=\r\n"),
           answered("/up", ok_response("x", "X-Up: 1\r\n")),
           send("POST", "/json?q=%22", "Q: a\"b\\c\td\xc3\xa9\r\n", "b\"o\ndy"),
           get("/quoted?q=%22x", "Q: a\"b\\c\td\xc3\xa9\r\n"),
           get("/raw", "Q: a\"b\\c\r\n"),
           get("/off"),
           get("/if"),
           get("/if?log=1"),
           get("/if?log=0"),
           get("/errors"),
           get("/both", "Q: z\r\n"),
           get("/dead"),
           get("/redirect"),
           send("HEAD", "/a.txt"),
           {"GET / HTTP/1.0\r\n\r\n"},
           get("/444"),
           {"GARBAGE\r\n\r\n"},
           get("http://second.test/a.txt?x", {}, "second.test"),
           get("/a.txt", "Range: bytes=0-4\r\n"),
           get("/a.txt", {}, "A.TEST:80")},
          "all.log");
}

}  // namespace drishti::testing
