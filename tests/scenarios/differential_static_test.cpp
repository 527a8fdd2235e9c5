// Files, conditional requests, ranges, types: as nginx serves them.

#include "tests/scenarios/differential.hpp"

namespace drishti::testing {

TEST(DifferentialStatic, FilesAreServedTheSame) {
  compare(R"(
    types { text/html html; text/css css; text/plain txt; }
    default_type application/octet-stream;
    server { listen 127.0.0.1:@port1@; server_name a.test; root @www@;
      location / { index index.html; }
      location /al/ { alias @www@/dir/; }
      location /alfile { alias @www@/a.txt; }
      location ~ ^/alre/(.+)$ { alias @www@/dir/$1; }
      location /typed/ { alias @www@/; types { } default_type text/x-own; }
      location /othertypes/ { alias @www@/; types { text/x-o txt; } }
      location /noetag/ { alias @www@/; etag off; }
      location /nolm/ { alias @www@/; if_modified_since off; }
      location /before/ { alias @www@/; if_modified_since before; }
      location /maxranges/ { alias @www@/; max_ranges 0; }
      location /onerange/ { alias @www@/; max_ranges 1; }
      location /idx/ { alias @www@/; index nothing.html /a.txt; }
      location /idxvar/ { alias @www@/dir/; index $arg_i.html index.html; }
      location /outside { root /nonexistent; }
      location /quiet { log_not_found off; }
    })",
          {get("/a.txt"), get("/"), get("/style.css"), get("/noextension"), get("/empty.txt"), get("/noindex/file.xyz"),
           get("/with%20space.txt"), get("/per%25cent.txt"), get("/none"), get("/a.txt/x"), get("/al/page.html"),
           get("/al/"), get("/al"), get("/alfile"), get("/alfilex"), get("/alre/page.html"), get("/alre/none"),
           get("/typed/a.txt"), get("/othertypes/a.txt"), get("/othertypes/style.css"), get("/noetag/a.txt"),
           get("/nolm/a.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
           get("/before/a.txt", "If-Modified-Since: Sun, 06 Nov 2004 08:49:37 GMT\r\n"), get("/idx/"),
           get("/idxvar/?i=page"), get("/idxvar/"), get("/outside/x"), get("/quiet/x"), get("/al/../a.txt"),
           get("/a.txt?x=1"), send("HEAD", "/a.txt"), send("POST", "/a.txt", {}, "x=1"), send("PUT", "/a.txt", {}, "x"),
           send("DELETE", "/a.txt"), send("OPTIONS", "/a.txt"), send("PROPFIND", "/a.txt"),
           send("POST", "/none", {}, "x=1"), send("HEAD", "/none"), send("POST", "/", {}, "x"),
           {"GET /a.txt HTTP/1.0\r\n\r\n"}, {"GET /a.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
           send("TRACE", "/a.txt"), 
           deviates(send("CONNECT", "a.test:80"), "as nginx since 1.27: CONNECT is refused as a method", "HTTP/1.1 405")});
}

TEST(DifferentialStatic, ConditionalRequestsAreDecidedTheSame) {
  const std::string etag = "\"2ebc98a1-25\"";
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::string before = "Sat, 05 Nov 1994 08:49:37 GMT";
  const std::string after = "Mon, 07 Nov 1994 08:49:37 GMT";
  std::vector<Exchange> exchanges;
  const std::vector<std::string> conditions =
       {"If-Modified-Since: " + date, "If-Modified-Since: " + before, "If-Modified-Since: " + after,
        std::string("If-Modified-Since: garbage"), "If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT",
        "If-Modified-Since: Sun Nov  6 08:49:37 1994", "If-None-Match: " + etag, "If-None-Match: W/" + etag,
        std::string("If-None-Match: *"), std::string("If-None-Match: \"x\""), "If-None-Match: \"x\", " + etag,
        "If-None-Match: " + etag + "\r\nIf-Modified-Since: " + before, "If-None-Match: \"x\"\r\nIf-Modified-Since: " + date,
        "If-Match: " + etag, std::string("If-Match: *"), std::string("If-Match: \"x\""), "If-Match: W/" + etag,
        "If-Unmodified-Since: " + date, "If-Unmodified-Since: " + before, "If-Unmodified-Since: " + after,
        "Range: bytes=0-1\r\nIf-Range: " + etag, std::string("Range: bytes=0-1\r\nIf-Range: \"x\""),
        "Range: bytes=0-1\r\nIf-Range: " + date, "Range: bytes=0-1\r\nIf-Range: " + after,
        "Range: bytes=0-1\r\nIf-Range: W/" + etag, "Range: bytes=0-1\r\nIf-None-Match: " + etag};
  for (const std::string& fields : conditions) {
    exchanges.push_back(get("/a.txt", fields + "\r\n"));
  }
  exchanges.push_back(send("HEAD", "/a.txt", "If-None-Match: " + etag + "\r\n"));
  exchanges.push_back(send("HEAD", "/a.txt", "Range: bytes=0-1\r\n"));
  compare("types { text/plain txt; } server { listen 127.0.0.1:@port1@; root @www@; }", exchanges);
}

TEST(DifferentialStatic, RangesAreCutTheSame) {
  std::vector<Exchange> exchanges;
  for (const char* range : {"bytes=0-0", "bytes=0-", "bytes=5-9", "bytes=36-36", "bytes=36-99", "bytes=37-", "bytes=99-",
                            "bytes=-1", "bytes=-5", "bytes=-99", "bytes=-0", "bytes=9-5", "bytes=0-1,3-4", "bytes=0-1, 3-4",
                            "bytes=0-1,-2", "bytes=0-1,99-", "bytes=99-,100-", "bytes=0-,0-,0-", "bytes=", "bytes=x",
                            "items=0-1", "bytes 0-1", "bytes=0 - 1", "bytes=0-1,", "bytes=,0-1", "BYTES=0-1",
                            "bytes=99999999999999999999-", "bytes=0-99999999999999999999", "bytes=0-18446744073709551615",
                            "bytes=1-2,4-5,7-8"})
    exchanges.push_back(get("/a.txt", "Range: " + std::string(range) + "\r\n"));
  exchanges.push_back(get("/empty.txt", "Range: bytes=0-0\r\n"));
  exchanges.push_back(get("/empty.txt", "Range: bytes=-1\r\n"));
  exchanges.push_back(get("/none", "Range: bytes=0-0\r\n"));
  exchanges.push_back(get("/zero/a.txt", "Range: bytes=0-0\r\n"));
  exchanges.push_back(get("/one/a.txt", "Range: bytes=0-0\r\n"));
  exchanges.push_back(get("/one/a.txt", "Range: bytes=0-0,2-3\r\n"));
  exchanges.push_back({"GET /a.txt HTTP/1.0\r\nRange: bytes=1-2\r\n\r\n"});
  compare(R"(types { text/plain txt; } server { listen 127.0.0.1:@port1@; root @www@;
      location /zero/ { alias @www@/; max_ranges 0; } location /one/ { alias @www@/; max_ranges 1; } })",
          exchanges);
}

}  // namespace drishti::testing
