#include "request/fill_session.hpp"

#include <algorithm>

#include "cache/random_token.hpp"
#include "cache/validation.hpp"
#include "cache/vary.hpp"
#include "filters/range_answer.hpp"
#include "request/cache_tags.hpp"
#include "request/stored_answer.hpp"
#include "request/temporary_file.hpp"
#include "request/unkeyed_fields.hpp"

namespace drishti::request {

using http::FieldId;

namespace {

/// A file without a name, of up to proxy_max_temp_file_size.
class OverflowFile : public cache::BodyOverflow {
 public:
  explicit OverflowFile(std::uint64_t limit) : limit_(limit) {}
  bool open(const std::string& directory) { return limit_ > 0 && file_.open(directory); }
  bool write_at(std::uint64_t offset, std::string_view data) override {
    return data.size() <= limit_ && offset <= limit_ - data.size() && file_.write_at(offset, data);
  }
  bool read_at(std::uint64_t offset, std::string& text) const override { return file_.read_at(offset, text); }

 private:
  const std::uint64_t limit_;
  TemporaryFile file_;
};

}  // namespace

FillSession::FillSession(WorkerServices& services, context::RequestContext& context, Start start)
    : services_(services),
      context_(context),
      start_(std::move(start)),
      rules_(start_.query.store_rules()),
      request_at_(services.clock().wall_ms()),
      begun_(services.clock().now()),
      ban_number_(start_.view.zone->newest_ban()) {
  request_.as_get = context.method == http::Method::head && *context.location->cache.convert_head;
  if (!start_.stored || !start_.validates) return;
  http::FieldList fields;
  start_.stored->add_fields_to(fields);
  cache::add_validating_fields(fields, request_.validators);
}

// A fetch that came to nothing: those who wait try for themselves, one after the other. When there was a response that
// went another way (X-Accel-Redirect, an error page), theirs would go it, too: all at once.
void FillSession::give_up() {
  if (!answer_) start_.fill->end(has_head_ ? cache::Fill::State::alone : cache::Fill::State::again);
  start_.lock.reset();
}

FillSession::~FillSession() { give_up(); }

cache::Exchange FillSession::exchange(const http::ResponseHead& head) const {
  const http::Method method = request_.as_get ? http::Method::get : context_.method;
  return {method, &context_.head.fields, &head, request_at_, services_.clock().wall_ms()};
}

// ---- the head ----

bool FillSession::is_answered_by_stored(const http::ResponseHead& head) {
  has_head_ = true;
  if (head.status == 304 && request_.validators.size() > 0) {
    revalidate(head);
    start_.lock.reset();
    return true;
  }
  if (!start_.stored) return false;
  const auto reason = cache::stale_reason_of(head.status);
  const std::int64_t now = services_.clock().wall_ms();
  if (!reason || !cache::may_use_stale(start_.stored->freshness(), start_.request_control, start_.query.use_rules(),
                                       *reason, now))
    return false;
  answer_ = start_.stored;
  start_.fill->complete(answer_);
  start_.lock.reset();
  return true;
}

void FillSession::revalidate(const http::ResponseHead& head) {
  http::FieldList stored, merged, kept;
  start_.stored->add_fields_to(stored);
  if (!cache::validates(head.fields, stored)) {
    remove();
    return;
  }
  is_revalidated_ = true;
  cache::merge_not_modified(stored, head.fields, merged);
  decision_ = cache::decide_update(exchange(head), start_.stored->status(), merged, rules_);
  cache::add_storable_fields(merged, rules_, kept);
  collect_tags(merged, tags_);
  answer_ = start_.stored->with_head(parts(kept, start_.stored->status(), start_.stored->reason()));
  if (!answer_) answer_ = start_.stored;
  if (decision_.stored() && start_.may_store) put(answer_);
  else if (cache::removes_stored(decision_.refusal)) remove();
  start_.fill->complete(answer_);
}

void FillSession::begin(const http::ResponseHead& head) {
  is_begun_ = true;
  is_storing_ = decide(head);
  start_.status.stored = is_storing_;
  if (!is_storing_ && start_.status.detail.empty()) start_.status.detail = cache::text_of(decision_.refusal);
  if (is_storing_) announce(head);
  else start_.fill->end(cache::Fill::State::alone);
  if (!is_storing_) start_.lock.reset();
  if (context_.error_status == 0) fit_to_client(head);
  add_cache_status(start_.status, context_);
}

bool FillSession::decide(const http::ResponseHead& head) {
  const conf::CacheSettings& settings = context_.location->cache;
  if (!start_.may_store || CacheQuery::any_true(*settings.no_cache, context_)) return false;
  decision_ = cache::decide_store(exchange(head), rules_);
  if (!decision_.stored()) {
    if (start_.stored && head.status < 500) remove();  // what stands there is not the answer any more
    return false;
  }
  const std::uint64_t length = head.body.kind == http::BodyKind::length ? head.body.length : 0;
  return has_room_for(length) && choose_place(head);
}

bool FillSession::has_room_for(std::uint64_t length) {
  return length <= start_.query.options().max_entry && start_.fill->reserve(length, start_.view.zone->fill_budget());
}

// RFC 9111 4.1: which requests get this response, too.
bool FillSession::choose_place(const http::ResponseHead& head) {
  if (rules_.ignore.vary) return true;
  const cache::VaryKind kind = cache::vary_names(selecting_fields(head.fields, start_.place.marker.get(), context_), vary_);
  if (kind == cache::VaryKind::unusable) return false;
  if (kind == cache::VaryKind::none) {
    if (start_.place.marker) {
      start_.place = {std::string(start_.query.key()), start_.query.hash(), start_.primary, nullptr};
    }
    return true;
  }
  if (!cache::append_variant(vary_, context_.head.fields, variant_)) return false;
  const bool is_known = start_.place.marker && start_.place.marker->vary() == vary_;
  if (!is_known) put_marker(vary_, variant_);
  return true;
}

void FillSession::put_marker(std::string_view names, std::string_view variant) {
  cache::ResponseParts marker;
  marker.key = start_.query.key();
  marker.url = start_.query.url();
  marker.vary = names;
  marker.freshness = decision_.freshness;
  marker.token = cache::random_token();
  marker.ban_number = ban_number_;
  const cache::StoredResponsePtr made = cache::StoredResponse::make_from_text(marker, {});
  if (!made) return;
  start_.view.keep(start_.query.hash(), made, start_.primary.memory);
  share(made, start_.primary.shared);
  start_.place.key = cache::variant_key(start_.query.key(), marker.token, variant);
  start_.place.hash = cache::hash_key(start_.place.key);
  start_.place.tickets = {start_.view.zone->memory().ticket(start_.place.hash), std::nullopt};
  start_.place.marker = made;
}

cache::ResponseParts FillSession::parts(const http::FieldList& fields, int status, std::string_view reason) {
  cache::ResponseParts parts;
  parts.key = start_.place.key;
  parts.url = start_.query.url();
  parts.status = status;
  parts.reason = reason;
  parts.fields = &fields;
  parts.tags = tags_;
  parts.freshness = decision_.freshness;
  parts.token = cache::random_token();
  parts.ban_number = ban_number_;
  return parts;
}

// Those who wait get the head now; the body follows as it comes.
void FillSession::announce(const http::ResponseHead& head) {
  http::FieldList kept;
  cache::add_storable_fields(head.fields, rules_, kept);
  collect_tags(head.fields, tags_);
  head_ = cache::StoredResponse::make_from_text(parts(kept, head.status, head.reason), {});
  is_storing_ = head_ != nullptr;
  if (!is_storing_) return start_.fill->end(cache::Fill::State::alone);
  const bool is_fresh = head_->freshness().is_fresh(services_.clock().wall_ms());
  if (!is_fresh) return start_.fill->end(cache::Fill::State::alone);
  const bool is_sized = head.body.kind == http::BodyKind::length || head.body.kind == http::BodyKind::none;
  const auto length = is_sized ? std::optional(head.body.length) : std::nullopt;
  start_.fill->begin({head_, length, vary_, variant_});
}

// ---- what this client gets ----

void FillSession::fit_to_client(const http::ResponseHead& head) {
  context::Response& response = context_.response;
  switch (cache::check_preconditions(context_.head.fields, head.status, head.fields)) {
    case http::Precondition::proceed: break;
    case http::Precondition::not_modified:
      response.status = 304;
      response.reason = {};
      response.content_length.reset();
      for (http::Field& field : response.fields)
        if (!cache::belongs_in_not_modified(field)) field = http::Field{};
      return;
    case http::Precondition::failed:
      response.reset();
      response.status = 412;
      response.content_length = 0;
      gives_no_body_ = true;
      return;
  }
  if (head.status == 200 && context_.head.method == http::Method::get) cut_to_range(head);
}

// One range is cut out of the body as it passes; several would have to wait for it: those get the whole.
void FillSession::cut_to_range(const http::ResponseHead& head) {
  const http::FieldList& fields = context_.head.fields;
  const auto most = static_cast<std::size_t>(*context_.location->core.max_ranges);
  if (head.body.kind != http::BodyKind::length || most == 0) return;
  if (is_storing_ && !context_.response.fields.has(FieldId::accept_ranges))
    context_.response.fields.add({"Accept-Ranges", "bytes", FieldId::accept_ranges});
  if (!fields.has(FieldId::range) || !http::if_range_holds(fields, cache::validators_of(head.fields))) return;
  std::vector<http::ByteRange> ranges;
  const http::RangeOutcome outcome = http::parse_range(fields.get(FieldId::range), head.body.length, most, ranges);
  if (outcome == http::RangeOutcome::ignored || ranges.size() > 1) return;
  filters::RangeAnswer answer;
  filters::answer_ranges(fields.get(FieldId::range), head.body.length, context_, answer);
  if (outcome == http::RangeOutcome::unsatisfiable) {
    context_.response.status = 416;
    context_.response.content_length = 0;
    gives_no_body_ = true;
  } else {
    window_ = ranges.front();
  }
}

// ---- the body ----

void FillSession::take(std::span<std::string_view> pieces) {
  std::uint64_t at = size_;
  for (const std::string_view piece : pieces) size_ += piece.size();
  if (is_storing_ && !has_room_for(size_)) give_up_storing();
  if (is_storing_ || is_passing_) start_.fill->append(pieces);
  if (!window_ && !gives_no_body_) return;
  for (std::string_view& piece : pieces) {
    const std::uint64_t end = at + piece.size();
    const std::uint64_t first = window_ ? std::clamp(window_->first, at, end) : end;
    const std::uint64_t last = window_ ? std::clamp(window_->last + 1, first, end) : end;
    piece = piece.substr(first - at, last - first);
    at = end;
  }
}

// A body without a length turned out too large. Who reads it already cannot be told to ask for himself.
void FillSession::give_up_storing() {
  is_storing_ = false;
  if (start_.fill->is_read()) {
    const conf::ProxySettings& proxy = context_.location->proxy;
    auto file = std::make_unique<OverflowFile>(*proxy.max_temp_file_size);
    is_passing_ = file->open(*proxy.temp_path) && start_.fill->outgrow(std::move(file));
  }
  if (!is_passing_) start_.fill->end(cache::Fill::State::alone);
  start_.lock.reset();
}

void FillSession::end(bool is_whole) {
  end_fill(is_whole);
  start_.lock.reset();  // the client may take its time for the rest
}

void FillSession::end_fill(bool is_whole) {
  if (is_passing_ && is_whole) return start_.fill->end(cache::Fill::State::passed);
  if (!is_storing_ || !is_whole) return start_.fill->end(cache::Fill::State::again);
  http::FieldList fields;
  head_->add_fields_to(fields);
  const std::vector<cache::BodyBlock> body = start_.fill->take_body();
  const cache::StoredResponsePtr response =
      cache::StoredResponse::make(parts(fields, head_->status(), head_->reason()), body);
  if (!response) return start_.fill->end(cache::Fill::State::alone);
  put(response);
  start_.fill->complete(response);
  answer_ = response;
}

void FillSession::put(cache::StoredResponsePtr response) {
  start_.view.keep(start_.place.hash, response, start_.place.tickets.memory);
  share(std::move(response), start_.place.tickets.shared);
}

// Without a ticket a removal of the last minutes counts as one that came later: rather one response too few.
void FillSession::share(cache::StoredResponsePtr response, const std::optional<cache::SharedTicket>& ticket) {
  put_shared(start_.view, std::move(response), decision_.keep, ticket.value_or(cache::SharedTicket{{}, begun_}), start_.lock);
}

void FillSession::remove() {
  start_.view.zone->forget(start_.place.hash);
  remove_shared(start_.view, start_.place.key);
}

}  // namespace drishti::request
