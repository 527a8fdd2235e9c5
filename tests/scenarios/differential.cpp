#include "tests/scenarios/differential.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "compress/coder_pool.hpp"
#include "http/date.hpp"
#include "http/product.hpp"
#include "tests/compress/decoders.hpp"
#include "tests/support/raw_client.hpp"

namespace drishti::testing {

namespace {

constexpr const char* nginx_program = "/usr/sbin/nginx";
constexpr const char* nginx_product = "nginx/1.22.1";
constexpr time_t file_time = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(line);
  }
  return lines;
}

std::string name_of(const std::string& line) { return line.substr(0, line.find(':')); }

/// First line, then the fields by name: their order says nothing, except among those of one name (RFC 9110 5.3).
std::string sorted_head(const std::string& head, const std::vector<std::string>& left_out) {
  std::vector<std::string> lines = lines_of(head);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  if (lines.empty()) return {};
  std::stable_sort(lines.begin() + 1, lines.end(),
                   [](const std::string& a, const std::string& b) { return name_of(a) < name_of(b); });
  std::string sorted = lines.front() + "\n";
  for (auto line = lines.begin() + 1; line != lines.end(); ++line)
    if (std::find(left_out.begin(), left_out.end(), *line) == left_out.end()) sorted += *line + "\n";
  return sorted;
}

/// What the upstream received. nginx 1.22 asks for a close after each request where we keep connections.
Actions echo(const UpstreamRequest& request) {
  std::string seen = sorted_head(request.head, {"Connection: close"}) + "\n" + request.body;
  std::string fields = "Content-Type: text/plain\r\n";
  std::string answer = ok_response(seen, fields);
  if (request.head.starts_with("HEAD ")) answer.resize(answer.find("\r\n\r\n") + 4);
  return {Action::send(answer)};
}

/// An Expires of these days by its distance from Date.
void make_expires_relative(std::string& text) {
  std::smatch date, expires;
  if (!std::regex_search(text, date, std::regex("Date: ([^\r\n]+)")) ||
      !std::regex_search(text, expires, std::regex("Expires: ([^\r\n]+)")))
    return;
  const auto sent = http::parse_http_date(date[1].str()), end = http::parse_http_date(expires[1].str());
  if (!sent || !end || std::abs(*end - *sent) > 10 * 24 * 3600) return;
  replace_all(text, expires[0].str(), "Expires: NOW + " + std::to_string(*end - *sent));
}

/// The product's name and the date.
std::string without_accidents(std::string text) {
  replace_all(text, nginx_product, "PRODUCT/VERSION");
  replace_all(text, http::product_with_version, "PRODUCT/VERSION");
  replace_all(text, "Server: nginx", "Server: PRODUCT");
  replace_all(text, "Server: " + std::string(http::product_name), "Server: PRODUCT");
  replace_all(text, "<center>nginx</center>", "<center>PRODUCT</center>");
  replace_all(text, "<center>" + std::string(http::product_name) + "</center>", "<center>PRODUCT</center>");
  make_expires_relative(text);
  text = std::regex_replace(text, std::regex("Date: [A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"),
                            "Date: NOW");
  return text;
}

void hide_boundary(std::string& text) {
  std::smatch boundary;
  if (std::regex_search(text, boundary, std::regex("boundary=([0-9A-Za-z]+)")))
    replace_all(text, std::string(boundary[1]), "BOUNDARY");
}

std::string hide_side(const ProxyUnderTest& side, std::string text) {
  for (int i = 1; i <= 9; ++i) replace_all(text, std::to_string(side.port(i)), "PORT" + std::to_string(i));
  replace_all(text, side.directory(), "DIR");
  return text;
}

/// A generated page: its length depends on the product's name, which HEAD does not show.
bool body_is_a_page(int status) { return status >= 300; }

/// The length of a text that names the product or a port is its own.
std::string show(const RawResponse& response, const ProxyUnderTest& side, bool is_http10) {
  // Said to HTTP/1.0 alone: in HTTP/1.1 persistence is the default (RFC 9112 9.3).
  std::vector<std::string> left_out;
  if (!is_http10) left_out.push_back("Connection: keep-alive");
  std::string body = without_accidents(hide_side(side, response.body));
  std::string head = without_accidents(hide_side(side, sorted_head(response.head, left_out)));
  std::string length = "Content-Length: " + std::to_string(response.body.size()) + "\n";
  if (!response.body.empty()) replace_all(head, length, "Content-Length: OF-THE-BODY\n");
  if (response.body.empty() && body_is_a_page(response.status))
    head = std::regex_replace(head, std::regex("Content-Length: [1-9][0-9]*"), "Content-Length: OF-THE-PAGE");
  std::string interim;
  for (int status : response.interim) interim += "interim " + std::to_string(status) + "\n";
  std::string all = interim + head + "\n" + body + (response.complete ? "" : "\n[cut]");
  hide_boundary(all);
  return all;
}

/// A head over HTTP/2 as one of HTTP/1, so that one show() does for both.
RawResponse in_words_of_http1(const Http2Answer& answer) {
  RawResponse response;
  response.status = answer.status;
  response.interim = answer.interim;
  response.body = answer.body;
  response.complete = answer.ended;
  response.head = "HTTP/2 " + std::to_string(answer.status) + "\n";
  for (auto [name, value] : answer.fields) {
    if (name.starts_with(':')) continue;
    for (std::size_t i = 0; i < name.size(); ++i)
      if (i == 0 || name[i - 1] == '-') name[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[i])));
    response.head += name + ": " + value + "\n";
  }
  return response;
}

std::string make_www() {
  std::string name = (std::filesystem::temp_directory_path() / "drishti-www-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp failed");
  ::chmod(name.c_str(), 0755);
  return name;
}

void write_file(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << text;
  timespec times[2] = {{file_time, 0}, {file_time, 0}};
  ::utimensat(AT_FDCWD, path.c_str(), times, 0);
}

std::string gzipped(const std::string& text) {
  compress::CoderPool pool;
  return compress::testing::run(*pool.gzip(6), text).value();
}

void fill(const std::string& www) {
  write_file(www + "/index.html", "<p>index</p>\n");
  write_file(www + "/a.txt", "abcdefghijklmnopqrstuvwxyz0a1b2c3d4e\n");
  write_file(www + "/empty.txt", "");
  write_file(www + "/style.css", "p { color: red }\n");
  write_file(www + "/noextension", "plain\n");
  write_file(www + "/with space.txt", "space\n");
  write_file(www + "/per%cent.txt", "percent\n");
  write_file(www + "/zip/page.html", "<p>page of more than twenty bytes</p>\n");
  write_file(www + "/zip/page.html.gz", gzipped("<p>page that was zipped before</p>\n"));
  write_file(www + "/zip/alone.html", "<p>alone, in more than twenty bytes</p>\n");
  write_file(www + "/zip/only.html.gz", gzipped("<p>only the zipped one is there</p>\n"));
  write_file(www + "/zip/folder.html", "<p>beside a folder with the name</p>\n");
  write_file(www + "/zip/folder.html.gz/x", "x\n");
  write_file(www + "/dir/index.html", "<p>dir index</p>\n");
  write_file(www + "/dir/page.html", "<p>page</p>\n");
  write_file(www + "/noindex/file.xyz", "xyz\n");
  write_file(www + "/second/index.php", "<?php\n");
  write_file(www + "/errors/404.html", "<p>our 404</p>\n");
  write_file(www + "/errors/50x.html", "<p>our 50x</p>\n");
}

std::string expand(std::string text, const std::string& www, const std::string& upstream) {
  replace_all(text, "@www@", www);
  replace_all(text, "@echo@", upstream);
  return text;
}

std::string main_context(const std::string& http, const std::string& more) {
  return "events {}\nhttp {\nproxy_http_version 1.1;\n" + more + http + "\n}\n";
}

/// The places that Debian compiled in are root's.
std::string own_folders() {
  std::string text;
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    text += std::string(kind) + "_temp_path @dir@/" + kind + ";\n";
  return text;
}

/// Lines of nginx alone, then ours alone.
std::string difference(const std::string& theirs, const std::string& ours) {
  std::vector<std::string> a = lines_of(theirs), b = lines_of(ours);
  auto missing_in = [](const std::vector<std::string>& all, const std::string& line) {
    return std::find(all.begin(), all.end(), line) == all.end();
  };
  std::string text;
  for (const std::string& line : a)
    if (missing_in(b, line)) text += "  nginx: " + line + "\n";
  for (const std::string& line : b)
    if (missing_in(a, line)) text += "  ours:  " + line + "\n";
  return text.empty() ? "  nginx:\n" + theirs + "\n  ours:\n" + ours : text;
}

/// Digits between two '#' become one 9 a run.
std::string mask(const std::string& line) {
  std::string masked;
  bool inside = false;
  for (char c : line) {
    if (c == '#') inside = !inside;
    bool is_digit = inside && c >= '0' && c <= '9';
    if (is_digit && !masked.empty() && masked.back() == '9') continue;
    masked += is_digit ? '9' : c;
  }
  return masked;
}

}  // namespace

Exchange get(const std::string& target, const std::string& fields, const std::string& host) {
  return {"GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n"};
}

Exchange send(const std::string& method, const std::string& target, const std::string& fields,
              const std::string& body) {
  std::string length = body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return {method + " " + target + " HTTP/1.1\r\nHost: a.test\r\n" + length + fields + "\r\n" + body};
}

Exchange answered(const std::string& target, const std::string& answer) {
  Exchange exchange = get(target);
  exchange.answer = answer;
  return exchange;
}

Exchange deviates(Exchange exchange, const std::string& reason, const std::string& ours) {
  exchange.deviation = reason;
  exchange.ours = ours;
  return exchange;
}

Http2Exchange h2_send(const std::string& method, const std::string& path, const Http2Fields& more) {
  Http2Exchange exchange{{{":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "a.test"}}};
  exchange.fields.insert(exchange.fields.end(), more.begin(), more.end());
  return exchange;
}

Http2Exchange h2_post(const std::string& path, const std::string& body, const Http2Fields& more) {
  Http2Exchange exchange = h2_send("POST", path, more);
  exchange.body = body;
  exchange.ends_with_head = false;
  return exchange;
}

Http2Exchange h2_answered(const std::string& path, const std::string& answer) {
  Http2Exchange exchange = h2_send("GET", path);
  exchange.answer = answer;
  return exchange;
}

Http2Exchange deviates(Http2Exchange exchange, const std::string& reason, const std::string& ours) {
  exchange.deviation = reason;
  exchange.ours = ours;
  return exchange;
}

bool Duel::possible() { return ::access(nginx_program, X_OK) == 0; }

Duel::Duel(const std::string& http) : www_(make_www()), upstream_(echo) {
  fill(www_);
  std::string text = expand(http, www_, upstream_.address());
  nginx_ = std::make_unique<ProxyUnderTest>(main_context(text, own_folders()), nginx_program);
  ours_ = std::make_unique<ProxyUnderTest>(main_context(text, {}));
}

Duel::~Duel() {
  std::error_code ignored;
  std::filesystem::remove_all(www_, ignored);
}

std::string Duel::transcript(ProxyUnderTest& side, const Exchange& exchange) {
  std::string request = exchange.request;
  for (int i = 1; i <= 9; ++i) replace_all(request, "@port" + std::to_string(i) + "@", std::to_string(side.port(i)));
  RawClient client(side.port(exchange.port));
  client.send(request);
  bool is_http10 = request.find(" HTTP/1.0\r\n") != std::string::npos;
  std::string all;
  for (int i = 0; i < exchange.responses; ++i) {
    auto response = client.read_response(request.starts_with("HEAD "));
    all += response ? show(*response, side, is_http10) : client.closed() ? "[closed]" : "[silence]";
  }
  return all;
}

std::string Duel::transcript(ProxyUnderTest& side, const Http2Exchange& exchange) {
  Http2Client client(side.port());
  const std::uint32_t stream = client.request_with(exchange.fields, exchange.ends_with_head);
  constexpr std::size_t most_in_frame = 16384;
  for (std::size_t at = 0; !exchange.ends_with_head && at <= exchange.body.size(); at += most_in_frame)
    client.send_data(stream, exchange.body.substr(at, most_in_frame), at + most_in_frame > exchange.body.size());
  const Http2Answer answer = client.wait(stream);
  std::string end = answer.reset ? "[reset " + std::to_string(*answer.reset) + "]" : answer.ended ? "" : "[cut]";
  if (client.goaway()) end += "[goaway " + std::to_string(*client.goaway()) + "]";
  return (answer.status != 0 ? show(in_words_of_http1(answer), side, false) : "") + end;
}

template <class Any>
void Duel::compare_any(const Any& exchange, const std::string& words) {
  ++pairs_;
  if (exchange.answer.empty()) {
    upstream_.set_script(echo);
  } else {
    upstream_.set_script([answer = exchange.answer](const UpstreamRequest&) {
      return Actions{Action::send(answer), Action::close()};
    });
  }
  std::string theirs = transcript(*nginx_, exchange);
  std::string ours = transcript(*ours_, exchange);
  if (exchange.deviation.empty()) {
    if (ours != theirs) ADD_FAILURE() << words << difference(theirs, ours);
    return;
  }
  EXPECT_NE(ours, theirs) << "no deviation any more (" << exchange.deviation << ") for the request\n" << words;
  EXPECT_NE(ours.find(exchange.ours), std::string::npos) << ours << "\nfor the request\n" << words;
}

void Duel::compare(const Exchange& exchange) { compare_any(exchange, exchange.request.substr(0, 600)); }

void Duel::compare(const Http2Exchange& exchange) {
  std::string words;
  for (const auto& [name, value] : exchange.fields) words += name + ": " + value.substr(0, 100) + "\n";
  compare_any(exchange, words);
}

void Duel::compare_log(const std::string& name) {
  EXPECT_EQ(nginx_->stop(SIGTERM), 0);
  EXPECT_EQ(ours_->stop(SIGTERM), 0);
  std::vector<std::string> theirs = lines_of(hide_side(*nginx_, nginx_->read(name)));
  std::vector<std::string> ours = lines_of(hide_side(*ours_, ours_->read(name)));
  EXPECT_EQ(ours.size(), theirs.size());
  for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) EXPECT_EQ(mask(ours[i]), mask(theirs[i]));
}

namespace {

template <class Any>
void compare_all(const std::string& http, const std::vector<Any>& exchanges, const std::string& log) {
  if (!Duel::possible()) GTEST_SKIP() << nginx_program << " is not installed";
  Duel duel(http);
  for (const Any& exchange : exchanges) duel.compare(exchange);
  if (!log.empty()) duel.compare_log(log);
  ::testing::Test::RecordProperty("pairs", duel.pairs());
}

}  // namespace

void compare(const std::string& http, const std::vector<Exchange>& exchanges, const std::string& log) {
  compare_all(http, exchanges, log);
}

void compare_http2(const std::string& http, const std::vector<Http2Exchange>& exchanges, const std::string& log) {
  compare_all(http, exchanges, log);
}

}  // namespace drishti::testing
