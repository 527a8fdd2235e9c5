#pragma once
// One call of grpc.health.v1.Health/Check over HTTP/2, in memory: no socket, no clock. What comes in is hostile.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct nghttp2_session;

namespace drishti::upstream {

/// One thread.
class GrpcHealthCall {
 public:
  /// SERVICE: at most 127 bytes; "": the server as a whole.
  GrpcHealthCall(std::string_view authority, std::string_view service, std::string_view scheme = "http");
  ~GrpcHealthCall();
  GrpcHealthCall(const GrpcHealthCall&) = delete;
  GrpcHealthCall& operator=(const GrpcHealthCall&) = delete;

  /// What has to be sent now.
  std::string output();
  /// False: BYTES are no HTTP/2, or more than any answer needs.
  bool take(std::string_view bytes);
  bool is_done() const { return is_closed_; }

  /// Once it is done. Whether the call ended with STATUS (grpc-status); with 0 it must say SERVING, too.
  bool is_wanted(int status) const;
  /// For people: `SERVING`, `NOT_SERVING`, `grpc-status 12`, `status 502`, `no grpc-status`.
  std::string result() const;

 private:
  struct Callbacks;
  struct Delete {
    void operator()(nghttp2_session* session) const;
  };
  void begin(std::string_view authority, std::string_view scheme);
  void write_frames();
  std::optional<std::uint64_t> serving_status() const;

  std::string request_;       ///< the message with its prefix
  std::size_t sent_ = 0;      ///< of it
  std::string status_;        ///< :status
  std::string grpc_status_;
  std::string message_;       ///< with its prefix
  std::string output_;        ///< not taken yet
  std::size_t taken_ = 0;     ///< bytes in all
  bool is_closed_ = false;
  std::unique_ptr<nghttp2_session, Delete> session_;
};

}  // namespace drishti::upstream
