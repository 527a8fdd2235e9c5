// Each directive of compression does something that a client sees.

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "compress/coder_pool.hpp"
#include "tests/compress/decoders.hpp"
#include "tests/scenarios/scenario.hpp"

namespace drishti::testing {
namespace {

using compress::testing::some_text;

const char* const codings[] = {"gzip", "brotli", "zstd"};

std::string field_of(const std::string& coding) { return coding == "brotli" ? "br" : coding; }

/// A server whose locations /1 and /2 serve the same FILE with one more directive each.
class TwoLocations {
 public:
  TwoLocations(const std::string& server, const std::string& one, const std::string& two, const std::string& file)
      : proxy_(http_config("server { listen 127.0.0.1:@port@; default_type text/plain;\n" + server + "\nlocation /1 { alias @dir@/file; " + one +
                           " }\nlocation /2 { alias @dir@/file; " + two + " } }")) {
    std::ofstream(proxy_.directory() + "/file") << file;
  }
  RawResponse get(const char* path, const std::string& accepted) const {
    return ask(proxy_, request_text("GET", path, "Accept-Encoding: " + accepted + "\r\n"));
  }
  const ProxyUnderTest& proxy() const { return proxy_; }

 private:
  ProxyUnderTest proxy_;
};

TEST(CompressionEffect, ALevelMakesADifference) {
  for (const std::string coding : codings) {
    const TwoLocations both(coding + " on; " + coding + "_types *;", coding + "_comp_level 1;", coding + "_comp_level 6;", some_text(400'000));
    const RawResponse low = both.get("/1", field_of(coding)), high = both.get("/2", field_of(coding));
    EXPECT_EQ(low.field("Content-Encoding") + high.field("Content-Encoding"), field_of(coding) + field_of(coding));
    EXPECT_NE(high.body.size(), low.body.size()) << coding;  // smaller, but for zstd with some texts
  }
}

TEST(CompressionEffect, BrotliLooksAsFarBackAsItsWindow) {
  std::string far;
  std::uint32_t number = 1;
  for (int i = 0; i < 200'000; ++i) far += static_cast<char>((number = number * 1664525 + 1013904223) >> 24);
  const TwoLocations both("brotli on; brotli_types *;", "brotli_window 1k;", "brotli_window 1m;", far + far);
  const std::size_t near_only = both.get("/1", "br").body.size(), all = both.get("/2", "br").body.size();
  EXPECT_GT(near_only, 390'000u);
  EXPECT_LT(all, 250'000u);
}

TEST(CompressionEffect, TypesAndLeastLengthsAreOfEachCoding) {
  for (const std::string coding : codings) {
    const TwoLocations types(coding + " on;", coding + "_types text/plain;", coding + "_types text/css;", some_text(3000));
    EXPECT_EQ(types.get("/1", field_of(coding)).field("Content-Encoding"), field_of(coding));
    EXPECT_FALSE(types.get("/2", field_of(coding)).has_field("Content-Encoding")) << coding;
    const TwoLocations lengths(coding + " on; " + coding + "_types *;", coding + "_min_length 3000;", coding + "_min_length 3001;", some_text(3000));
    EXPECT_EQ(lengths.get("/1", field_of(coding)).field("Content-Encoding"), field_of(coding));
    EXPECT_FALSE(lengths.get("/2", field_of(coding)).has_field("Content-Encoding")) << coding;
  }
}

TEST(CompressionEffect, FilesThatAreCompressedAlready) {
  const std::pair<const char*, const char*> endings[] = {{"gzip", ".gz"}, {"brotli", ".br"}, {"zstd", ".zst"}};
  for (const auto& [coding, ending] : endings) {
    const std::string name = coding, field = field_of(name);
    const TwoLocations both("gzip_vary on;", name + "_static on;", name + "_static always;", "as it is");
    std::ofstream(both.proxy().directory() + "/file" + ending) << "stands for " << name;
    EXPECT_EQ(both.get("/1", field).body, "stands for " + name);
    EXPECT_EQ(both.get("/1", field).field("Content-Encoding"), field);
    EXPECT_EQ(both.get("/1", field).field("Content-Type"), "text/plain");
    EXPECT_EQ(both.get("/1", "identity").body, "as it is");
    EXPECT_EQ(both.get("/1", "identity").field("Vary"), "Accept-Encoding") << "there is another one";
    EXPECT_EQ(both.get("/2", "identity").body, "stands for " + name);
  }
}

TEST(CompressionEffect, OfSeveralFilesTheClientsFavourite) {
  const TwoLocations both("", "gzip_static on; brotli_static on; zstd_static on;", "", "as it is");
  for (const char* ending : {"gz", "br", "zst"}) std::ofstream(both.proxy().directory() + "/file." + ending) << ending;
  EXPECT_EQ(both.get("/1", "gzip, br, zstd").body, "br");
  EXPECT_EQ(both.get("/1", "gzip, br;q=0.5, zstd;q=0.9").body, "gz");
  EXPECT_EQ(both.get("/1", "br;q=0, zstd").body, "zst");
  EXPECT_EQ(both.get("/1", "identity, gzip;q=0.1").body, "as it is");
  EXPECT_EQ(both.get("/2", "gzip, br, zstd").body, "as it is");
  // A folder or a missing file beside it is none.
  ::unlink((both.proxy().directory() + "/file.br").c_str());
  EXPECT_EQ(both.get("/1", "gzip, br, zstd").body, "zst");
}

TEST(CompressionEffect, GunzipsLimitsAreTheConfiguredOnes) {
  compress::CoderPool pool;
  const std::string body(3 << 20, 'x');
  const std::string zipped = compress::testing::run(*pool.gzip(6), body).value();
  FakeUpstream upstream([&](const UpstreamRequest&) { return Actions{Action::send(ok_response(zipped, "Content-Encoding: gzip\r\n"))}; });
  const auto whole = [&](const std::string& more) {
    ProxyUnderTest proxy(proxy_config("server " + upstream.address() + ";", "gunzip on; " + more));
    RawClient client(proxy.port());
    client.send(request_text("GET", "/"));
    const auto response = client.read_response();
    return response && response->complete && response->body == body;
  };
  EXPECT_FALSE(whole(""));
  EXPECT_FALSE(whole("gunzip_max_ratio 900;"));
  EXPECT_TRUE(whole("gunzip_max_ratio 1100;"));
  EXPECT_TRUE(whole("gunzip_max_ratio 0;"));
  EXPECT_TRUE(whole("gunzip_max_ratio 0; gunzip_max_size 3m;"));
  EXPECT_FALSE(whole("gunzip_max_ratio 0; gunzip_max_size 3000k;"));
}

}  // namespace
}  // namespace drishti::testing
