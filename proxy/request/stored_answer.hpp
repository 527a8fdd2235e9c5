#pragma once
// Answers a request with a stored response: Age, Cache-Status, the client's conditions (RFC 9110 13), ranges (14).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache/cache_status.hpp"
#include "cache/stored_response.hpp"
#include "cache/zone.hpp"
#include "filters/range_answer.hpp"
#include "net/task.hpp"
#include "request/client_stream.hpp"
#include "request/outcome.hpp"

namespace drishti::request {

/// What is said about the cache's part in an answer.
struct CacheWord {
  std::string_view variable;   ///< $upstream_cache_status: a literal
  cache::CacheStatus status;   ///< Cache-Status
};

class StoredAnswer {
 public:
  StoredAnswer(context::RequestContext& context, ClientStream& client) : context_(context), client_(client) {}

  /// Answers with RESPONSE, which lives until the log line is written. NOW in Unix milliseconds. A body that has to be
  /// compressed for this client is kept in ZONE beside the response, for the next.
  net::Task<Outcome> send(const cache::StoredResponsePtr& response, std::int64_t now, const CacheWord& word, cache::Zone& zone);

  /// Fills context.response from a head whose body comes later, of SIZE bytes if that is known. An outcome: 412, nothing
  /// to send.
  std::optional<Outcome> prepare(const cache::StoredResponse& head, std::optional<std::uint64_t> size, std::int64_t now,
                                 const CacheWord& word);
  /// After prepare(): the head is all there is (304, HEAD).
  bool is_head_only() const { return context_.response.status == 304 || context_.head.method == http::Method::head; }
  /// Makes it a 206 where the client asked for ranges of the SIZE bytes. An outcome: 416.
  std::optional<Outcome> take_ranges(std::uint64_t size);
  bool asks_for_ranges() const;

 private:
  /// Where the coded body goes that is made while it is sent.
  struct CodedCopy {
    CodedCopy(cache::StoredResponsePtr response, http::ContentCoding its_coding, cache::Zone& its_zone)
        : of(std::move(response)), coding(its_coding), zone(its_zone) {}
    cache::StoredResponsePtr of;
    http::ContentCoding coding;
    cache::Zone& zone;
    cache::FillBudget::Share share;
    std::string body;
  };

  void choose_body(const cache::StoredResponsePtr& response, cache::Zone& zone);
  void keep_copy();
  std::size_t piece_count(const cache::StoredResponse& response) const { return coded_ ? 1 : response.piece_count(); }
  std::string_view piece(const cache::StoredResponse& response, std::size_t i) const { return coded_ ? *coded_ : response.piece(i); }
  std::uint64_t body_size(const cache::StoredResponse& response) const { return coded_ ? coded_->size() : response.body_size(); }
  void take_head(const cache::StoredResponse& response, std::optional<std::uint64_t> size);
  void add_age(std::int64_t seconds);
  std::optional<Outcome> apply_conditions(const cache::StoredResponse& response);
  void become_not_modified();
  SendStatus start(const cache::StoredResponse& response);
  net::Task<Outcome> flush();
  net::Task<Outcome> send_slowly(const cache::StoredResponse& response);
  net::Task<Outcome> send_ranges(const cache::StoredResponse& response);
  net::Task<SendStatus> send_part(const cache::StoredResponse& response, const filters::RangePart& part, bool is_last);

  context::RequestContext& context_;
  ClientStream& client_;
  filters::RangeAnswer ranges_;
  const std::string* coded_ = nullptr;  ///< the body that is sent, when it is not the stored one
  std::unique_ptr<CodedCopy> copy_;
};

/// Adds Cache-Status to the answer, unless it is switched off.
void add_cache_status(const cache::CacheStatus& status, context::RequestContext& context);

}  // namespace drishti::request
