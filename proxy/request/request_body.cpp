#include "request/request_body.hpp"

#include <cerrno>
#include <cstring>

namespace drishti::request {

int body_failure_status(const BodyPiece& piece) {
  switch (piece.status) {
    case BodyPiece::Status::timeout: return 408;
    case BodyPiece::Status::malformed: return http::reject_status(piece.reject);
    case BodyPiece::Status::interrupted:
    case BodyPiece::Status::closed: return 499;
    default: return 0;
  }
}

bool RequestBody::spill(const conf::CoreSettings& settings) {
  if (!file_.open(settings.client_body_temp_path) || !file_.write_at(0, gathered_)) return false;
  gathered_.clear();
  gathered_.shrink_to_fit();
  return true;
}

int RequestBody::append(std::string_view data, const conf::CoreSettings& settings) {
  const std::uint64_t offset = size_;
  size_ += data.size();
  conf::Bytes limit = *settings.client_max_body_size;
  if (limit != 0 && size_ > limit) return 413;
  if (!in_file() && size_ > *settings.client_body_buffer_size && !spill(settings)) return 500;
  if (!in_file()) gathered_.append(data);
  else if (!file_.write_at(offset, data)) return 500;
  return 0;
}

net::Task<int> RequestBody::gather(ClientStream& client, context::RequestContext& context) {
  const http::BodyFraming& framing = context.head.body;
  if (framing.kind == http::BodyKind::none) co_return 0;
  const conf::CoreSettings& settings = context.location->core;
  if (framing.kind == http::BodyKind::length && client.buffered_body().size() >= framing.length) {
    BodyPiece piece = co_await client.read_body();  // already here as a whole: no copy
    view_ = piece.data;
    size_ = view_.size();
    context.body_in_memory = view_;
    if (!client.body_done()) piece = co_await client.read_body();
    co_return 0;
  }
  for (;;) {
    BodyPiece piece = co_await client.read_body();
    if (piece.status == BodyPiece::Status::end) break;
    if (piece.status != BodyPiece::Status::data) co_return body_failure_status(piece);
    int status = append(piece.data, settings);
    if (status != 0) {
      if (status == 500) context.log_error(conf::LogLevel::crit, std::string("writing a client request body to a temporary file failed: ") + std::strerror(errno));
      if (status == 413) context.log_error(conf::LogLevel::error, "client intended to send too large chunked body");
      co_return status;
    }
  }
  view_ = gathered_;
  context.body_in_memory = view_;
  co_return 0;
}

}  // namespace drishti::request
