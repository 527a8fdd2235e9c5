// H01 to H30: request line, fields, Host.

#include "tests/scenarios/catalogue.hpp"

namespace drishti::testing::catalogue {

namespace {

const std::string get_x = "GET /x HTTP/1.1";

/// GET of /x with this line among its fields.
std::vector<Probe> refused_lines(const std::vector<std::string>& lines, Statuses statuses = {400}) {
  std::vector<Probe> probes;
  for (const std::string& line : lines) probes.push_back(refused("line [" + line.substr(0, 60) + "]", get("/x", line + "\r\n"), statuses));
  return probes;
}

std::vector<Probe> refused_targets(const std::vector<std::string>& targets, Statuses statuses = {400}) {
  std::vector<Probe> probes;
  for (const std::string& target : targets) probes.push_back(refused("target [" + target.substr(0, 60) + "]", get(target), statuses));
  return probes;
}

std::vector<Probe> refused_requests(const std::vector<std::string>& requests, Statuses statuses = {400}) {
  std::vector<Probe> probes;
  for (const std::string& request : requests) probes.push_back(refused("[" + request.substr(0, 60) + "]", request, statuses));
  return probes;
}

std::vector<Probe> controls_in_values() {
  std::vector<Probe> probes;
  for (int c = 0; c < 0x20; ++c)
    if (c != '\t') probes.push_back(refused("byte " + std::to_string(c), get("/x", "X: a" + std::string(1, static_cast<char>(c)) + "b\r\n")));
  probes.push_back(refused("byte 127", get("/x", "X: a\x7f" "b\r\n")));
  probes.push_back(passed("tab", get("/x", "X: a\tb\r\n"), {get_x}).with("X: a\tb\r\n"));
  return probes;
}

std::vector<Probe> bytes_in_names() {
  std::vector<Probe> probes;
  for (char c : bytes("\0\x01\x08\x0b\x0c\x1f\x7f\x80\xa0\xff \t\"(),/;<=>?@[]{}\\"))
    probes.push_back(refused("byte " + std::to_string(static_cast<unsigned char>(c)), get("/x", std::string("X") + c + "Y: z\r\n")));
  probes.push_back(refused("empty name", get("/x", ": x\r\n")));
  probes.push_back(refused("empty name first", "GET /x HTTP/1.1\r\n: x\r\nHost: a.test\r\n\r\n"));
  probes.push_back(refused("name in quotes", get("/x", "\"Host\": b.test\r\n")));
  return probes;
}

std::vector<Probe> long_parts() {
  Statuses field{400, 431};
  std::string small = repeat("n", 8 << 10), large = repeat("n", 64 << 10);
  return {refused("8 KiB name", get("/x", small + ": v\r\n"), field), refused("64 KiB name", get("/x", large + ": v\r\n"), field),
          refused("64 KiB value", get("/x", "X: " + large + "\r\n"), field), refused("64 KiB target", get("/" + large), {414}),
          refused("64 KiB query", get("/x?" + large), {414}), refused("64 KiB method", large + " / HTTP/1.1\r\nHost: a.test\r\n\r\n", {400, 414, 501}),
          refused("64 KiB version", "GET / HTTP/1." + large + "\r\nHost: a.test\r\n\r\n", {400, 414}),
          refused("64 KiB without a line end", large, {400, 414, 501}),
          refused("40 KiB of short fields", get("/x", repeat("X-Field: " + repeat("v", 100) + "\r\n", 400)), field),
          passed("7 KiB value", get("/x", "X: " + repeat("v", 7 << 10) + "\r\n"), {get_x})};
}

std::vector<Probe> hosts() {
  std::vector<Probe> probes;
  for (std::string lines : {"", "Host: a.test\r\nHost: a.test\r\n", "Host: a.test\r\nHost: b.test\r\n", "Host: a.test, b.test\r\n", "Host:\r\n", "Host: \r\n",
                            "Host: user@a.test\r\n", "Host: user:secret@a.test\r\n", "Host: a.test/path\r\n", "Host: a.test#x\r\n", "Host: a.test?x\r\n",
                            "Host: a test\r\n", "Host: a.test:99999\r\n", "Host: a.test:80x\r\n", "Host: a.test:-1\r\n", "Host: [::1\r\n", "Host: ::1]\r\n",
                            "Host: [::zz]\r\n", "Host: a.test\\b\r\n", "Host: a..test\r\n", "Host: .\r\n", "Host: a.test:80:80\r\n", "Host: \"a.test\"\r\n", "Host: a\xc3\xa4.test\r\n"})
    probes.push_back(refused("[" + lines + "]", "GET /x HTTP/1.1\r\n" + lines + "\r\n"));
  probes.push_back(refused("two in HTTP/1.0", "GET /x HTTP/1.0\r\nHost: a.test\r\nHost: b.test\r\n\r\n"));
  return probes;
}

std::vector<Probe> absolute_forms() {
  std::vector<Probe> probes = refused_requests({"GET http://b.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", "GET http://a.test:81/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
                                                "GET http://a.test/ HTTP/1.1\r\nHost: a.test:81\r\n\r\n", "GET http://a.test/ HTTP/1.1\r\n\r\n",
                                                "GET ftp://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", "GET http:///x HTTP/1.1\r\nHost: a.test\r\n\r\n"});
  probes.push_back(passed("the same host", "GET http://A.test:80/x?y HTTP/1.1\r\nHost: a.test\r\n\r\n", {"GET /x?y HTTP/1.1"}).with("Host: a.test\r\n"));
  probes.push_back(answered("routes by it", "GET http://b.test/who HTTP/1.1\r\nHost: b.test\r\n\r\n", {200})
                       .checked([](const Observation& seen) { return seen.responses[0].body == "b" ? "" : std::string("another server answered"); }));
  return probes;
}

std::vector<Probe> raw_bytes_in_targets() {
  std::vector<Probe> probes;
  for (std::string target : {"/a b", "/a\tb", "/a\x80", "/\xc3\xa4", "/a?\xff", "/a?b c", "/a\x01", "/a\x7f", "/ "}) probes.push_back(refused("target [" + target + "]", get(target)));
  probes.push_back(refused("NUL", get(bytes("/a\0b"))));
  std::string odd = "/a\"<>\\^`{|}";
  probes.push_back(passed("printable ones go on as they came", get(odd), {"GET " + odd + " HTTP/1.1"}));
  probes.push_back(answered("and are judged as they go on", get("/admin\"<>"), {403}));
  return probes;
}

std::vector<Probe> versions() {
  std::vector<Probe> probes;
  auto request = [](const std::string& version) { return "GET /x " + version + "\r\nHost: a.test\r\n\r\n"; };
  for (std::string version : {"HTTP/2.0", "HTTP/3.0", "HTTP/9.9"}) probes.push_back(refused(version, request(version), {505}));
  for (std::string version : {"HTTP/1.10", "http/1.1", "HTTP/ 1.1", "HTTP/01.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1,1", "HTTP/1.1 ", " HTTP/1.1", "HTTP /1.1",
                              "HTTP/11.1", "HTTPS/1.1", "XHTTP/1.1", "HTTP/1.1x", "HTTP/+1.1", "HTTP/0.9", "HTTP/1.\x31\t"})
    probes.push_back(refused("[" + version + "]", request(version), {400, 505}));
  probes.push_back(passed("HTTP/1.2 is taken as 1.1", request("HTTP/1.2"), {get_x}));
  return probes;
}

std::vector<Probe> names_listed_by_connection() {
  std::string fields = "Authorization: Basic abc\r\nCookie: a=b\r\nCache-Control: no-store\r\nX-Mine: secret\r\nX-Forwarded-For: 1.2.3.4\r\nContent-Type: text/x\r\n";
  return {passed("own and end-to-end fields stay", get("/x", "Connection: X-Forwarded-For, X-Real-IP, X-Forwarded-Proto, Authorization, Cookie, Host, Cache-Control, Content-Type\r\n" + fields), {get_x})
              .with("X-Forwarded-For: ").with("127.0.0.1\r\n").with("X-Real-IP: 127.0.0.1\r\n").with("X-Forwarded-Proto: http\r\n").with("Authorization: Basic abc\r\n")
              .with("Cookie: a=b\r\n").with("Host: a.test\r\n").with("Cache-Control: no-store\r\n").with("Content-Type: text/x\r\n"),
          passed("others go", get("/x", "Connection: x-mine\r\n" + fields), {get_x}).without("x-mine").with("Cookie: a=b\r\n"),
          passed("in a second field, behind close tokens", get("/x", "Connection: keep-alive\r\nConnection: foo,\tX-Mine ,bar\r\n" + fields), {get_x}).without("x-mine"),
          passed("framing cannot be listed away", post("Connection: Content-Length, Transfer-Encoding\r\nContent-Length: 5\r\n", "hello"), {"POST /x HTTP/1.1"}).with("Content-Length: 5\r\n")};
}

std::vector<Probe> hop_by_hop() {
  std::vector<Probe> probes;
  for (std::string field : {"Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "Trailer: X", "Upgrade: foo", "Proxy-Authorization: Basic x", "Connection: keep-alive"})
    probes.push_back(passed(field, get("/x", field + "\r\n"), {get_x}).without("\n" + field.substr(0, field.find(':'))));
  return probes;
}

std::vector<Probe> forged_origin_fields() {
  std::vector<Probe> probes;
  for (std::string field : {"X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP"})
    probes.push_back(passed(field, get("/x", field + ": forged.example\r\n"), {get_x}).without("forged.example"));
  for (std::string field : {"X-Original-URL: /admin", "X-Rewrite-URL: /admin", "X-HTTP-Method-Override: DELETE", "Forwarded: for=6.6.6.6"})
    probes.push_back(passed(field + " changes nothing here", get("/x", field + "\r\n"), {get_x}));
  return probes;
}

std::vector<Probe> ranges() {
  std::string many = "Range: bytes=0-0";
  for (int i = 1; i < 1000; ++i) many += ",1-1";
  std::string overlapping = "Range: bytes=0-";
  for (int i = 1; i < 1000; ++i) overlapping += ",0-";
  auto bounded = [](const Observation& seen) {
    return seen.responses[0].body.size() > 100000 ? "answered with " + std::to_string(seen.responses[0].body.size()) + " bytes" : std::string();
  };
  std::vector<Probe> probes;
  for (const std::string& field : {many, overlapping}) {
    probes.push_back(answered("of a file", get("/file", field + "\r\n"), {200, 206, 416}).checked(bounded));
    probes.push_back(passed("forwarded", get("/x", field + "\r\n"), {get_x}));
  }
  return probes;
}

std::vector<Probe> accepted_codings() {
  std::string many = "Accept-Encoding: a;q=NaN", too_many = many;
  for (int i = 0; i < 1700; ++i) many += ",b,c";
  for (int i = 0; i < 10000; ++i) too_many += ",b;q=NaN";
  auto identity = [](const Observation& seen) { return seen.responses[0].has_field("content-encoding") ? std::string("encoded") : ""; };
  const auto plain = [](const std::string& fields) { return get("/coded/own", fields + "\r\n"); };
  return {answered("where compression is on", plain(many + ",gzip"), {200}).checked(identity),
          answered("a weight that is none", plain("Accept-Encoding: gzip;q=NaN"), {200}).checked(identity),
          answered("one that is", plain("Accept-Encoding: gzip;q=0.001"), {200}).checked([](const Observation& seen) {
            return seen.responses[0].field("Content-Encoding") == "gzip" ? "" : std::string("not compressed");
          }),
          answered("of a file", get("/file", many + "\r\n"), {200}).checked(identity), refused("10,000", get("/file", too_many + "\r\n"), {400, 431}),
          passed("forwarded", get("/x", many + "\r\n"), {get_x})};
}

std::vector<Probe> cookies() {
  std::string many = "Cookie: a0=1";
  for (int i = 1; i < 1000; ++i) many += "; a=1";
  return {refused("NUL", get("/x", bytes("Cookie: a=\0b\r\n"))), refused("control", get("/x", "Cookie: a=\x02\r\n")),
          refused("64 KiB", get("/x", "Cookie: a=" + repeat("b", 65536) + "\r\n"), {400, 431}), passed("1,000 pairs", get("/x", many + "\r\n"), {get_x}).with(many)};
}

std::vector<Probe> loops() {
  Probe probe = answered("", get("/round"), {508, 502}).on_port(looping);
  probe.words = "proxy_pass to itself";
  probe.checks_forwarded = true;
  std::string via = "Via: 1.1 a";
  for (int i = 0; i < 200; ++i) via += ", 1.1 a";
  return {probe, answered("Via of 200 proxies", get("/x", via + "\r\n"), {508, 502}),
          passed("Via of 3 proxies", get("/x", "Via: 1.1 a, 1.1 b, 1.1 c\r\n"), {get_x})};
}

}  // namespace

std::vector<Entry> head_entries() {
  std::string tls = bytes("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03") + repeat("r", 300);
  return {
      {"H01", "bare LF as line end",
       refused_requests({"GET /x HTTP/1.1\nHost: a.test\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a.test\n\r\n", "GET /x HTTP/1.1\r\nHost: a.test\r\n\n",
                         "GET /x HTTP/1.1\nHost: a.test\n\n", "GET /x HTTP/1.1\r\nX: a\nHost: a.test\r\n\r\n"}), {}},
      {"H02", "bare CR",
       refused_requests({"GET /x HTTP/1.1\rHost: a.test\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a.test\rX: y\r\n\r\n", "GET /x\r HTTP/1.1\r\nHost: a.test\r\n\r\n",
                         "GET /x HTTP/1.1\r\nHost: a.test\r\r\n\r\n", "GET /x HTTP/1.1\r\nHost: a.test\r\n\rX: y\r\n\r\n"}), {}},
      {"H03", "controls in values", controls_in_values(), {}},
      {"H04", "forbidden bytes in names, empty name", bytes_in_names(), {}},
      {"H05", "line without colon", refused_lines({"X", "Host a.test", "X y", "chunked"}), {}},
      {"H06", "first line begins with white space",
       refused_requests({"GET /x HTTP/1.1\r\n Host: a.test\r\n\r\n", "GET /x HTTP/1.1\r\n\tHost: a.test\r\n\r\n", "GET /x HTTP/1.1\r\n X: y\r\nHost: a.test\r\n\r\n",
                         "GET /x HTTP/1.1\r\n \r\nHost: a.test\r\n\r\n"}), {}},
      {"H07", "folded lines", refused_lines({"X: a\r\n b", "X: a\r\n\tb", "X:\r\n y", "X: a\r\n \r\nY: b", "X: a\r\n "}), {}},
      {"H08", "long names, values, targets, methods", long_parts(), {}},
      {"H09", "many fields",
       {refused("1,001", get("/x", repeat("a: b\r\n", 1001)), {400, 431}), refused("10,000", get("/x", repeat("a: b\r\n", 10000)), {400, 431}),
        passed("100", get("/x", repeat("a: b\r\n", 100)), {get_x})}, {}},
      {"H10", "name of 2^16 + n bytes",
       {refused("Content-Length in 16 bits", post("Content-Length" + repeat("x", 65536) + ": 5\r\n", "hello"), {400, 431}),
        refused("2^16", get("/x", repeat("x", 65536) + ": y\r\n"), {400, 431}), refused("2^8 + 14 is one name", get("/x", "Content-Length" + repeat("x", 256) + ": 5\r\n"), {200}).answering({{200}, {200}})
            .seeing({get_x}).followed_by(Probe::Then::last).answering({{200}})}, {}},
      {"H11", "no Host, two, or a malformed one", hosts(), {}},
      {"H12", "absolute-form and Host", absolute_forms(), {}},
      {"H13", "odd bytes in the authority",
       refused_requests({"GET http://a.test,b.test/ HTTP/1.1\r\nHost: a.test,b.test\r\n\r\n", "GET http://a.test#b/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
                         "GET http://u@a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", "GET http://a.test\\b/ HTTP/1.1\r\nHost: a.test\r\n\r\n",
                         "GET http://a.test\\@b.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n"}), {}},
      {"H14", "targets in no form", refused_targets({"admin", "*", "host:80", "a.test", "?x", "x/y", "../x", "http:/x", "http:x", ".", "%2fx"}), {}},
      {"H15", "fragment in the target", refused_targets({"/a#b", "/#", "/a?b#c", "#", "/a%20#"}), {}},
      {"H16", "raw bytes in the target", raw_bytes_in_targets(), {}},
      {"H17", "HTTP/0.9", refused_requests({"GET /\r\n", "GET /x\r\n\r\n", "GET \r\n"}), {}},
      {"H18", "versions", versions(), {}},
      {"H19", "preface of HTTP/2", refused_requests({"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes("\0\0\0\x04\0\0\0\0\0")}, {400, 505}), {}},
      {"H20", "TLS on the plain port (plain HTTP on a TLS port: later issue)", refused_requests({tls, tls.substr(0, 11)}, {400, 0}), {}},
      {"H21", "names listed in Connection", names_listed_by_connection(), {}},
      {"H22", "hop-by-hop fields", hop_by_hop(), {}},
      {"H23", "X-Forwarded-For from outside",
       {passed("the peer is appended", get("/x", "X-Forwarded-For: 1.2.3.4\r\n"), {get_x}).with("X-Forwarded-For: 1.2.3.4, 127.0.0.1\r\n"),
        passed("two fields become one", get("/x", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n"), {get_x}).with("5.6.7.8, 127.0.0.1\r\n")}, {}},
      {"H24", "other fields that claim an origin", forged_origin_fields(), {}},
      {"H25", "1,000 ranges", ranges(), {}},
      {"H26", "10,000 codings", accepted_codings(), {}},
      {"H27", "cookies", cookies(), {}},
      {"H28", "TRACE, Max-Forwards",
       {refused("TRACE", "TRACE /x HTTP/1.1\r\nHost: a.test\r\n\r\n", {405}), refused("with credentials", "TRACE /x HTTP/1.1\r\nHost: a.test\r\nAuthorization: Basic x\r\nCookie: a=b\r\n\r\n", {405}),
        refused("with a body", "TRACE /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello", {405, 400}),
        passed("OPTIONS with Max-Forwards", "OPTIONS /x HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\n\r\n", {"OPTIONS /x HTTP/1.1"})}, {}},
      {"H29", "unknown methods",
       {passed("FOO", "FOO /x HTTP/1.1\r\nHost: a.test\r\n\r\n", {"FOO /x HTTP/1.1"}), passed("lower case is another method", "get /x HTTP/1.1\r\nHost: a.test\r\n\r\n", {"get /x HTTP/1.1"}),
        refused("colon", "GE:T /x HTTP/1.1\r\nHost: a.test\r\n\r\n"), refused("control", "GE\x01T /x HTTP/1.1\r\nHost: a.test\r\n\r\n"), refused("none", " /x HTTP/1.1\r\nHost: a.test\r\n\r\n"),
        refused("quoted", "\"GET\" /x HTTP/1.1\r\nHost: a.test\r\n\r\n")}, {}},
      {"H30", "proxy loops", loops(), {}},
  };
}

}  // namespace drishti::testing::catalogue
