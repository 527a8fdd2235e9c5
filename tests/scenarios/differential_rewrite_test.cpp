// return, rewrite, if, set, map, error_page, internal, try_files: as in nginx.

#include "tests/scenarios/differential.hpp"

namespace drishti::testing {

TEST(DifferentialReturn, AnswersInAllForms) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; server_name a.test;
      location = /200 { return 200; }
      location = /204 { return 204; }
      location = /200text { return 200 "text"; }
      location = /text.css { return 200 "css"; }
      location = /typed { default_type application/json; return 200 '{"a":"$arg_a"}'; }
      location = /404 { return 404; }
      location = /404text { return 404 "gone $uri"; }
      location = /500 { return 500; }
      location = /503text { return 503 "later"; }
      location = /299 { return 299; }
      location = /299text { return 299 "odd"; }
      location = /418 { return 418; }
      location = /599 { return 599; }
      location = /301 { return 301 /relative; }
      location = /302 { return 302 https://other.test/x?y=$arg_y; }
      location = /303 { return 303 /three; }
      location = /307 { return 307 http://$host$request_uri; }
      location = /308 { return 308 /eight; }
      location = /url { return http://other.test/; }
      location = /urlscheme { return $scheme://b.test$uri; }
      location = /304 { return 304; }
      location = /301empty { return 301; }
      location = /444 { return 444; }
      location = /405 { return 405; }
      location = /421 { return 421; }
      location = /empty { return 200 ""; }
      location = /cr { return 302 /x/$arg_y; }
      location = /noslash { return 301 noslash; }
      return 403;
    })",
          {get("/200"),
           get("/204"),
           get("/200text"),
           get("/text.css"),
           get("/typed?a=1"),
           get("/404"),
           get("/404text"),
           get("/500"),
           get("/503text"),
           get("/299"),
           get("/299text"),
           get("/418"),
           get("/599"),
           get("/301"),
           get("/302?y=1"),
           get("/303"),
           get("/307?a=b"),
           get("/308"),
           get("/url"),
           get("/urlscheme"),
           get("/304"),
           get("/301empty"),
           get("/444"),
           get("/405"),
           get("/421"),
           get("/empty"),
           get("/cr?y=%0d%0aX:%20y"),
           get("/noslash"),
           send("HEAD", "/200text"),
           send("HEAD", "/404"),
           send("POST", "/200", {}, "body"),
           send("POST", "/404", {}, "body"),
           send("OPTIONS", "/200text"),
           {"GET /200text HTTP/1.0\r\n\r\n"},
           {"GET /200 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
           get("/200", "Connection: close\r\n"),
           deviates(get("/404", "User-Agent: Mozilla/4.0 (compatible; MSIE 6.0)\r\n"), "the padding has its own words",
                    "and not its own -->"),
           deviates(get("/404", "User-Agent: Chrome/1\r\n"), "the padding has its own words", "and not its own -->"),
           get("/200text", "Range: bytes=0-1\r\n"),
           get("/200text", "If-None-Match: *\r\n")});
}

TEST(DifferentialReturn, AtTheServerComesFirst) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; return 302 /server; location / { return 200 "location"; } }
    server { listen 127.0.0.1:@port2@; rewrite ^/old/(.*)$ /new/$1; rewrite ^/stop /stopped break;
      location /new { return 200 "new $uri"; } location / { return 200 "other $uri"; } })",
          {get("/"), get("/x"),
           [] {
             Exchange e = get("/old/x");
             e.port = 2;
             return e;
           }(),
           [] {
             Exchange e = get("/stop");
             e.port = 2;
             return e;
           }()});
}

TEST(DifferentialRewrite, FollowsTheSameFlags) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; server_name a.test;
      location /last/ { rewrite ^/last/(.*)$ /show/$1 last; return 200 "not reached"; }
      location /break/ { rewrite ^/break/(.*)$ /dir/$1 break; root @www@; }
      location /noflag/ { rewrite ^/noflag/(.*)$ /step/$1; rewrite ^/step/(.*)$ /show/two/$1; }
      location /redirect/ { rewrite ^/redirect/(.*)$ /target/$1 redirect; }
      location /permanent/ { rewrite ^/permanent/(.*)$ /target/$1?added=1 permanent; }
      location /external/ { rewrite ^/external/(.*)$ https://other.test/$1; }
      location /dropargs/ { rewrite ^/dropargs/(.*)$ /show/$1? last; }
      location /newargs/ { rewrite ^/newargs/(.*)$ /show?a=$1 last; }
      location /newargsonly/ { rewrite ^/newargsonly/(.*)$ /show?a=$1? last; }
      location /nomatch/ { rewrite ^/other /x last; return 200 "no match $uri"; }
      location /case/ { rewrite (?i)^/CASE/(.*)$ /show/$1 last; }
      location /named/ { rewrite ^/named/(?<part>.*)$ /show/<$part> last; }
      location /loop/ { rewrite ^(.*)$ $1x last; }
      location /cap/ { rewrite ^/cap/(\w+)-(\w+)$ /show/$2-$1-$3 last; }
      location /chain/ { rewrite ^/chain/a$ /chain/b last; rewrite ^/chain/b$ /show/chain last; }
      location /ret/ { rewrite ^/ret/(.*)$ /show/$1; return 200 "after $uri"; }
      location /brk/ { set $x 1; break; set $x 2; return 200 "never"; }
      location /show { default_type text/plain; return 200 "$uri|$args|$request_uri"; }
    })",
          {get("/last/a%20b?q=1"),
           get("/break/page.html"),
           get("/noflag/x?q"),
           get("/redirect/x?q=1"),
           get("/redirect/a%20b"),
           get("/permanent/x?q=1"),
           get("/permanent/x"),
           get("/external/x?q=1"),
           get("/dropargs/x?q=1"),
           get("/newargs/x?q=1"),
           get("/newargs/x"),
           get("/newargsonly/x?q=1"),
           get("/nomatch/x"),
           get("/case/x"),
           get("/named/x"),
           get("/loop/x"),
           get("/cap/a-b"),
           get("/chain/a"),
           get("/ret/x"),
           get("/brk/"),
           get("/last/a%3Fb"),
           get("/last/%2525"),
           get("/redirect/%e2%82%ac"),
           deviates(get("/redirect/a%0d%0ab"), "line ends in a decoded path are refused (threat P05)", "HTTP/1.1 400"),
           send("POST", "/last/x", {}, "body")});
}

TEST(DifferentialIf, DecidesTheSame) {
  compare(R"(
    server { listen 127.0.0.1:@port1@;
      default_type text/plain;
      location /var { if ($arg_a) { return 200 "set"; } return 200 "unset"; }
      location /eq { if ($arg_a = "x y") { return 200 "equal"; } if ($arg_a != b) { return 200 "not b";
        } return 200 "b"; }
      location /re { if ($arg_a ~ ^(\d+)x$) { return 200 "number $1"; } if ($arg_a ~* ^ABC) { return 200 "abc"; }
                     if ($arg_a !~ z) { return 200 "no z"; } if ($arg_a !~* Q) { return 200 "no q"; } return 200 "zq"; }
      location /file { root @www@; if (-f $document_root/a.txt) { return 200 "file"; } return 200 "no"; }
      location /nofile { root @www@; if (!-f $document_root/zzz) { return 200 "no file"; } return 200 "is"; }
      location /isdir { root @www@; if (-d $document_root/dir) { return 200 "dir"; } return 200 "no"; }
      location /exists { root @www@; if (!-e $document_root/dir) { return 200 "no"; } return 200 "exists"; }
      location /exec { root @www@; if (-x $document_root/dir) { return 200 "x"; } return 200 "no"; }
      location /set { set $v "a"; if ($arg_b) { set $v "${v}b"; } if ($arg_c) { set $v "${v}c"; } return 200 "v=$v"; }
      location /method { if ($request_method = POST) { return 405; } return 200 "$request_method"; }
      location /header { add_header X-Out 1; if ($arg_a) { add_header X-In 2; } proxy_pass http://@echo@; }
      location /two { if ($arg_a) { set $x 1; } if ($arg_b) { proxy_pass http://@echo@;
        } proxy_pass http://@echo@/two/; }
      location /break { if ($arg_a) { break; } return 200 "after"; }
      location /rewrite { if ($arg_a ~ (.+)) { set $cap $1; rewrite ^ /shown/$cap? last; } return 200 "stay"; }
      location /shown { return 200 "shown $uri $args"; }
      location /zero { if ($arg_a) { return 200 "true"; } return 200 "false"; }
      location /undefined { return 200 "<$arg_none><$http_none><$cookie_none>"; }
    })",
          {get("/var?a=1"),     get("/var?a=0"),         get("/var?a="),      get("/var"),       get("/var?a=00"),
           get("/eq?a=b"),      get("/eq?a=c"),          get("/eq?a=x%20y"),  get("/re?a=12x"),  get("/re?a=abcd"),
           get("/re?a=z"),      get("/re?a=zq"),         get("/re"),          get("/file"),      get("/nofile"),
           get("/isdir"),       get("/exists"),          get("/exec"),        get("/set"),       get("/set?b=1"),
           get("/set?b=1&c=1"), send("POST", "/method"), get("/method"),      get("/header"),    get("/header?a=1"),
           get("/two?a=1"),     get("/two?b=1"),         get("/two?a=1&b=1"), get("/break?a=1"), get("/break"),
           get("/rewrite?a=x"), get("/rewrite?b=x"),     get("/zero?a=0"),    get("/undefined")});
}

TEST(DifferentialMap, ChoosesTheSameValue) {
  compare(R"(
    map_hash_bucket_size 128;
    map $arg_k $plain { default d; a 1; "b c" 2; \default escaped; C upper; }
    map $arg_k $nodefault { a 1; }
    map $arg_k $regex { default none; ~^x(\d+)$ "num $1"; ~*^Y y; ~(?<word>\w+)! "word $word"; }
    map $host $hosts { hostnames; default other; .a.test dota; *.b.test frontb; www.* rear; exact.c.test exact; }
    map "$arg_k:$arg_l" $both { default "-"; "a:b" ab; ~^a: astart; }
    map $arg_k $nested { default $plain; a "<$uri>"; }
    map $arg_k $empty { default x; "" nothing; }
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    server { listen 127.0.0.1:@port1@; default_type text/plain;
      location / { return 200 "$plain|$nodefault|$regex|$hosts|$both|$nested|$empty|$connection_upgrade"; } })",
          {get("/"), get("/?k=a"), get("/?k=A"), get("/?k=b%20c"), get("/?k=default"), get("/?k=c"), get("/?k=x12"),
           get("/?k=X12"), get("/?k=yes"), get("/?k=hey!"), get("/?k=a&l=b"), get("/?k=a&l=c"),
           get("/", {}, "x.a.test"), get("/", {}, "b.test"), get("/", {}, "x.b.test"), get("/", {}, "www.any.test"),
           get("/", {}, "exact.c.test"), get("/", {}, "WWW.x"), get("/", "Upgrade: websocket\r\n")});
}

TEST(DifferentialErrorPage, AnswersInAllForms) {
  const std::string failing =
      "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\nX-From: up\r\nContent-Type: text/x\r\n\r\nbusy";
  auto fails = [&](const char* target) { return answered(target, failing); };
  compare(
      R"(
    server { listen 127.0.0.1:@port1@; server_name a.test; root @www@;
      error_page 404 /errors/404.html;
      error_page 500 502 503 504 /errors/50x.html;
      location / { }
      location /r500 { return 500; }
      location /r502 { return 502; }
      location /eq200 { error_page 404 =200 /errors/404.html; }
      location /eq { error_page 404 = /errors/404.html; }
      location /eqret { error_page 404 = /answer; }
      location /eq418 { error_page 404 =418 /answer; }
      location /answer { return 201 "answered $uri $request_uri $request_method"; }
      location /named { error_page 404 @named; }
      location /namedeq { error_page 404 = @named; }
      location /namedto { error_page 404 =203 @named; }
      location @named { return 202 "named $uri $request_method"; }
      location /namedproxy { error_page 404 = @proxy; }
      location /namedkeep { error_page 404 @proxy; }
      location /namedfix { error_page 404 =418 @proxy; }
      location /urifix { error_page 404 =202 /up/page; }
      location @proxy { proxy_pass http://@echo@; }
      location /external { error_page 404 http://other.test/gone; }
      location /external301 { error_page 404 =301 http://other.test/gone?u=$uri; }
      location /external308 { error_page 404 =308 https://other.test/; }
      location /relative { error_page 404 errors/404.html; }
      location /var { error_page 404 /errors/$arg_p.html; }
      location /missing { error_page 404 /nope.html; }
      location /missing500 { error_page 500 /nope.html; return 500; }
      location /recursive { recursive_error_pages on; error_page 404 /step2; }
      location /step2 { recursive_error_pages on; error_page 403 =200 /errors/404.html; return 403; }
      location /once { error_page 404 /step3; }
      location /step3 { error_page 403 =200 /errors/404.html; return 403; }
      location /own { error_page 403 /errors/404.html; return 404; }
      location /up { proxy_pass http://@echo@; }
      location /intercept { proxy_intercept_errors on; proxy_pass http://@echo@; }
      location /intercept404 { proxy_intercept_errors on; error_page 404 /errors/404.html; proxy_pass http://@echo@; }
      location /interceptnamed { proxy_intercept_errors on; error_page 503 = @named; proxy_pass http://@echo@; }
      location /args { error_page 404 /argshow?x=1; }
      location /argshow { return 200 "a=$args"; }
      location /dead { proxy_pass http://127.0.0.1:1; }
      location /deadown { error_page 502 =200 @named; proxy_pass http://127.0.0.1:1; }
      location /internalonly/ { internal; return 200 "inside"; }
      location /toint { error_page 404 =200 /internalonly/x; }
      location /toint2 { rewrite ^ /internalonly/y last; }
      location /badstatus { error_page 404 =444 /answer; }
      location /range { error_page 404 403 405 =200 /errors/404.html; return 405; }
    })",
      {get("/zzz"),
       get("/r500"),
       get("/r502"),
       get("/eq200"),
       get("/eq"),
       get("/eqret"),
       get("/eq418"),
       get("/named"),
       get("/namedeq"),
       deviates(get("/namedto"), "a status has its reason phrase even where nginx knows none",
                "HTTP/1.1 203 Non-Authoritative Information"),
       get("/namedproxy/a%20b?x=1"),
       get("/namedkeep"), get("/namedfix"), get("/urifix"), fails("/namedkeep"), fails("/namedeq"),
           get("/external"),
       get("/external301"),
       get("/external308"),
       get("/relative"),
       get("/var?p=404"),
       get("/var?p=zz"),
       get("/missing"),
       get("/missing500"),
       get("/recursive"),
       get("/once"),
       get("/own"),
       fails("/up"),
       fails("/intercept"),
       answered("/intercept404", "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\nx"),
       fails("/intercept404"),
       fails("/interceptnamed"),
       answered("/intercept404", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 1\r\n\r\nx"),
       get("/args?y=2"),
       get("/dead"),
       get("/deadown"),
       get("/internalonly/x"),
       get("/toint"),
       get("/toint2"),
       get("/range"),
       send("POST", "/eqret", {}, "body"),
       send("POST", "/namedeq", {}, "body"),
       send("POST", "/zzz", {}, "body"),
       send("HEAD", "/zzz"),
       send("POST", "/namedproxy", {}, "body"),
       send("HEAD", "/eqret"),
       send("PUT", "/zzz", {}, "body"),
       send("DELETE", "/zzz")});
}

TEST(DifferentialTryFiles, FallsBackTheSame) {
  compare(R"(
    server { listen 127.0.0.1:@port1@; server_name a.test; root @www@;
      location / { try_files $uri $uri/ =404; }
      location /app { try_files $uri /index.html; }
      location /named { try_files $uri @fallback; }
      location /code { try_files $uri =410; }
      location /args { try_files $uri /show?q=$uri&$args; }
      location /html { try_files $uri.html $uri $uri/index.html =404; }
      location /dir/page { try_files $uri.html =404; }
      location /aliased/ { alias @www@/dir/; try_files $uri $uri/ =404; }
      location /proxied { try_files $uri @proxy; }
      location /filethenproxy/ { try_files /a.txt =404; proxy_pass http://@echo@; }
      location /show { default_type text/plain; return 200 "$uri|$args"; }
      location @fallback { default_type text/plain; return 200 "fallback $uri"; }
      location @proxy { proxy_pass http://@echo@; }
      location ~ \.php$ { default_type text/plain; return 200 "php $uri"; }
      location /second/ { index index.php; }
    })",
          {get("/a.txt"),
           get("/"),
           get("/dir/"),
           get("/dir"),
           get("/noindex/"),
           get("/none"),
           get("/app/x/y"),
           get("/named/x"),
           get("/code/x"),
           get("/args/x?y=1"),
           get("/dir/page"),
           get("/aliased/page.html"),
           get("/aliased/"),
           get("/aliased/none"),
           get("/proxied/a%20b?c"),
           get("/filethenproxy/x"),
           get("/second/"),
           get("/with%20space.txt"),
           get("/a.txt/"),
           get("/dir/../a.txt"),
           get("/%2e%2e/a.txt")});
}

}  // namespace drishti::testing
