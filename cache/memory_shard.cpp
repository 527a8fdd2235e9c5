#include "cache/memory_shard.hpp"

#include <mutex>
#include <utility>

namespace drishti::cache {

StoredResponsePtr MemoryShard::find(std::uint64_t place) {
  const std::lock_guard hold(lock_);
  const std::uint32_t number = number_of(place);
  if (number == none) return nullptr;
  Node& found = node(number);
  if (found.uses < most_uses) ++found.uses;
  return found.response;
}

std::uint64_t MemoryShard::generation(std::uint64_t place) const {
  const std::lock_guard hold(lock_);
  return const_cast<MemoryShard*>(this)->generation_of(place);
}

bool MemoryShard::insert(std::uint64_t place, StoredResponsePtr response, std::uint64_t generation) {
  StoredResponsePtr before;  // freed after the lock
  const std::lock_guard hold(lock_);
  if (generation_of(place) != generation) return false;
  const std::uint32_t number = number_of(place);
  if (number == none)
    add(place, std::move(response));
  else
    before = replace(number, std::move(response));
  return true;
}

bool MemoryShard::replace_exactly(std::uint64_t place, const StoredResponsePtr& before, StoredResponsePtr after) {
  StoredResponsePtr old;  // freed after the lock
  const std::lock_guard hold(lock_);
  const std::uint32_t number = number_of(place);
  if (number == none || node(number).response != before) return false;
  old = replace(number, std::move(after));
  return true;
}

bool MemoryShard::remove(std::uint64_t place) {
  StoredResponsePtr before;
  const std::lock_guard hold(lock_);
  ++generation_of(place);
  const std::uint32_t number = number_of(place);
  if (number != none) before = drop(number);
  return before != nullptr;
}

void MemoryShard::drop_overtaken(std::uint64_t place, std::uint64_t generation) {
  StoredResponsePtr before;  // freed after the lock
  const std::lock_guard hold(lock_);
  const std::uint32_t number = number_of(place);
  if (generation_of(place) == generation && number != none) before = drop(number);
}

void MemoryShard::outdate_tickets() {
  const std::lock_guard hold(lock_);
  for (std::uint64_t& one : generations_) ++one;
}

void MemoryShard::clear() {
  std::vector<std::unique_ptr<Node[]>> nodes;  // freed after the lock
  std::vector<std::uint32_t> buckets;
  GhostTable ghosts;
  const std::lock_guard hold(lock_);
  for (std::uint64_t& one : generations_) ++one;
  empty_queue(QueueName::small);
  empty_queue(QueueName::main);
  nodes.swap(nodes_);
  buckets.swap(buckets_);
  std::swap(ghosts, ghosts_);
  free_ = none;
  entries_ = 0;
}

void MemoryShard::empty_queue(QueueName name) {
  Queue& queue = queue_of(name);
  totals_->entries[static_cast<std::size_t>(name)] -= queue.count.exchange(0, std::memory_order_relaxed);
  count_bytes(name, 0, queue.bytes);
  queue.newest = queue.oldest = none;
}

StoredResponsePtr MemoryShard::step(QueueName name) {
  const std::uint32_t number = queue_of(name).oldest;
  if (number == none) return nullptr;
  Node& oldest = node(number);
  const bool spared = name == QueueName::small ? oldest.uses > 1 : oldest.uses > 0;
  if (spared) {
    unlink(number);
    oldest.uses = name == QueueName::small ? 0 : static_cast<std::uint8_t>(oldest.uses - 1);
    push(number, QueueName::main);
    return nullptr;
  }
  if (name == QueueName::small) ghosts_.add(fingerprint(oldest.place));
  ++totals_->evictions;
  return drop(number);
}

void MemoryShard::evict(QueueName queue) {
  StoredResponsePtr victim;
  const std::lock_guard hold(lock_);
  for (int steps = 0; steps < most_steps && victim == nullptr; ++steps) victim = step(queue);
}

bool MemoryShard::copy(std::size_t begin, Batch& responses) const {
  const std::lock_guard hold(lock_);
  const std::size_t end = nodes_.size() * chunk;
  for (std::size_t i = 0; i < batch && begin + i < end; ++i)
    responses[i] = node(static_cast<std::uint32_t>(begin + i)).response;
  return begin < end;
}

bool MemoryShard::remove_exactly(std::size_t number, const StoredResponsePtr& response) {
  StoredResponsePtr before;
  const std::lock_guard hold(lock_);
  if (number >= nodes_.size() * chunk) return false;
  const auto place = static_cast<std::uint32_t>(number);
  if (node(place).response != response) return false;
  before = drop(place);
  return true;
}

std::uint32_t MemoryShard::number_of(std::uint64_t place) {
  if (buckets_.empty()) return none;
  std::uint32_t number = bucket(place);
  while (number != none && node(number).place != place) number = node(number).chain;
  return number;
}

void MemoryShard::add(std::uint64_t place, StoredResponsePtr response) {
  if (entries_ >= buckets_.size()) grow_buckets();
  const std::uint32_t number = take_free();
  Node& added = node(number);
  added.place = place;
  added.response = std::move(response);
  added.uses = 0;
  added.chain = std::exchange(bucket(place), number);
  ++entries_;
  const bool again = ghosts_.take(fingerprint(place), entries_);
  push(number, again ? QueueName::main : QueueName::small);
}

StoredResponsePtr MemoryShard::replace(std::uint32_t number, StoredResponsePtr response) {
  Node& found = node(number);
  count_bytes(found.queue, response->memory(), found.response->memory());
  return std::exchange(found.response, std::move(response));
}

StoredResponsePtr MemoryShard::drop(std::uint32_t number) {
  unlink(number);
  unchain(number);
  Node& dropped = node(number);
  StoredResponsePtr response = std::move(dropped.response);
  dropped.chain = std::exchange(free_, number);
  --entries_;
  return response;
}

std::uint32_t MemoryShard::take_free() {
  if (free_ == none) add_chunk();
  const std::uint32_t number = free_;
  free_ = node(number).chain;
  return number;
}

void MemoryShard::add_chunk() {
  const auto first = static_cast<std::uint32_t>(nodes_.size() * chunk);
  nodes_.push_back(std::make_unique<Node[]>(chunk));
  for (std::uint32_t number = first + chunk; number-- != first;) node(number).chain = std::exchange(free_, number);
}

void MemoryShard::grow_buckets() {
  const std::size_t size = buckets_.empty() ? 16 : buckets_.size() * 2;
  buckets_.assign(size, none);
  ghosts_.grow(size);
  for (std::uint32_t number = 0; number < nodes_.size() * chunk; ++number) {
    Node& one = node(number);
    if (one.response != nullptr) one.chain = std::exchange(bucket(one.place), number);
  }
}

void MemoryShard::unchain(std::uint32_t number) {
  const Node& leaving = node(number);
  std::uint32_t* link = &bucket(leaving.place);
  while (*link != number) link = &node(*link).chain;
  *link = leaving.chain;
}

void MemoryShard::push(std::uint32_t number, QueueName name) {
  Queue& queue = queue_of(name);
  Node& pushed = node(number);
  pushed.queue = name;
  pushed.newer = none;
  pushed.older = queue.newest;
  (queue.newest != none ? node(queue.newest).newer : queue.oldest) = number;
  queue.newest = number;
  queue.count.fetch_add(1, std::memory_order_relaxed);
  totals_->entries[static_cast<std::size_t>(name)].fetch_add(1, std::memory_order_relaxed);
  count_bytes(name, pushed.response->memory(), 0);
}

void MemoryShard::unlink(std::uint32_t number) {
  const Node& leaving = node(number);
  Queue& queue = queue_of(leaving.queue);
  (leaving.newer != none ? node(leaving.newer).older : queue.newest) = leaving.older;
  (leaving.older != none ? node(leaving.older).newer : queue.oldest) = leaving.newer;
  queue.count.fetch_sub(1, std::memory_order_relaxed);
  totals_->entries[static_cast<std::size_t>(leaving.queue)].fetch_sub(1, std::memory_order_relaxed);
  count_bytes(leaving.queue, 0, leaving.response->memory());
}

void MemoryShard::count_bytes(QueueName name, std::uint64_t in, std::uint64_t out) {
  queue_of(name).bytes += in - out;
  totals_->bytes[static_cast<std::size_t>(name)].fetch_add(in - out, std::memory_order_relaxed);
}

}  // namespace drishti::cache
