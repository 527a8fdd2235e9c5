#pragma once
// The client of a location with compression: a ClientStream in front of the real one that changes the body of a response
// where that is wanted. Everything else, and every response that stays as it is, passes through.

#include <span>
#include <string>
#include <string_view>

#include "compress/coder_pool.hpp"
#include "net/buffer_pool.hpp"
#include "request/client_stream.hpp"
#include "request/worker_services.hpp"

namespace drishti::request {

class CodingClient : public ClientStream {
 public:
  CodingClient(WorkerServices& services, compress::CoderPool& coders, ClientStream& client)
      : services_(services), coders_(coders), inner_(client) {}
  CodingClient(const CodingClient&) = delete;
  CodingClient& operator=(const CodingClient&) = delete;

  net::Task<BodyPiece> read_body() override { return inner_.read_body(); }
  void stop_reading_body() override { inner_.stop_reading_body(); }
  bool body_done() const override { return inner_.body_done(); }
  std::string_view buffered_body() const override { return inner_.buffered_body(); }

  void begin_response(context::RequestContext& context) override;
  /// What is coded is held back until it fills a buffer. Beside the end an empty write lets it go: for a source that pauses.
  net::Task<SendStatus> write(std::span<const std::string_view> pieces, bool last) override;
  SendStatus start_write(std::span<const std::string_view> pieces, bool last) override;
  net::Task<SendStatus> flush() override;
  bool is_rate_limited() const override { return inner_.is_rate_limited(); }
  net::Task<SendStatus> write_file(int file, std::uint64_t offset, std::uint64_t length, bool last) override;
  bool head_sent() const override { return inner_.head_sent(); }
  void abort() override;
  void close_after_response() override { inner_.close_after_response(); }
  bool accepts_switch(const http::ResponseHead& head) const override { return inner_.accepts_switch(head); }
  net::BytePipe& upgrade(std::string& early_bytes) override { return inner_.upgrade(early_bytes); }
  void set_trailers(const http::FieldList& fields) override { inner_.set_trailers(fields); }
  const http::FieldList* request_trailers() const override { return inner_.request_trailers(); }
  void watch_for_close(void (*hook)(void*), void* owner) override { inner_.watch_for_close(hook, owner); }
  bool is_gone() const override { return inner_.is_gone(); }

 private:
  /// What is still to be coded, and what is wanted behind it.
  struct Input {
    std::span<const std::string_view> pieces;
    std::string_view rest;
    compress::Op op;
  };
  enum class Coded : std::uint8_t {
    all,     ///< the input is coded, and what was wanted behind it
    full,    ///< the buffer has to be sent first
    turn,    ///< others have to have their turn first
    failed,
  };

  void choose_coder();
  void choose_encoder(bool is_head_only);
  compress::CoderPool::Lease take_encoder(http::ContentCoding coding);
  Input input_of(std::span<const std::string_view> pieces, bool last) const;
  Coded code(Input& input);
  Coded code_step(Input& input, compress::Op op);
  net::Task<SendStatus> write_coded(Input input);
  net::Task<SendStatus> write_kept();
  net::Task<SendStatus> code_file(int file, std::uint64_t offset, std::uint64_t length, bool last);
  bool has_to_be_sent(Coded coded, const Input& input) const;
  std::string_view take_coded(Coded coded, const Input& input);
  SendStatus hold_back();
  SendStatus keep(const Input& input);
  SendStatus fail();

  WorkerServices& services_;
  compress::CoderPool& coders_;
  ClientStream& inner_;
  context::RequestContext* context_ = nullptr;
  compress::CoderPool::Lease coder_;  ///< null: the body passes as it is
  const char* failure_ = nullptr;
  net::Buffer out_;
  std::size_t work_ = 0;       ///< bytes since others had their turn
  bool is_dirty_ = false;      ///< the coder may hold something back
  std::string kept_;           ///< input that start_write() could not code yet
  compress::Op kept_op_ = compress::Op::process;
  bool has_kept_ = false;
};

}  // namespace drishti::request
