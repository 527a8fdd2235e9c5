#include "filters/static_files.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/context_builder.hpp"

namespace drishti::filters {
namespace {

using tests::TestRequest;
using Action = StaticResult::Action;

constexpr const char* modified = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* earlier = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* later = "Sun, 06 Nov 1994 08:49:38 GMT";
constexpr const char* etag = "\"2ebc98a1-a\"";

/// A directory tree that lives for one test; every file has the time `modified`.
class StaticFiles : public testing::Test {
 protected:
  StaticFiles() {
    std::string pattern = (std::filesystem::temp_directory_path() / "drishti_static_XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    write("/ten.txt", "0123456789");
    write("/empty.html", "");
    write("/dir/index.html", "index");
    write("/two/index.htm", "second");
    write("/none/x", "");
  }
  ~StaticFiles() override { std::filesystem::remove_all(root_); }

  void write(const std::string& name, const std::string& text) {
    const std::string path = root_ + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    const timespec times[2] = {{784111777, 0}, {784111777, 0}};
    utimensat(AT_FDCWD, path.c_str(), times, 0);
  }

  std::string server(const std::string& directives = {}) const {
    return "root " + root_ + "; index index.html index.htm; " + directives;
  }

  /// What would go out as the body.
  static std::string body_of(const StaticResult& result) {
    std::string body;
    for (const FilePart& part : result.parts) {
      std::string piece(part.length, '?');
      EXPECT_EQ(pread(result.file.fd(), piece.data(), piece.size(), static_cast<off_t>(part.offset)),
                static_cast<ssize_t>(part.length));
      body.append(part.preamble).append(piece);
    }
    return body + std::string(result.epilogue);
  }

  static std::string field(const TestRequest& request, std::string_view name) {
    const http::Field* found = request.context.response.fields.find(name);
    return found == nullptr ? "(none)" : std::string(found->value);
  }

  std::string root_;
};

TEST_F(StaticFiles, AreSentWithValidators) {
  TestRequest request(server("types { text/plain txt; }"));
  const StaticResult result = serve_static(request.get("/ten.txt").context);
  EXPECT_EQ(result.action, Action::send);
  EXPECT_EQ(request.context.response.status, 200);
  EXPECT_EQ(request.context.response.content_length, 10u);
  EXPECT_EQ(field(request, "Content-Type"), "text/plain");
  EXPECT_EQ(field(request, "Last-Modified"), modified);
  EXPECT_EQ(field(request, "ETag"), etag);
  EXPECT_EQ(field(request, "Accept-Ranges"), "bytes");
  EXPECT_EQ(body_of(result), "0123456789");
}

TEST_F(StaticFiles, EtagCanBeOff) {
  TestRequest request(server("etag off;"));
  serve_static(request.get("/ten.txt").context);
  EXPECT_EQ(field(request, "ETag"), "(none)");
}

struct StatusCase {
  const char* request;
  Action action;
  int status;
};

TEST_F(StaticFiles, AnswerOtherThingsAsNginxDoes) {
  std::filesystem::create_directory(root_ + "/folder");
  ASSERT_EQ(mkfifo((root_ + "/pipe").c_str(), 0600), 0);
  const StatusCase cases[] = {
      {"GET /missing", Action::error, 404},
      {"GET /ten.txt/below", Action::error, 404},
      {"GET /missing/", Action::error, 404},
      {"GET /none/", Action::error, 403},
      {"GET /pipe", Action::error, 404},
      {"POST /ten.txt", Action::error, 405},
      {"POST /missing", Action::error, 404},
      {"PUT /ten.txt", Action::error, 405},
      {"DELETE /dir/", Action::error, 405},
      {"HEAD /ten.txt", Action::send, 0},
      {"GET /folder", Action::redirect, 301},
  };
  for (const StatusCase& c : cases) {
    TestRequest request(server());
    request.send(std::string(c.request) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const StaticResult result = serve_static(request.context);
    EXPECT_EQ(result.action, c.action) << c.request;
    EXPECT_EQ(result.status, c.status) << c.request;
  }
}

TEST_F(StaticFiles, ThatAreMissingAreLoggedUnlessSaidOtherwise) {
  TestRequest request(server("location /quiet { log_not_found off; }"));
  serve_static(request.get("/missing").context);
  ASSERT_EQ(request.error_log.lines.size(), 1u);
  EXPECT_THAT(request.error_log.lines[0],
              testing::StartsWith("open() \"" + root_ + "/missing\" failed (2: No such file or directory), client: "));
  serve_static(request.get("/quiet").context);
  EXPECT_EQ(request.error_log.lines.size(), 1u);
}

TEST_F(StaticFiles, ADirectoryWithoutItsSlashIsRedirectedWithTheArguments) {
  std::filesystem::create_directory(root_ + "/a b");
  TestRequest request(server());
  EXPECT_EQ(serve_static(request.get("/dir").context).target, "/dir/");
  EXPECT_EQ(serve_static(request.get("/a%20b?x=1").context).target, "/a%20b/?x=1");
}

TEST_F(StaticFiles, IndexIsTheFirstThatExists) {
  TestRequest request(server("location /abs/ { index none.html /ten.txt; }"));
  std::filesystem::create_directory(root_ + "/abs");
  const std::pair<const char*, const char*> cases[] = {
      {"/dir/", "/dir/index.html"}, {"/two/", "/two/index.htm"}, {"/abs/", "/ten.txt"}};
  for (const auto& [target, expected] : cases) {
    EXPECT_EQ(serve_static(request.get(target).context).action, Action::relocate) << target;
    EXPECT_EQ(request.context.uri, expected);
  }
}

TEST_F(StaticFiles, AliasReplacesThePrefix) {
  TestRequest request(server("location /files/ { alias " + root_ + "/dir/; }"));
  EXPECT_EQ(body_of(serve_static(request.get("/files/index.html").context)), "index");
}

// "A path never leaves its root": whatever a variable or a rewrite put into the URI.
TEST_F(StaticFiles, NeverLeaveTheirRoot) {
  const std::string_view uris[] = {"/dir/../ten.txt", "/../etc/passwd", "/..", "/dir/..", "/dir/../",
                                   std::string_view("/ten.txt\0.png", 13)};
  for (const std::string_view uri : uris) {
    TestRequest request(server());
    request.context.uri = uri;
    const StaticResult result = serve_static(request.context);
    EXPECT_EQ(result.action, Action::error) << uri;
    EXPECT_EQ(result.status, 404) << uri;
  }
}

TEST_F(StaticFiles, NamesThatOnlyLookLikeDotsAreFiles) {
  write("/..a/b..c/...", "dots");
  TestRequest request(server());
  EXPECT_EQ(body_of(serve_static(request.get("/..a/b..c/...").context)), "dots");
}

TEST_F(StaticFiles, KeepTheTypeThatXAccelRedirectBrought) {
  TestRequest request(server());
  request.get("/ten.txt");
  request.context.response.fields.add({"Content-Type", "kept/type", http::FieldId::content_type});
  request.context.response.keep_fields = true;
  serve_static(request.context);
  EXPECT_EQ(field(request, "Content-Type"), "kept/type");
}

struct ConditionCase {
  std::string fields;
  const char* directives;
  int status;
};

TEST_F(StaticFiles, ConditionsAreThoseOfNginx) {
  const std::string tag = etag;
  const ConditionCase cases[] = {
      {"If-Modified-Since: " + std::string(modified), "", 304},
      {"If-Modified-Since: " + std::string(later), "", 200},
      {"If-Modified-Since: " + std::string(later), "if_modified_since before;", 304},
      {"If-Modified-Since: " + std::string(earlier), "if_modified_since before;", 200},
      {"If-Modified-Since: " + std::string(modified), "if_modified_since off;", 200},
      {"If-Modified-Since: rubbish", "", 200},
      {"If-None-Match: " + tag, "", 304},
      {"If-None-Match: W/" + tag, "", 304},
      {"If-None-Match: \"x\", " + tag, "", 304},
      {"If-None-Match: *", "", 304},
      {"If-None-Match: \"x\"", "", 200},
      {"If-None-Match: " + tag, "etag off;", 200},
      {"If-None-Match: " + tag + "\r\nIf-Modified-Since: " + earlier, "", 200},
      {"If-None-Match: " + tag + "\r\nIf-Modified-Since: " + modified, "", 304},
      {"If-None-Match: \"x\"\r\nIf-Modified-Since: " + std::string(modified), "", 200},
      {"If-Match: " + tag, "", 200},
      {"If-Match: \"x\"", "", 412},
      {"If-Match: *", "", 200},
      {"If-Match: W/" + tag, "", 412},
      {"If-Unmodified-Since: " + std::string(modified), "", 200},
      {"If-Unmodified-Since: " + std::string(later), "", 200},
      {"If-Unmodified-Since: " + std::string(earlier), "", 412},
  };
  for (const ConditionCase& c : cases) {
    TestRequest request(server(c.directives));
    request.get("/ten.txt", c.fields + "\r\n");
    const StaticResult result = serve_static(request.context);
    EXPECT_EQ(result.action == Action::send ? request.context.response.status : result.status, c.status)
        << c.fields << " " << c.directives;
  }
}

TEST_F(StaticFiles, A304HasValidatorsAndNoBody) {
  TestRequest request(server());
  request.get("/ten.txt", std::string("If-None-Match: ") + etag + "\r\n");
  const StaticResult result = serve_static(request.context);
  EXPECT_TRUE(result.parts.empty());
  EXPECT_EQ(request.context.response.content_length, std::nullopt);
  EXPECT_EQ(field(request, "Content-Type"), "(none)");
  EXPECT_EQ(field(request, "Accept-Ranges"), "(none)");
  EXPECT_EQ(field(request, "ETag"), etag);
  EXPECT_EQ(field(request, "Last-Modified"), modified);
}

struct RangeCase {
  std::string fields;
  const char* directives;
  int status;
  const char* content_range;
  const char* body;
};

TEST_F(StaticFiles, OneRangeIsAPartOfTheFile) {
  const std::string tag = etag;
  const RangeCase cases[] = {
      {"Range: bytes=0-3", "", 206, "bytes 0-3/10", "0123"},
      {"Range: bytes=7-", "", 206, "bytes 7-9/10", "789"},
      {"Range: bytes=-2", "", 206, "bytes 8-9/10", "89"},
      {"Range: bytes=-99", "", 206, "bytes 0-9/10", "0123456789"},
      {"Range: bytes=5-99", "", 206, "bytes 5-9/10", "56789"},
      {"Range: bytes=0-0,50-60", "", 206, "bytes 0-0/10", "0"},
      {"Range: bytes=", "", 200, "(none)", "0123456789"},
      {"Range: lines=0-3", "", 200, "(none)", "0123456789"},
      {"Range: bytes=0-3", "max_ranges 0;", 200, "(none)", "0123456789"},
      {"Range: bytes=0-1,3-4", "max_ranges 1;", 200, "(none)", "0123456789"},
      {"Range: bytes=0-,0-", "", 200, "(none)", "0123456789"},
      {"Range: bytes=0-3\r\nIf-Range: " + tag, "", 206, "bytes 0-3/10", "0123"},
      {"Range: bytes=0-3\r\nIf-Range: \"x\"", "", 200, "(none)", "0123456789"},
      {"Range: bytes=0-3\r\nIf-Range: " + std::string(modified), "", 206, "bytes 0-3/10", "0123"},
      {"Range: bytes=0-3\r\nIf-Range: " + std::string(later), "", 200, "(none)", "0123456789"},
      {"Range: bytes=0-3\r\nIf-Range: rubbish", "", 200, "(none)", "0123456789"},
  };
  for (const RangeCase& c : cases) {
    TestRequest request(server(c.directives));
    const StaticResult result = serve_static(request.get("/ten.txt", c.fields + "\r\n").context);
    EXPECT_EQ(request.context.response.status, c.status) << c.fields;
    EXPECT_EQ(field(request, "Content-Range"), c.content_range) << c.fields;
    EXPECT_EQ(body_of(result), c.body) << c.fields;
    EXPECT_EQ(request.context.response.content_length, std::string(c.body).size()) << c.fields;
    EXPECT_EQ(field(request, "Accept-Ranges"), c.status == 206 || std::string(c.directives) == "max_ranges 0;" ? "(none)" : "bytes")
        << c.fields;
  }
}

TEST_F(StaticFiles, SeveralRangesAreMultipart) {
  TestRequest request(server("types { text/plain txt; }"));
  const StaticResult result = serve_static(request.get("/ten.txt", "Range: bytes=0-1,-2\r\n").context);
  const std::string type = field(request, "Content-Type");
  ASSERT_THAT(type, testing::StartsWith("multipart/byteranges; boundary="));
  const std::string boundary = type.substr(type.find('=') + 1);
  EXPECT_EQ(body_of(result), "\r\n--" + boundary + "\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01" +
                                 "\r\n--" + boundary + "\r\nContent-Type: text/plain\r\nContent-Range: bytes 8-9/10\r\n\r\n89" +
                                 "\r\n--" + boundary + "--\r\n");
  EXPECT_EQ(request.context.response.status, 206);
  EXPECT_EQ(request.context.response.content_length, body_of(result).size());
  EXPECT_EQ(field(request, "Content-Range"), "(none)");
}

TEST_F(StaticFiles, RangesOutsideAre416WithTheSize) {
  for (const std::string range : {"bytes=10-", "bytes=99-100", "bytes=3-2", "bytes=a-b"}) {
    TestRequest request(server());
    const StaticResult result = serve_static(request.get("/ten.txt", "Range: " + range + "\r\n").context);
    EXPECT_EQ(result.action, Action::error) << range;
    EXPECT_EQ(result.status, 416) << range;
    EXPECT_EQ(field(request, "Content-Range"), "bytes */10") << range;
    EXPECT_TRUE(request.context.response.keep_fields) << range;
  }
}

TEST_F(StaticFiles, AnErrorPageIsSentWhole) {
  TestRequest request(server());
  request.get("/ten.txt", std::string("Range: bytes=0-3\r\nIf-None-Match: ") + etag + "\r\n");
  request.context.error_status = 404;
  EXPECT_EQ(body_of(serve_static(request.context)), "0123456789");
  EXPECT_EQ(request.context.response.status, 200);
}

struct TryCase {
  const char* location;
  const char* directive;
  const char* target;
  Action action;
  const char* outcome;  ///< the URI with arguments, the name, or the status
};

std::string outcome_of(const StaticResult& result, const context::RequestContext& context) {
  if (result.action == Action::named) return std::string(result.target);
  if (result.action == Action::error) return std::to_string(result.status);
  return std::string(context.uri) + (context.args.empty() ? "" : "?" + std::string(context.args));
}

TEST_F(StaticFiles, TryFilesTakesTheFirstThatExists) {
  const TryCase cases[] = {
      {"/", "$uri $uri/ =404", "/ten.txt?a", Action::go_on, "/ten.txt?a"},
      {"/", "$uri $uri/ =404", "/dir/", Action::go_on, "/dir/"},
      {"/", "$uri $uri/ =404", "/dir", Action::go_on, "/dir"},
      {"/", "$uri =404", "/dir", Action::error, "404"},
      {"/", "$uri $uri/ =404", "/missing", Action::error, "404"},
      {"/", "$uri.txt /empty.html =404", "/ten", Action::go_on, "/ten.txt"},
      {"/", "$uri /empty.html", "/missing?a=1", Action::relocate, "/empty.html"},
      {"/", "$uri /index?$args", "/missing?a=1", Action::relocate, "/index?a=1"},
      {"/", "$uri @app", "/missing", Action::named, "@app"},
      {"/", "/files/$arg_f =404", "/?f=../ten.txt", Action::error, "404"},
      {"/", "$uri =500", "/missing", Action::error, "500"},
  };
  for (const TryCase& c : cases) {
    TestRequest request(server("location @app { } location " + std::string(c.location) + " { try_files " + c.directive + "; }"));
    const StaticResult result = run_try_files(request.get(c.target).context);
    EXPECT_EQ(result.action, c.action) << c.directive << " for " << c.target;
    EXPECT_EQ(outcome_of(result, request.context), c.outcome) << c.directive << " for " << c.target;
  }
}

TEST_F(StaticFiles, TryFilesBehindAnAliasKeepsThePrefix) {
  TestRequest request(server("location /app/ { alias " + root_ + "/; try_files $uri ten.txt =404; }"));
  EXPECT_EQ(run_try_files(request.get("/app/dir/index.html").context).action, Action::go_on);
  EXPECT_EQ(request.context.uri, "/app/dir/index.html");
  EXPECT_EQ(body_of(serve_static(request.context)), "index");
  EXPECT_EQ(run_try_files(request.get("/app/missing").context).action, Action::go_on);
  EXPECT_EQ(request.context.uri, "/app/ten.txt");
  EXPECT_EQ(body_of(serve_static(request.context)), "0123456789");
}

TEST(OpenFile, OwnsItsDescriptor) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  {
    OpenFile a(fds[0]);
    OpenFile b(std::move(a));
    a = std::move(b);
    EXPECT_TRUE(a);
    EXPECT_EQ(a.fd(), fds[0]);
  }
  EXPECT_EQ(fcntl(fds[0], F_GETFD), -1);
  close(fds[1]);
}

}  // namespace
}  // namespace drishti::filters
