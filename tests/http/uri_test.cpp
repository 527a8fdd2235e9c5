// The path that locations, rules and the cache see. Ids as in the threat catalogue; results as nginx 1.22 gives them.

#include "http/uri.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace drishti::http {
namespace {

using namespace std::string_literals;

std::string normalized(std::string_view target, bool merge_slashes = true) {
  const std::unique_ptr<char[]> scratch(new char[target.size()]);
  NormalizedTarget out;
  switch (normalize_target(target, merge_slashes, scratch.get(), out)) {
    case UriError::none:
      return std::string(out.path);
    case UriError::bad_escape:
      return "bad_escape";
    case UriError::forbidden_byte:
      return "forbidden_byte";
    case UriError::above_root:
      return "above_root";
    case UriError::not_absolute:
      return "not_absolute";
  }
  return "?";
}

struct Case {
  const char* name;
  std::string target;
  std::string expected;
};

const Case cases[] = {
    {"P01 parent", "/a/../b", "/b"},
    {"P01 above the root", "/..", "above_root"},
    {"P01 above the root and on", "/../x", "above_root"},
    {"P01 above the root later", "/a/../..", "above_root"},
    {"P01 above the root, slashes behind", "/..//", "above_root"},
    {"P01 parent at the end", "/a/..", "/"},
    {"P01 here", "/a/./b", "/a/b"},
    {"P01 here at the end", "/a/.", "/a/"},
    {"P01 here and slash", "/a/./", "/a/"},
    {"P01 parent before arguments", "/a/..?x", "/"},
    {"P01 three dots", "/a/.../b", "/a/.../b"},
    {"P01 dots behind a name", "/a..", "/a.."},
    {"P01 dots before a name", "/..a", "/..a"},
    {"P01 hidden file", "/.well-known/x", "/.well-known/x"},
    {"P01 parents behind slashes", "/a/b//../../c", "/c"},
    {"P02 encoded dots", "/a/%2e%2e/b", "/b"},
    {"P02 encoded dots, upper case", "/a/%2E./b", "/b"},
    {"P02 dot and encoded dot", "/a/.%2e/b", "/b"},
    {"P02 encoded dots at the root", "/%2e%2e/", "above_root"},
    {"P03 encoded slash", "/a%2Fb", "/a/b"},
    {"P03 parent between encoded slashes", "/a%2f..%2fb", "/b"},
    {"P03 parent before an encoded slash", "/a/..%2fb", "/b"},
    {"P03 twice encoded is decoded once", "/a/%252e%252e%252fb", "/a/%2e%2e%2fb"},
    {"P03 encoded percent before a dot", "/%25%2e", "/%."},
    {"P03 encoded backslash", "/a%5c..%5cb", "/a\\..\\b"},
    {"P03 encoded question mark and number sign", "/a%3fb%23c?d", "/a?b#c"},
    {"P04 slashes", "//admin", "/admin"},
    {"P04 only slashes", "///", "/"},
    {"P04 slashes and a parent", "/a//../b", "/b"},
    {"P04 encoded slashes", "/a%2f%2fb", "/a/b"},
    {"P05 NUL", "/%00", "forbidden_byte"},
    {"P05 CR LF", "/a%0d%0ab", "forbidden_byte"},
    {"P05 LF", "/%0a", "forbidden_byte"},
    {"P05 raw NUL", "/a\0b"s, "forbidden_byte"},
    {"P05 raw LF", "/a\nb", "forbidden_byte"},
    {"H15 fragment", "/a#b", "forbidden_byte"},
    {"P06 no hexadecimal", "/%zz", "bad_escape"},
    {"P06 %u002e", "/%u002e", "bad_escape"},
    {"P06 cut short", "/a%4", "bad_escape"},
    {"P06 percent at the end", "/a%", "bad_escape"},
    {"P06 cut short by the arguments", "/a%4?1", "bad_escape"},
    {"P06 overlong UTF-8 stays bytes", "/%c0%ae%c0%ae/x", "/\xc0\xae\xc0\xae/x"},
    {"P07 path parameters are text", "/..;/admin;x=y", "/..;/admin;x=y"},
    {"P08 backslash is text", "/a\\..\\b", "/a\\..\\b"},
    {"P09 case stays", "/Admin/", "/Admin/"},
    {"other control bytes decode", "/%01%7f", "/\x01\x7f"},
    {"plus is text", "/a+b", "/a+b"},
    {"root", "/", "/"},
    {"asterisk", "*", "not_absolute"},
    {"empty", "", "not_absolute"},
};

TEST(NormalizeTarget, GivesOnePathAsNginxDoes) {
  for (const Case& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_EQ(normalized(test.target), test.expected);
  }
}

TEST(NormalizeTarget, KeepsSlashesWhenAskedTo) {
  EXPECT_EQ(normalized("//a//b/", false), "//a//b/");
  EXPECT_EQ(normalized("//a//../b", false), "//a/b");
  EXPECT_EQ(normalized("//..", false), "/");
  EXPECT_EQ(normalized("/a//b/./..//c", false), "/a///c");
}

TEST(NormalizeTarget, APlainPathIsNotCopied) {
  const std::string target = "/a.b/.c/d..?x=%zz";
  NormalizedTarget out;
  ASSERT_EQ(normalize_target(target, true, nullptr, out), UriError::none);
  EXPECT_EQ(out.path.data(), target.data());
  EXPECT_EQ(out.path, "/a.b/.c/d..");
  EXPECT_TRUE(out.is_plain);
  EXPECT_TRUE(out.has_args);
  EXPECT_EQ(out.args, "x=%zz");
}

TEST(NormalizeTarget, TellsEmptyArgumentsFromNone) {
  NormalizedTarget out;
  ASSERT_EQ(normalize_target("/a?", true, nullptr, out), UriError::none);
  EXPECT_TRUE(out.has_args);
  EXPECT_EQ(out.args, "");
  ASSERT_EQ(normalize_target("/a", true, nullptr, out), UriError::none);
  EXPECT_FALSE(out.has_args);
}

TEST(NormalizeTarget, IsIdempotentAfterEscaping) {
  for (const Case& test : cases) {
    const std::string once = normalized(test.target);
    if (once.empty() || once[0] != '/') continue;
    SCOPED_TRACE(test.name);
    std::string escaped;
    escape_uri(once, escaped);
    EXPECT_EQ(normalized(escaped), once);
  }
}

TEST(Escape, MatchesNginxForEveryByte) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const auto kept = [&](auto escape) {
    std::string out;
    for (const char c : all) {
      std::string one;
      escape(std::string_view(&c, 1), one);
      if (one.size() == 1) out += one;
    }
    return out;
  };
  EXPECT_EQ(kept(escape_uri), "!$&'()*+,-./0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~");
  EXPECT_EQ(kept(escape_args), "!$'()*,-./0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]_abcdefghijklmnopqrstuvwxyz~");
}

TEST(Escape, P10LeavesNoLineEndInARedirect) {
  std::string out;
  escape_uri("/a\r\nSet-Cookie: x", out);
  EXPECT_EQ(out, "/a%0D%0ASet-Cookie:%20x");
}

TEST(Unescape, KeepsWhatIsNoEscape) {
  std::string out;
  unescape("a%20b%zz%4%2fc%", out);
  EXPECT_EQ(out, "a b%zz%4/c%");
}

TEST(FindArgument, TakesTheFirstThatHasAValue) {
  EXPECT_EQ(find_argument("q=1&Q=2", "q"), "1");
  EXPECT_EQ(find_argument("Q=2&q=1", "q"), "2");
  EXPECT_EQ(find_argument("xq=1&q=5", "q"), "5");
  EXPECT_EQ(find_argument("q&q=3", "q"), "3");
  EXPECT_EQ(find_argument("a=b=c", "a"), "b=c");
  EXPECT_EQ(find_argument("a=1", "b"), "");
  EXPECT_EQ(find_argument("", "b"), "");
  EXPECT_EQ(find_argument("&&a=1&", "a"), "1");
}

TEST(FindCookie, IgnoresCaseAndSplitsAtCommasAsNginxDoes) {
  EXPECT_EQ(find_cookie("a=1; x=2", "x"), "2");
  EXPECT_EQ(find_cookie("a=1;x=2", "x"), "2");
  EXPECT_EQ(find_cookie("a=1,x=2", "x"), "2");
  EXPECT_EQ(find_cookie("X=3", "x"), "3");
  EXPECT_EQ(find_cookie("xx=1; x = 4 ; b=1", "x"), "4 ");
  EXPECT_EQ(find_cookie("x=\"q\"; b=2", "x"), "\"q\"");
  EXPECT_EQ(find_cookie("ax=1; x=2", "x"), "2");
  EXPECT_EQ(find_cookie("x=", "x"), "");
  EXPECT_EQ(find_cookie("", "x"), "");
}

}  // namespace
}  // namespace drishti::http
