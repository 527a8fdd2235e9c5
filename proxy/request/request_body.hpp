#pragma once
// A request's body before it goes upstream: left in the client's buffer when it is already there, else gathered in
// memory up to client_body_buffer_size, beyond that in an unlinked temporary file. A gathered body can be sent again.

#include <cstdint>
#include <string>
#include <string_view>

#include "context/request_context.hpp"
#include "net/task.hpp"
#include "request/client_stream.hpp"
#include "request/temporary_file.hpp"

namespace drishti::request {

class RequestBody {
 public:
  RequestBody() = default;
  RequestBody(const RequestBody&) = delete;
  RequestBody& operator=(const RequestBody&) = delete;

  /// Reads the whole body. 0, or the status to answer: 400, 408, 413, 499 (client left), 500 (temporary file).
  net::Task<int> gather(ClientStream& client, context::RequestContext& context);

  std::uint64_t size() const { return size_; }
  bool in_file() const { return file_.is_open(); }
  int file() const { return file_.descriptor(); }
  std::string_view memory() const { return view_; }
  /// Instead of gathering, an exchange reads from the client while it sends (proxy_request_buffering off).
  void set_streamed() { streamed_ = true; }
  bool was_streamed() const { return streamed_; }

 private:
  int append(std::string_view data, const conf::CoreSettings& settings);
  bool spill(const conf::CoreSettings& settings);
  std::string gathered_;
  std::string_view view_;
  std::uint64_t size_ = 0;
  TemporaryFile file_;
  bool streamed_ = false;
};

/// The status for a body piece that is not data (408, 400, 499).
int body_failure_status(const BodyPiece& piece);

}  // namespace drishti::request
