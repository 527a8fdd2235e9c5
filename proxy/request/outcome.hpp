#pragma once
// What a phase of a request decided; the request handler's loop acts on it.

#include <cstdint>
#include <string_view>

namespace drishti::request {

struct Outcome {
  enum class Kind : std::uint8_t {
    sent,      ///< the response is out (or can't be: the client left); nothing more to do
    error,     ///< answer `status` through error_page
    respond,   ///< answer `status` with the body `text`, if has_text
    redirect,  ///< answer `status` with Location `text`
    relocate,  ///< internal redirect to the URI `text` (context.uri is set when text is empty)
    stored,    ///< answer with the stored response that the exchange's CacheSession holds
    named,     ///< internal redirect to the named location `text`
  };
  Kind kind = Kind::sent;
  int status = 0;
  bool has_text = false;
  std::string_view text;

  static Outcome sent() { return {}; }
  static Outcome error(int status) { return {Kind::error, status, false, {}}; }
};

}  // namespace drishti::request
