// match: what a response to a health check has to be.
#include <algorithm>

#include "conf/health_checks.hpp"
#include "conf/lower_case.hpp"
#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

Regex regex_of(const std::string& text, bool caseless, const Directive& d) {
  try {
    return Regex(text, caseless);
  } catch (const std::invalid_argument& error) {
    fail(error.what(), d);
  }
}

int status_of(std::string_view text, const Directive& d) {
  const auto value = parse_number(text);
  if (!value || *value < 100 || *value > 599) fail("invalid status " + quoted(text), d);
  return static_cast<int>(*value);
}

// status 200; status ! 500; status 200-399 401;
void read_status(const Directive& d, HealthMatch& match) {
  HealthMatch::Status status;
  for (std::size_t i = 0; i < d.args.size(); ++i) {
    const std::string_view text = d.args[i];
    if (i == 0 && text == "!") {
      status.negated = true;
      continue;
    }
    const std::size_t dash = text.find('-');
    const int from = status_of(text.substr(0, dash), d);
    const int to = dash == text.npos ? from : status_of(text.substr(dash + 1), d);
    if (to < from) fail("invalid status range " + quoted(text), d);
    status.ranges.emplace_back(from, to);
  }
  if (status.ranges.empty()) fail("no status in \"status\"", d);
  match.statuses.push_back(std::move(status));
}

// header Name; header ! Name; header Name = value; != ~ !~
void read_header(const Directive& d, HealthMatch& match) {
  using Test = HealthMatch::Header::Test;
  HealthMatch::Header header;
  if (d.args.size() == 1 || (d.args.size() == 2 && d.args[0] == "!")) {
    header.test = d.args.size() == 1 ? Test::exists : Test::missing;
    header.name = lower_case(d.args.back());
    return match.headers.push_back(std::move(header));
  }
  static constexpr std::pair<std::string_view, Test> operators[] = {
      {"=", Test::equal}, {"!=", Test::not_equal}, {"~", Test::match}, {"!~", Test::not_match}};
  if (d.args.size() != 3) fail("invalid \"header\" test", d);
  const auto* known = std::ranges::find(operators, std::string_view(d.args[1]), &std::pair<std::string_view, Test>::first);
  if (known == std::end(operators)) fail("invalid operator " + quoted(d.args[1]), d);
  header.name = lower_case(d.args[0]);
  header.test = known->second;
  header.value = d.args[2];
  if (header.test == Test::match || header.test == Test::not_match) header.regex = regex_of(header.value, false, d);
  match.headers.push_back(std::move(header));
}

// body ~ "expr"; body !~ "expr"; with ~* without case
void read_body(const Directive& d, HealthMatch& match) {
  if (d.args.size() != 2) fail("invalid \"body\" test", d);
  const std::string& how = d.args[0];
  if (how != "~" && how != "!~" && how != "~*" && how != "!~*") fail("invalid operator " + quoted(how), d);
  match.bodies.push_back({how.starts_with('!'), regex_of(d.args[1], how.ends_with('*'), d)});
}

}  // namespace

void read_health_match(Analysis& a, const Directive& d) {
  auto match = std::make_shared<HealthMatch>();
  match->name = d.args[0];
  match->where = d.where;
  for (const Directive& line : d.children) {
    if (line.is_block) fail("directive " + quoted(line.name) + " is not terminated by \";\"", line);
    if (line.name == "status") {
      read_status(line, *match);
    } else if (line.name == "header") {
      read_header(line, *match);
    } else if (line.name == "body") {
      read_body(line, *match);
    } else if (line.name == "require") {
      fail("\"require\" of the \"match\" directive is not implemented by drishti yet", line);
    } else {
      fail("unknown directive " + quoted(line.name), line);
    }
  }
  if (!a.health_matches.emplace(d.args[0], std::move(match)).second) fail("duplicate match " + quoted(d.args[0]), d);
}

}  // namespace drishti::conf
