#pragma once
// The page of `metrics`, taken apart.

#include <map>
#include <set>
#include <sstream>
#include <string>

#include "tests/scenarios/scenario.hpp"
#include "tests/support/patience.hpp"

namespace drishti::testing {

/// Values by series, as written: `name{label="value"}`.
class MetricsPage {
 public:
  explicit MetricsPage(const std::string& text = {}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.empty() || line[0] == '#') continue;
      const auto space = line.rfind(' ');
      values_[line.substr(0, space)] = std::stod(line.substr(space + 1));
    }
  }
  static MetricsPage of(const ProxyUnderTest& proxy, int port = 1) {
    RawClient client(proxy.port(port));
    client.send("GET /metrics HTTP/1.1\r\nHost: metrics.test\r\nConnection: close\r\n\r\n");
    return MetricsPage(client.read_response().value_or(RawResponse{}).body);
  }

  /// -1 when there is no such series.
  double operator[](const std::string& series) const {
    const auto found = values_.find(series);
    return found == values_.end() ? -1 : found->second;
  }
  std::set<std::string> series() const {
    std::set<std::string> names;
    for (const auto& [name, value] : values_) names.insert(name);
    return names;
  }
  /// Of all series of a family, whatever their labels.
  double sum(const std::string& family) const {
    double total = 0;
    for (const auto& [name, value] : values_)
      if (name.substr(0, name.find('{')) == family) total += value;
    return total;
  }

 private:
  std::map<std::string, double> values_;
};

/// Scrapes until SERIES has VALUE; the last page.
inline MetricsPage page_with(const ProxyUnderTest& proxy, const std::string& series, double value) {
  MetricsPage page;
  eventually([&] { return (page = MetricsPage::of(proxy))[series] == value; });
  return page;
}

}  // namespace drishti::testing
