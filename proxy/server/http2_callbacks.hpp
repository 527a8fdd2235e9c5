#pragma once
// How the library calls the session back, and how it is set up; the same for all sessions.

#include <nghttp2/nghttp2.h>

#include <cstdint>

namespace drishti::server {

class Http2Library {
 public:
  static const Http2Library& get();
  const nghttp2_session_callbacks* callbacks() const { return callbacks_; }
  const nghttp2_option* options() const { return options_; }

  /// Where the body of a response comes from: the Stream that belongs to the id.
  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer, std::size_t most,
                           std::uint32_t* flags, nghttp2_data_source* source, void* user);

 private:
  Http2Library();
  ~Http2Library();
  nghttp2_session_callbacks* callbacks_ = nullptr;
  nghttp2_option* options_ = nullptr;
};

}  // namespace drishti::server
