#include "cache/redis/reply_reader.hpp"

#include <hiredis/read.h>

#include <new>
#include <utility>

namespace drishti::cache::redis {
namespace {

Reply::Type type_of(int type) {
  switch (type) {
    case REDIS_REPLY_STRING: return Reply::Type::string;
    case REDIS_REPLY_ARRAY: return Reply::Type::array;
    case REDIS_REPLY_INTEGER: return Reply::Type::integer;
    case REDIS_REPLY_STATUS: return Reply::Type::status;
    case REDIS_REPLY_ERROR: return Reply::Type::error;
    default: return Reply::Type::nil;
  }
}

}  // namespace

/// hiredis's callbacks: they fill `root_` instead of objects of hiredis's own.
struct ReplyReader::Objects {
  static Reply* place(const redisReadTask* task) {
    auto& self = *static_cast<ReplyReader*>(task->privdata);
    Reply* reply = &self.root_;
    if (task->parent) {
      auto& siblings = static_cast<Reply*>(task->parent->obj)->elements;
      const auto index = static_cast<std::size_t>(task->idx);
      if (index >= siblings.size()) siblings.resize(index + 1);
      reply = &siblings[index];
    }
    reply->type = type_of(task->type);
    return reply;
  }
  static void* string(const redisReadTask* task, char* bytes, std::size_t size) {
    Reply* reply = place(task);
    reply->text.assign(bytes, size);
    return reply;
  }
  // The announced count is not believed: elements get memory as they arrive. reserve() keeps their addresses.
  static void* array(const redisReadTask* task, int count) {
    auto& self = *static_cast<ReplyReader*>(task->privdata);
    const auto wanted = static_cast<std::size_t>(count);
    if (wanted > self.limits_.elements - self.elements_) return nullptr;
    self.elements_ += wanted;
    Reply* reply = place(task);
    reply->elements.reserve(wanted);
    return reply;
  }
  static void* integer(const redisReadTask* task, long long value) {
    Reply* reply = place(task);
    reply->integer = value;
    return reply;
  }
  // The task's type is that of what could have stood there: a string or an array.
  static void* nil(const redisReadTask* task) {
    Reply* reply = place(task);
    reply->type = Reply::Type::nil;
    return reply;
  }
  static void free(void*) {}  // `root_` is emptied by whoever asks for the next reply

  inline static redisReplyObjectFunctions functions{string, array, integer, nil, free};
};

void ReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

ReplyReader::ReplyReader(ReplyLimits limits) : limits_(limits) { reset(); }
ReplyReader::~ReplyReader() = default;

void ReplyReader::reset() {
  reader_.reset(redisReaderCreateWithFunctions(&Objects::functions));
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = this;
  root_ = Reply{};
  elements_ = bytes_ = 0;
  error_.clear();
}

void ReplyReader::feed(std::string_view bytes) {
  if (!error_.empty()) return;
  bytes_ += bytes.size();
  if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) broken("no memory for a reply");
}

ReplyReader::State ReplyReader::broken(std::string why) {
  if (error_.empty()) error_ = std::move(why);
  return State::broken;
}

ReplyReader::State ReplyReader::next(Reply& reply) {
  if (!error_.empty()) return State::broken;
  void* done = nullptr;
  if (redisReaderGetReply(reader_.get(), &done) != REDIS_OK)
    return broken(reader_->err == REDIS_ERR_OOM ? "a reply of too many elements" : reader_->errstr);
  if (!done) {
    if (bytes_ > limits_.bytes) return broken("a reply of too many bytes");
    return State::incomplete;
  }
  reply = std::exchange(root_, Reply{});
  elements_ = 0;
  bytes_ = reader_->len - reader_->pos;
  return State::complete;
}

}  // namespace drishti::cache::redis
