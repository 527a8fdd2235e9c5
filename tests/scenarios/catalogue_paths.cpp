// P01 to P13: paths and routing. /admin is refused with 403 by the proxy; whatever reads as /admin must be as well.

#include "tests/scenarios/catalogue.hpp"

namespace drishti::testing::catalogue {

namespace {

std::vector<Probe> answered_all(const std::vector<std::string>& targets, Statuses statuses) {
  std::vector<Probe> probes;
  for (const std::string& target : targets) probes.push_back(answered("target [" + target + "]", get(target), statuses));
  return probes;
}

std::vector<Probe> refused_all(const std::vector<std::string>& targets) {
  std::vector<Probe> probes;
  for (const std::string& target : targets) probes.push_back(refused("target [" + target + "]", get(target)));
  return probes;
}

/// Forwarded as they came.
std::vector<Probe> passed_all(const std::vector<std::string>& targets) {
  std::vector<Probe> probes;
  for (const std::string& target : targets) probes.push_back(passed("target [" + target + "]", get(target), {"GET " + target + " HTTP/1.1"}));
  return probes;
}

std::vector<Probe> operator+(std::vector<Probe> a, const std::vector<Probe>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// No field of a generated answer may be made by the client.
std::string injected(const Observation& seen) {
  const std::string& head = seen.responses.at(0).head;
  return head.find("\r\nInjected") != std::string::npos || head.find("\nInjected") != std::string::npos ? "a field was injected: " + head : "";
}

std::vector<Probe> line_ends_in_generated_fields() {
  std::vector<Probe> probes = refused_all({"/redirect/%0d%0aInjected:%20x", "/redirect/%0aInjected:%20x", "/header/%0d%0aInjected:%20x", "/capture/%0d%0aInjected:%20x"});
  probes.push_back(answered("argument", get("/argument?x=%0d%0aInjected:%20x"), {301}).checked(injected));
  probes.push_back(answered("argument decoded twice", get("/argument?x=%250d%250aInjected:%20x"), {301}).checked(injected));
  probes.push_back(answered("path decoded twice", get("/redirect/%250d%250aInjected:%20x"), {301}).checked(injected));
  probes.push_back(answered("capture", get("/capture/%250d%250aInjected:%20x"), {301, 302}).checked(injected));
  probes.push_back(answered("unusual line ends", get("/redirect/%c2%85Injected:%e2%80%a8x"), {301}).checked(injected));
  return probes;
}

Probe asked_who(const std::string& host, const std::string& server) {
  return answered("Host [" + host + "]", "GET /who HTTP/1.1\r\nHost: " + host + "\r\n\r\n", {200}).checked([server](const Observation& seen) {
    return seen.responses[0].body == server ? "" : "answered by [" + seen.responses[0].body + "]";
  });
}

std::vector<Probe> backtracking() {
  auto quickly = [](const Observation& seen) { return seen.took < std::chrono::seconds(3) ? "" : std::to_string(seen.took.count()) + " ms"; };
  return {refused("a...a!", get("/slow/" + repeat("a", 40) + "!"), {500}).checked(quickly), answered("what it is meant for", get("/slow/aaaa"), {200}).checked(quickly)};
}

}  // namespace

std::vector<Entry> path_entries() {
  return {
      {"P01", "dot segments",
       answered_all({"/a/../admin", "/./admin", "/a/b/../../admin", "/a/./../admin/", "/admin/x/.."}, {403}) + refused_all({"/..", "/../../etc", "/a/../../etc", "/../admin"}) +
           passed_all({"/a/./b", "/a/../b", "/...", "/a/..b"}), {}},
      {"P02", "encoded dot segments",
       answered_all({"/a/%2e%2e/admin", "/a/%2E%2E/admin", "/a/.%2e/admin", "/%2e/admin", "/%61dmin"}, {403}) + refused_all({"/%2e%2e/admin", "/%2e%2e", "/a/%2e./.%2E/etc"}), {}},
      {"P03", "encoded separators are decoded once for matching and forwarded as they came",
       answered_all({"/a%2f..%2fadmin", "/%2fadmin", "/admin%2fx"}, {403}) + passed_all({"/x%2fy", "/x%5cy", "/%252e%252e/admin", "/x%252fadmin", "/x%255c"}), {}},
      {"P04", "repeated slashes", answered_all({"//admin", "///admin", "//a/..//admin", "/a//../admin"}, {403}) + passed_all({"//x", "/x//y///z"}), {}},
      {"P05", "encoded NUL and line ends",
       refused_all({"/%00", "/a%00b", "/admin%00.txt", "/a%0d%0ab", "/a%0ab", "/a%0D", bytes("/a\0b")}), {}},
      {"P06", "invalid escapes, overlong UTF-8",
       refused_all({"/%zz", "/%u002e", "/%", "/a%2", "/%2", "/a%g0"}) + passed_all({"/a/%c0%ae%c0%ae/admin", "/%c0%af", "/%ff", "/a?%zz"}), {}},
      {"P07", "path parameters", answered_all({"/admin;x=y", "/a/../admin;x"}, {403}) + passed_all({"/..;/admin", "/a;/../b", "/a/..;x/b"}), {}},
      {"P08", "backslashes are no separators", passed_all({"/a\\..\\admin", "/\\admin", "/a/..\\b"}), {}},
      {"P09", "case matters", passed_all({"/ADMIN", "/Admin/", "/LOCAL"}), {}},
      {"P10", "line ends in generated fields", line_ends_in_generated_fields(), {}},
      {"P11", "regular expression that backtracks without end", backtracking(), {}},
      {"P12", "which server a Host means",
       {asked_who("a.test", "a"), asked_who("b.test", "b"), asked_who("B.TEST", "b"), asked_who("b.test.", "b"), asked_who("b.test:8080", "b"), asked_who("unknown.test", "a"), asked_who("127.0.0.1", "a"),
        asked_who("[::1]", "a"), asked_who("x.wild.test", "wild"), asked_who("x.y.WILD.test", "wild"), asked_who("wild.test", "a"), asked_who("xn--bcher-kva.test", "idn"), asked_who("b.test.evil", "a"),
        refused("two trailing dots", "GET /who HTTP/1.1\r\nHost: b.test..\r\n\r\n")}, {}},
      {"P13", "SNI differs from Host", {}, "TLS"},
  };
}

}  // namespace drishti::testing::catalogue
