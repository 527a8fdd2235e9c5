#include "conf/map_block.hpp"

#include <algorithm>

#include "conf/lower_case.hpp"
#include "conf/setters.hpp"

namespace drishti::conf {
namespace {

// One line of the block at a time; the flags concern the lines after them.
class MapReader {
 public:
  MapReader(Analysis& a, Map& map) : a_(a), map_(map) {}

  void read(const Directive& line) {
    if (line.is_block) fail("directive " + quoted(line.name) + " is not terminated by \";\"", line);
    if (line.args.empty() && line.name == "hostnames") {
      map_.hostnames = true;
    } else if (line.args.empty() && line.name == "volatile") {
      map_.is_volatile = true;
    } else if (line.args.size() != 1) {
      fail("invalid number of the map parameters", line);
    } else {
      read_entry(line);
    }
  }

  void finish() {
    const auto longest_first = [](const auto& x, const auto& y) { return x.first.size() > y.first.size(); };
    std::stable_sort(map_.wildcard_head.begin(), map_.wildcard_head.end(), longest_first);
    std::stable_sort(map_.wildcard_tail.begin(), map_.wildcard_tail.end(), longest_first);
  }

 private:
  void read_entry(const Directive& line) {
    const std::string& key = line.name;
    if (key == "default") {
      read_default(line);
    } else if (key.starts_with('~')) {
      read_regex(line);
    } else {
      // A backslash keeps a key from being read as one of the words above.
      const std::string text = lower_case(key.starts_with('\\') ? std::string_view(key).substr(1) : key);
      if (map_.hostnames && !key.starts_with('\\')) return read_host(line, text);
      add_exact(line, text);
    }
  }

  void read_default(const Directive& line) {
    if (has_default_) fail("duplicate default map parameter", line);
    has_default_ = true;
    map_.fallback = value(line);
  }

  // The groups must be known before the value, which may use them.
  void read_regex(const Directive& line) {
    const bool star = line.name.starts_with("~*");
    BoundRegex bound = compile_regex(line.name.substr(star ? 2 : 1), star, a_.variables, line.where);
    map_.regexes.emplace_back(std::move(bound.regex), value(line));
    map_.regex_names.push_back(std::move(bound.names));
  }

  void read_host(const Directive& line, const std::string& text) {
    const auto stars = std::count(text.begin(), text.end(), '*');
    if (text.starts_with("*.") && stars == 1) {
      add_wildcard(line, map_.wildcard_head, text.substr(1));
    } else if (text.ends_with(".*") && stars == 1) {
      add_wildcard(line, map_.wildcard_tail, text.substr(0, text.size() - 1));
    } else if (text.starts_with('.') && stars == 0) {
      add_exact(line, text.substr(1));
      add_wildcard(line, map_.wildcard_head, text);
    } else if (stars == 0 && text.find("..") == std::string::npos) {
      add_exact(line, text);
    } else {
      fail("invalid hostname or wildcard " + quoted(line.name), line);
    }
  }

  void add_exact(const Directive& line, const std::string& text) {
    if (!map_.exact.emplace(text, value(line)).second) fail("conflicting parameter " + quoted(line.name), line);
  }

  void add_wildcard(const Directive& line, std::vector<std::pair<std::string, Template>>& list, std::string text) {
    if (text == "." || text.find("..") != std::string::npos)
      fail("invalid hostname or wildcard " + quoted(line.name), line);
    if (std::any_of(list.begin(), list.end(), [&](const auto& entry) { return entry.first == text; }))
      fail("conflicting parameter " + quoted(line.name), line);
    list.emplace_back(std::move(text), value(line));
  }

  Template value(const Directive& line) { return a_.compile(line.args[0], line.where); }

  Analysis& a_;
  Map& map_;
  bool has_default_ = false;
};

}  // namespace

void read_map(Analysis& a, const Directive& d) {
  auto map = std::make_shared<Map>();
  map->where = d.where;
  map->source = a.compile(d.args[0], d.where);
  const std::string& name = d.args[1];
  if (name.size() < 2 || name[0] != '$') fail("invalid variable name " + quoted(name), d);
  MapReader reader(a, *map);
  for (const auto& line : d.children) reader.read(line);
  reader.finish();
  a.variables.define_map(std::string_view(name).substr(1), std::move(map), d.where);
}

}  // namespace drishti::conf
