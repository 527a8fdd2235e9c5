#pragma once
// Settings of an upstream group that have a feature of their own: retry_budget, sticky. docs/UPSTREAMS.md

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "conf/template.hpp"

namespace drishti::conf {

/// `retry_budget`: how many of the requests in progress may be repeats at a time.
struct RetryBudgetSettings {
  bool is_limited = true;
  int percent = 50;  ///< of the requests in progress at the group
  int least = 100;   ///< so many may be, however few are in progress
};

/// `sticky`: which server a client comes back to.
struct StickySettings {
  enum class Kind { none, cookie, route };
  Kind kind = Kind::none;
  std::string cookie;                ///< its name
  std::optional<std::chrono::seconds> expires;
  bool never_expires = false;        ///< expires=max
  Template domain, path, same_site;  ///< empty: the attribute is not sent
  bool http_only = false;
  bool secure = false;
  std::vector<Template> routes;      ///< the first that is not empty names the server
  std::string secret;                ///< sticky_secret: what the cookie says is keyed with it
  bool is_on() const { return kind != Kind::none; }
};

}  // namespace drishti::conf
