#include "upstream/grpc_health.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace drishti::upstream {
namespace {

constexpr std::size_t most_bytes = 64 << 10;   ///< of a whole connection
constexpr std::size_t most_message = 1024;
constexpr std::size_t prefix_size = 5;         ///< gRPC over HTTP/2: compressed flag, length
constexpr std::uint64_t serving = 1;           ///< grpc.health.v1.HealthCheckResponse.ServingStatus

std::uint8_t* bytes_of(std::string_view text) {
  return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));  // nghttp2 only reads
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  return {bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

/// HealthCheckRequest { string service = 1; } with the prefix of a message.
std::string request_message(std::string_view service) {
  std::string message;
  if (!service.empty()) message.append(1, '\x0a').append(1, static_cast<char>(service.size())).append(service);
  return std::string(4, '\0') + static_cast<char>(message.size()) + message;
}

std::optional<std::uint64_t> take_varint(std::string_view& text) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 63 && !text.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

}  // namespace

struct GrpcHealthCall::Callbacks {
  static GrpcHealthCall& call_of(void* user) { return *static_cast<GrpcHealthCall*>(user); }

  static ssize_t read_request(nghttp2_session*, int32_t, uint8_t* buffer, std::size_t size, uint32_t* flags,
                              nghttp2_data_source* source, void*) {
    GrpcHealthCall& call = call_of(source->ptr);
    const std::size_t count = std::min(size, call.request_.size() - call.sent_);
    std::memcpy(buffer, call.request_.data() + call.sent_, count);
    call.sent_ += count;
    if (call.sent_ == call.request_.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  static int on_header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, std::size_t name_size,
                       const uint8_t* value, std::size_t value_size, uint8_t, void* user) {
    GrpcHealthCall& call = call_of(user);
    const std::string_view field_name(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), std::min<std::size_t>(value_size, 8));
    if (field_name == ":status") call.status_ = text;
    if (field_name == "grpc-status") call.grpc_status_ = text;
    return 0;
  }

  static int on_data(nghttp2_session*, uint8_t, int32_t, const uint8_t* data, std::size_t size, void* user) {
    std::string& message = call_of(user).message_;
    message.append(reinterpret_cast<const char*>(data), std::min(size, most_message - message.size()));
    return 0;
  }

  static int on_close(nghttp2_session*, int32_t, uint32_t, void* user) {
    call_of(user).is_closed_ = true;
    return 0;
  }
};

void GrpcHealthCall::Delete::operator()(nghttp2_session* session) const { nghttp2_session_del(session); }

GrpcHealthCall::GrpcHealthCall(std::string_view authority, std::string_view service, std::string_view scheme)
    : request_(request_message(service)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session* session = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) == 0) {
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::on_close);
    nghttp2_session_client_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
  }
  session_.reset(session);
  if (session_) begin(authority, scheme);
}

GrpcHealthCall::~GrpcHealthCall() = default;

void GrpcHealthCall::begin(std::string_view authority, std::string_view scheme) {
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings, std::size(settings));
  const nghttp2_nv fields[] = {field(":method", "POST"),
                               field(":scheme", scheme),
                               field(":path", "/grpc.health.v1.Health/Check"),
                               field(":authority", authority),
                               field("content-type", "application/grpc"),
                               field("te", "trailers"),
                               field("user-agent", "drishti (health check)")};
  nghttp2_data_provider body{};
  body.source.ptr = this;
  body.read_callback = Callbacks::read_request;
  nghttp2_submit_request(session_.get(), nullptr, fields, std::size(fields), &body, nullptr);
}

std::string GrpcHealthCall::output() {
  write_frames();
  return std::exchange(output_, {});
}

void GrpcHealthCall::write_frames() {
  const std::uint8_t* data = nullptr;
  ssize_t size = 0;
  while (session_ && (size = nghttp2_session_mem_send(session_.get(), &data)) > 0)
    output_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
}

bool GrpcHealthCall::take(std::string_view bytes) {
  taken_ += bytes.size();
  if (!session_ || taken_ > most_bytes) return false;
  const ssize_t used = nghttp2_session_mem_recv(session_.get(), bytes_of(bytes), bytes.size());
  if (used < 0) return false;
  write_frames();  // an error of the connection is answered by GOAWAY, and behind that nothing is read
  return is_closed_ || nghttp2_session_want_read(session_.get()) != 0;
}

/// HealthCheckResponse { ServingStatus status = 1; }; nothing when it cannot be read.
std::optional<std::uint64_t> GrpcHealthCall::serving_status() const {
  if (message_.size() < prefix_size || message_[0] != '\0') return std::nullopt;
  std::string_view rest = std::string_view(message_).substr(prefix_size);
  std::uint64_t status = 0;
  while (!rest.empty()) {
    constexpr std::uint64_t status_field = 1 << 3;  // field 1, a varint
    const auto tag = take_varint(rest);
    const auto value = tag && (*tag & 7) == 0 ? take_varint(rest) : std::nullopt;
    if (!value) return std::nullopt;
    if (*tag == status_field) status = *value;
  }
  return status;
}

bool GrpcHealthCall::is_wanted(int status) const {
  if (status_ != "200" || grpc_status_ != std::to_string(status)) return false;
  return status != 0 || serving_status() == serving;
}

std::string GrpcHealthCall::result() const {
  static constexpr std::string_view names[] = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
  if (status_ != "200") return status_.empty() ? "no response" : "status " + status_;
  if (grpc_status_ != "0") return grpc_status_.empty() ? "no grpc-status" : "grpc-status " + grpc_status_;
  const auto status = serving_status();
  return status && *status < std::size(names) ? std::string(names[*status]) : "invalid message";
}

}  // namespace drishti::upstream
