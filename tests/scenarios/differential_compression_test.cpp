// gzip, gzip_static and gunzip beside nginx: heads and bodies byte for byte.

#include "compress/coder_pool.hpp"
#include "tests/compress/decoders.hpp"
#include "tests/scenarios/differential.hpp"

namespace drishti::testing {
namespace {

const std::string text(3000, 'x');

Exchange with_gzip(const std::string& target, const std::string& fields = {}) {
  return get(target, "Accept-Encoding: gzip\r\n" + fields);
}

Exchange proxied(const std::string& target, const std::string& response_fields, const std::string& fields = {},
                 const std::string& body = text) {
  Exchange exchange = with_gzip(target, fields);
  exchange.answer = "HTTP/1.1 200 OK\r\n" + response_fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  return exchange;
}

}  // namespace

TEST(DifferentialCompression, TheSameResponsesAreCompressed) {
  const std::string html = "Content-Type: text/html\r\n";
  std::vector<Exchange> exchanges{
      proxied("/gzip/", html),
      proxied("/gzip/", html + "ETag: \"abc\"\r\nAccept-Ranges: bytes\r\n"),
      proxied("/gzip/", html + "ETag: W/\"abc\"\r\n"),
      proxied("/gzip/", html + "ETag: abc\r\n"),
      proxied("/gzip/", html + "Content-Encoding: br\r\n"),
      proxied("/gzip/", "Content-Type: text/html; charset=utf-8\r\n"),
      proxied("/gzip/", "Content-Type: TEXT/HTML\r\n"),
      proxied("/gzip/", "Content-Type: text/css\r\n"),
      proxied("/gzip/", "Content-Type: application/json\r\n"),
      proxied("/gzip/", "Content-Type: text/plain\r\n"),
      proxied("/gzip/", ""),
      proxied("/gzip/", html, {}, "0123456789012345678"),
      proxied("/gzip/", html, {}, "01234567890123456789"),
      proxied("/min/", html, {}, std::string(99, 'x')),
      proxied("/min/", html, {}, std::string(100, 'x')),
      proxied("/all/", "Content-Type: image/png\r\n"),
      proxied("/off/", html),
      proxied("/vary/", html),
      proxied("/vary/", "Content-Type: text/plain\r\n"),
      deviates(proxied("/vary/", html + "Vary: Origin\r\n"), "the order of two lines of one list", "Vary: Origin\nVary: Accept-Encoding\n"),
      proxied("/level9/", html),
      proxied("/if/", html, "X-Off: 1\r\n"),
      proxied("/if/", html),
      with_gzip("/own/"),
      with_gzip("/own/404"),
      with_gzip("/own/403"),
      with_gzip("/www/index.html"),
      with_gzip("/www/a.txt"),
      with_gzip("/www/none"),
  };
  for (const char* status : {"201 Created", "203 Other", "301 Moved", "403 Forbidden", "404 Not Found", "500 Oops"}) {
    Exchange exchange = with_gzip("/gzip/");
    exchange.answer = "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: text/html\r\nContent-Length: 3000\r\n\r\n" + text;
    exchanges.push_back(exchange);
  }
  for (const char* accepted : {"gzip, deflate, br", "deflate, gzip", "gzip;q=0.5", "gzip;q=0", "gzip;q=0.000", "gzip;q=1.000", "GZIP", "x",
                               "deflate", "xgzip", "gzipx", "gzip;q=0.001", "br;q=1.0,gzip;q=0.8", "gzip ;q=0.5"}) {
    Exchange exchange = proxied("/vary/", html);
    exchange.request = get("/vary/", "Accept-Encoding: " + std::string(accepted) + "\r\n").request;
    exchanges.push_back(exchange);
  }
  Exchange http10 = proxied("/gzip/", html);
  http10.request = "GET /gzip/ HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n";
  exchanges.push_back(http10);
  http10.request = "GET /http10/ HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n";
  exchanges.push_back(http10);
  for (const char* browser : {"Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", "Mozilla/4.0 (compatible; MSIE 5.5; Windows 98)",
                              "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", "Mozilla/4.0 (compatible; MSIE 7.0)",
                              "some BOT here", "curl/8"})
    exchanges.push_back(proxied("/disable/", html, "User-Agent: " + std::string(browser) + "\r\n"));

  exchanges.push_back(deviates(proxied("/gzip/", html + "Cache-Control: no-transform\r\n"),
                               "RFC 9110 7.7: a proxy does not change what says no-transform", "Content-Length: "));
  exchanges.push_back(deviates(proxied("/vary/", html + "Vary: accept-encoding\r\n"), "it is said once", "Vary: accept-encoding\n\n"));
  Exchange any = proxied("/gzip/", html);
  any.request = get("/gzip/", "Accept-Encoding: *\r\n").request;
  exchanges.push_back(deviates(any, "RFC 9110 12.5.3: `*` is every coding that is not named", "Content-Encoding: gzip"));
  any.request = get("/gzip/", "Accept-Encoding: identity, gzip;q=0.5\r\n").request;
  exchanges.push_back(deviates(any, "RFC 9110 12.5.3: the client likes the body better as it is", "Content-Length: "));
  Exchange head = proxied("/gzip/", html, {}, "");
  head.request = send("HEAD", "/gzip/", "Accept-Encoding: gzip\r\n").request;
  head.answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3000\r\n\r\n";
  exchanges.push_back(deviates(head, "RFC 9110 9.3.2: HEAD gets the head of GET", "Content-Encoding: gzip"));
  exchanges.push_back(deviates(with_gzip("/www/index.html", "Range: bytes=1-2\r\n"),
                               "a range is one of the file as it is; nginx ignores it and compresses the whole", "HTTP/1.1 206"));
  for (const char* range : {"bytes=1-2", "bytes=1-2,4-5"})
    exchanges.push_back(get("/varied/a.txt", "Range: " + std::string(range) + "\r\n"));
  exchanges.push_back(get("/varied/index.html"));
  compare(R"(
    gzip_min_length 20;
    types { text/html html; text/plain txt; }
    server { listen 127.0.0.1:@port1@; server_name a.test;
      location /gzip/ { gzip on; gzip_types text/css application/json; proxy_pass http://@echo@; }
      location /min/ { gzip on; gzip_min_length 100; proxy_pass http://@echo@; }
      location /all/ { gzip on; gzip_types *; proxy_pass http://@echo@; }
      location /off/ { gzip off; proxy_pass http://@echo@; }
      location /vary/ { gzip on; gzip_vary on; proxy_pass http://@echo@; }
      location /level9/ { gzip on; gzip_comp_level 6; proxy_pass http://@echo@; }
      location /http10/ { gzip on; gzip_http_version 1.0; proxy_pass http://@echo@; }
      location /disable/ { gzip on; gzip_disable msie6; gzip_disable "bot$" "bot "; proxy_pass http://@echo@; }
      location /if/ { gzip on; if ($http_x_off) { gzip off; } proxy_pass http://@echo@; }
      location /own/ { gzip on; gzip_types text/plain; default_type text/plain; return 200 "a text of more than twenty bytes"; }
      location /own/404 { gzip on; gzip_min_length 0; return 404 "not found, in more than twenty bytes"; }
      location /own/403 { gzip on; gzip_types text/plain; default_type text/plain; return 403 "forbidden, in more than twenty bytes"; }
      location /varied/ { alias @www@/; gzip on; gzip_vary on; gzip_min_length 0; gzip_types text/plain; }
      location /www/ { alias @www@/; gzip on; gzip_min_length 0; gzip_types text/plain; error_page 404 /www/errors/404.html; }
    })",
          exchanges);
}

TEST(DifferentialCompression, AnswersForProxiesAreCompressedByTheSameRules) {
  const std::string html = "Content-Type: text/html\r\n", via = "Via: 1.1 cdn\r\n";
  const std::string past = "Expires: Sun, 06 Nov 1994 08:49:37 GMT\r\n", future = "Expires: Sun, 06 Nov 2044 08:49:37 GMT\r\n";
  std::vector<Exchange> exchanges;
  for (const char* place : {"default", "off", "any", "auth", "expired", "no-cache", "no-store", "private", "no_last_modified", "no_etag", "several"}) {
    const std::string target = "/" + std::string(place) + "/";
    exchanges.push_back(proxied(target, html));
    for (const std::string& fields :
         {std::string(), past, future, std::string("Expires: garbage\r\n"), std::string("Cache-Control: no-cache\r\n"),
          std::string("Cache-Control: no-store, private\r\n"), std::string("Cache-Control: max-age=3\r\n"),
          std::string("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), std::string("ETag: \"x\"\r\n"), past + "Cache-Control: private\r\n"})
      exchanges.push_back(proxied(target, html + fields, via));
    exchanges.push_back(proxied(target, html, via + "Authorization: Basic eDp5\r\n"));
  }
  std::string locations;
  for (const char* place : {"off", "any", "auth", "expired", "no-cache", "no-store", "private", "no_last_modified", "no_etag"})
    locations += "location /" + std::string(place) + "/ { gzip_proxied " + place + "; proxy_pass http://@echo@; }\n";
  compare("server { listen 127.0.0.1:@port1@; gzip on;\n" + locations +
              "location /default/ { proxy_pass http://@echo@; }\n"
              "location /several/ { gzip_proxied expired no-cache private auth; proxy_pass http://@echo@; } }",
          exchanges);
}

TEST(DifferentialCompression, GunzipIsTheSame) {
  compress::CoderPool pool;
  const std::string gzipped = compress::testing::run(*pool.gzip(6), text).value();
  const std::string coded = "Content-Type: text/html\r\nContent-Encoding: gzip\r\n";
  std::vector<Exchange> exchanges;
  for (const char* target : {"/gunzip/", "/vary/", "/both/", "/off/"}) {
    for (const std::string& fields : {std::string(), std::string("Accept-Encoding: gzip\r\n"), std::string("Accept-Encoding: br\r\n"),
                                      std::string("Accept-Encoding: gzip\r\nVia: 1.1 cdn\r\n")}) {
      Exchange exchange = proxied(target, coded + "ETag: \"abc\"\r\n", {}, gzipped);
      exchange.request = get(target, fields).request;
      exchanges.push_back(exchange);
    }
  }
  Exchange plain = proxied("/both/", "Content-Type: text/html\r\n", {}, text);
  exchanges.push_back(plain);
  Exchange other = proxied("/gunzip/", "Content-Type: text/html\r\nContent-Encoding: br\r\n", {}, text);
  other.request = get("/gunzip/").request;
  exchanges.push_back(other);
  compare(R"(server { listen 127.0.0.1:@port1@;
      location /gunzip/ { gunzip on; gunzip_buffers 4 8k; proxy_pass http://@echo@; }
      location /vary/ { gunzip on; gzip_vary on; proxy_pass http://@echo@; }
      location /both/ { gunzip on; gzip on; proxy_pass http://@echo@; }
      location /off/ { proxy_pass http://@echo@; }
    })",
          exchanges);
}

TEST(DifferentialCompression, FilesThatAreZippedAlreadyAreServedTheSame) {
  std::vector<Exchange> exchanges;
  for (const char* place : {"on", "always", "off", "vary", "both", "gunzip"}) {
    for (const char* file : {"page.html", "alone.html", "only.html", "folder.html", "none.html"}) {
      for (const std::string accepted : {"gzip", "identity"}) {
        Exchange exchange = get("/" + std::string(place) + "/" + file, "Accept-Encoding: " + accepted + "\r\n");
        const std::string name = std::string(place) + " " + file;
        if (name == "vary only.html" && accepted == "identity")
          exchange = deviates(exchange, "there is nothing that would vary", "HTTP/1.1 404");
        if (name == "vary folder.html") exchange = deviates(exchange, "there is nothing that would vary", "HTTP/1.1 200");
        if (name != "both none.html") exchanges.push_back(exchange);  // a compressed page with the product's name in it
      }
    }
    const std::string page = "/" + std::string(place) + "/page.html", gzip = "Accept-Encoding: gzip\r\n";
    exchanges.push_back(get(page, gzip + "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
    exchanges.push_back(send("POST", page, gzip, "x"));
    exchanges.push_back(get(page, gzip + "Via: 1.1 cdn\r\n"));
    exchanges.push_back({"GET " + page + " HTTP/1.0\r\n" + gzip + "\r\n"});
  }
  for (const char* place : {"on", "always", "off", "vary"})
    exchanges.push_back(send("HEAD", "/" + std::string(place) + "/page.html", "Accept-Encoding: identity\r\n"));
  compare(R"(
    types { text/html html; }
    server { listen 127.0.0.1:@port1@; gzip_min_length 0;
      location /on/ { alias @www@/zip/; gzip_static on; }
      location /always/ { alias @www@/zip/; gzip_static always; }
      location /off/ { alias @www@/zip/; gzip_static off; }
      location /vary/ { alias @www@/zip/; gzip_static on; gzip_vary on; }
      location /both/ { alias @www@/zip/; gzip_static on; gzip on; }
      location /gunzip/ { alias @www@/zip/; gzip_static always; gunzip on; }
    })",
          exchanges);
}

}  // namespace drishti::testing
