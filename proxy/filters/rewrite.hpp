#pragma once
// The rewrite phase: rewrite, set, if, return, break of one level (ngx_http_rewrite_module).

#include <cstdint>
#include <string_view>
#include <vector>

#include "conf/config.hpp"
#include "context/request_context.hpp"

namespace drishti::filters {

struct RewriteResult {
  enum class Action : std::uint8_t {
    go_on,      ///< on with this location (context.location may have become an if_block)
    relocate,   ///< the URI changed (flag last, or none): find the location again
    respond,    ///< answer `status` with `text` (may be "" with has_text)
    redirect,   ///< answer `status` with Location `text`
    fail,       ///< `status` is an error of our own: 500 for a rewrite loop or a match limit
  };
  Action action = Action::go_on;
  int status = 0;
  bool has_text = false;
  std::string_view text;
};

/// Runs the operations in order. Changes context.uri/args/location/variables/captures.
RewriteResult run_rewrite(const std::vector<conf::RewriteOp>& ops, context::RequestContext& context);

}  // namespace drishti::filters
