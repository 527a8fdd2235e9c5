#pragma once
// What can be wrong with an attempt, in the words that proxy_next_upstream and proxy_cache_use_stale share.

namespace drishti::conf {

struct FailureWords {
  bool error = false, timeout = false, invalid_header = false, off = false;
  bool http_500 = false, http_502 = false, http_503 = false, http_504 = false;
  bool http_403 = false, http_404 = false, http_429 = false;
  /// Whether STATUS is among them.
  bool lists_status(int status) const;
};

}  // namespace drishti::conf
