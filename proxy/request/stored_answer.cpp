#include "request/stored_answer.hpp"

#include <algorithm>
#include <array>

#include "cache/validation.hpp"
#include "context/number_text.hpp"
#include "context/scratch.hpp"
#include "filters/compression.hpp"
#include "filters/proxy_response.hpp"
#include "filters/response_headers.hpp"
#include "http/product.hpp"
#include "metrics/cache_metrics.hpp"

namespace drishti::request {
namespace {

using http::FieldId;

constexpr std::size_t most_pieces = 16;
// Up to this a write that the socket does not take at once may be copied.
constexpr std::uint64_t most_at_once = 64 << 10;

net::Task<Outcome> at_once(Outcome outcome) { co_return outcome; }

}  // namespace

void add_cache_status(const cache::CacheStatus& status, context::RequestContext& context) {
  if (!*context.location->cache.status_field) return;
  context::Scratch text(context);
  cache::append_cache_status(http::product_name, status, text.text);
  context.response.fields.add({"Cache-Status", text.keep(), FieldId::other});
}

// As if it had just come from the upstream, so that the location's settings apply to it.
void StoredAnswer::take_head(const cache::StoredResponse& response, std::optional<std::uint64_t> size) {
  http::ResponseHead& head = context_.upstream_response;
  head.clear();
  head.status = response.status();
  head.reason = response.reason();
  response.add_fields_to(head.fields);
  head.body = {size ? http::BodyKind::length : http::BodyKind::until_close, size.value_or(0)};
  context_.upstream_head = &head;
  const filters::UpstreamAdvice advice = filters::take_upstream_head(head, context_);
  if (advice.limit_rate) context_.limit_rate = advice.limit_rate;
  // When it was made, not when it is served: Expires is read beside it (RFC 9111 5.3).
  context_.response.upstream_date = head.fields.get(FieldId::date);
}

void StoredAnswer::add_age(std::int64_t seconds) {
  context::NumberBuffer buffer;
  context_.response.fields.add({"Age", context_.arena.copy(context::write_number(seconds, buffer)), FieldId::age});
}

void StoredAnswer::become_not_modified() {
  context_.response.status = 304;
  context_.response.reason = {};
  context_.response.content_length.reset();
  for (http::Field& field : context_.response.fields)
    if (!cache::belongs_in_not_modified(field)) field = http::Field{};
}

std::optional<Outcome> StoredAnswer::apply_conditions(const cache::StoredResponse& response) {
  switch (cache::check_preconditions(context_.head.fields, response.status(), context_.upstream_head->fields)) {
    case http::Precondition::failed: return Outcome::error(412);
    case http::Precondition::not_modified: become_not_modified(); break;
    case http::Precondition::proceed: break;
  }
  return std::nullopt;
}

std::optional<Outcome> StoredAnswer::prepare(const cache::StoredResponse& response, std::optional<std::uint64_t> size,
                                             std::int64_t now, const CacheWord& word) {
  context_.cache_status = word.variable;
  if (word.status.collapsed && context_.cache_counters) context_.cache_counters->collapsed.add();
  take_head(response, size);
  const bool answers_error_page = context_.error_status > 0;
  if (answers_error_page) {
    context_.response.status = context_.error_status;
    context_.response.reason = {};
  } else if (auto outcome = apply_conditions(response)) {
    return outcome;
  }
  add_age(cache::age_seconds(response.freshness(), now));
  add_cache_status(word.status, context_);
  filters::apply_add_headers(context_);
  return std::nullopt;
}

bool StoredAnswer::asks_for_ranges() const {
  return context_.response.status == 200 && context_.error_status == 0 && *context_.location->core.max_ranges > 0 &&
         context_.head.method == http::Method::get && context_.head.fields.has(FieldId::range);
}

std::optional<Outcome> StoredAnswer::take_ranges(std::uint64_t size) {
  const http::FieldList& fields = context_.head.fields;
  if (!asks_for_ranges() || !http::if_range_holds(fields, cache::validators_of(context_.upstream_head->fields))) return {};
  const http::RangeOutcome outcome = filters::answer_ranges(fields.get(FieldId::range), size, context_, ranges_);
  if (outcome == http::RangeOutcome::unsatisfiable) return Outcome::error(416);
  return std::nullopt;
}

/// The body in the coding that suits the client, if it was made before; else it is made on the way, and copied.
void StoredAnswer::choose_body(const cache::StoredResponsePtr& response, cache::Zone& zone) {
  coded_ = nullptr;
  copy_.reset();
  const http::ContentCoding coding = filters::choose_coding(context_);
  if (coding == http::ContentCoding::identity) return;
  coded_ = response->coded(coding);
  if (coded_ != nullptr) {
    filters::become_coded(coding, context_);
    context_.response.content_length = coded_->size();
    context_.response.coded.from = response->body_size();
    context_.response.coded.to = coded_->size();
    return;
  }
  if (is_head_only()) return;
  auto copy = std::make_unique<CodedCopy>(response, coding, zone);
  if (!copy->share.grow_to(response->body_size(), zone.fill_budget())) return;
  copy_ = std::move(copy);
  context_.response.coded.copy = &copy_->body;
}

/// After all was sent.
void StoredAnswer::keep_copy() {
  if (copy_ && context_.response.coded.coding == copy_->coding)
    copy_->zone.keep_coded(copy_->of, copy_->coding, std::move(copy_->body));
  copy_.reset();
}

net::Task<Outcome> StoredAnswer::send(const cache::StoredResponsePtr& stored, std::int64_t now, const CacheWord& word,
                                      cache::Zone& zone) {
  const cache::StoredResponse& response = *stored;
  if (auto outcome = prepare(response, response.body_size(), now, word)) return at_once(*outcome);
  if (auto outcome = take_ranges(response.body_size())) return at_once(*outcome);
  if (context_.location->compression.is_on()) [[unlikely]] choose_body(stored, zone);
  client_.begin_response(context_);
  if (!ranges_.parts.empty()) return send_ranges(response);
  if (!is_head_only() && (body_size(response) > most_at_once || client_.is_rate_limited())) return send_slowly(response);
  switch (start(response)) {
    case SendStatus::pending: return flush();
    case SendStatus::ok: keep_copy(); break;
    default: client_.abort();
  }
  return at_once(Outcome::sent());
}

SendStatus StoredAnswer::start(const cache::StoredResponse& response) {
  std::array<std::string_view, most_pieces> pieces;
  std::size_t count = is_head_only() ? 0 : std::min(piece_count(response), most_pieces);
  for (std::size_t i = 0; i < count; ++i) pieces[i] = piece(response, i);
  return client_.start_write({pieces.data(), count}, true);
}

net::Task<Outcome> StoredAnswer::flush() {
  const SendStatus status = co_await client_.flush();
  if (status == SendStatus::ok) keep_copy();
  else client_.abort();
  co_return Outcome::sent();
}

net::Task<Outcome> StoredAnswer::send_slowly(const cache::StoredResponse& response) {
  SendStatus status = SendStatus::ok;
  const std::size_t count = piece_count(response);
  for (std::size_t i = 0; i < count && status == SendStatus::ok; ++i) {
    const std::string_view part = piece(response, i);
    status = co_await client_.write({&part, 1}, i + 1 == count);
  }
  if (status == SendStatus::ok) keep_copy();
  else client_.abort();
  co_return Outcome::sent();
}

net::Task<Outcome> StoredAnswer::send_ranges(const cache::StoredResponse& response) {
  SendStatus status = SendStatus::ok;
  for (std::size_t i = 0; i < ranges_.parts.size() && status == SendStatus::ok; ++i) {
    const bool is_last = i + 1 == ranges_.parts.size() && ranges_.epilogue.empty();
    status = co_await send_part(response, ranges_.parts[i], is_last);
  }
  if (status == SendStatus::ok && !ranges_.epilogue.empty()) status = co_await client_.write({&ranges_.epilogue, 1}, true);
  if (status != SendStatus::ok) client_.abort();
  co_return Outcome::sent();
}

net::Task<SendStatus> StoredAnswer::send_part(const cache::StoredResponse& response, const filters::RangePart& part,
                                              bool is_last) {
  SendStatus status = SendStatus::ok;
  if (!part.preamble.empty()) status = co_await client_.write({&part.preamble, 1}, false);
  std::uint64_t skip = part.offset, left = part.length;
  for (std::size_t i = 0; i < response.piece_count() && left > 0 && status == SendStatus::ok; ++i) {
    std::string_view piece = response.piece(i);
    if (skip >= piece.size()) {
      skip -= piece.size();
      continue;
    }
    piece = piece.substr(skip, left);
    skip = 0;
    left -= piece.size();
    status = co_await client_.write({&piece, 1}, is_last && left == 0);
  }
  co_return status;
}

}  // namespace drishti::request
