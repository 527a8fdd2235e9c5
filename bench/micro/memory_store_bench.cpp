// What the memory layer costs: nanoseconds of a hit, a miss, an insert and one of each under eviction, bytes of heap an
// entry, and its hit ratio beside an LRU of the same capacity. Takes a case name and a count as head_parser_bench does.

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/cache_key.hpp"
#include "cache/memory_store.hpp"

using namespace drishti;
using namespace drishti::cache;

namespace {

std::uint64_t sink = 0;  // keeps the results alive

struct Entry {
  std::string key;
  KeyHash hash;
};

std::string url_of(std::size_t number) {
  return "http://api.example.org:80/api/v1/items/" + std::to_string(1'000'000 + number) + "?page=1";
}

std::vector<Entry> make_entries(std::size_t count) {
  std::vector<Entry> entries(count);
  for (std::size_t i = 0; i < count; ++i) {
    append_key_part(entries[i].key, url_of(i));
    entries[i].hash = hash_key(entries[i].key);
  }
  return entries;
}

/// A response of an API, as an origin sends it.
const http::FieldList& api_fields() {
  static const http::FieldList fields = [] {
    http::FieldList list;
    for (const auto& [name, value] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"Server", "example"},
             {"Date", "Sun, 06 Nov 1994 08:49:37 GMT"},
             {"Content-Type", "application/json; charset=utf-8"},
             {"Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"},
             {"ETag", "W/\"400-5d8c72a5edda8\""},
             {"Cache-Control", "public, max-age=60"},
             {"Vary", "Accept-Encoding"},
             {"X-Request-Id", "0123456789abcdef0123456789abcdef"}})
      list.add({name, value, http::field_id(name)});
    return list;
  }();
  return fields;
}

StoredResponsePtr make_response(std::string_view key, std::string_view body) {
  ResponseParts parts;
  parts.key = key;
  parts.url = key.substr(key.find(':') + 1);
  parts.status = 200;
  parts.reason = "OK";
  parts.fields = &api_fields();
  return StoredResponse::make_from_text(parts, body);
}

/// The head as it came: status line, fields with `: ` and CRLF, the empty line.
std::size_t head_size() {
  std::size_t size = std::string_view("HTTP/1.1 200 OK\r\n\r\n").size();
  for (const http::Field& field : api_fields()) size += field.name.size() + field.value.size() + 4;
  return size;
}

bool insert(MemoryStore& store, const Entry& entry, std::string_view body) {
  return store.insert(entry.hash, make_response(entry.key, body), store.ticket(entry.hash));
}

}  // namespace

// External linkage, so that callgrind can be told to count inside them only.
__attribute__((noinline)) void measured_hash(const Entry& entry) { sink += hash_key(entry.key).low; }

__attribute__((noinline)) void measured_hit(MemoryStore& store, const Entry& entry) {
  const StoredResponsePtr response = store.find(entry.hash, entry.key);
  if (response == nullptr) std::abort();
  sink += response->body_size();
}

__attribute__((noinline)) void measured_miss(MemoryStore& store, const Entry& entry) {
  if (store.find(entry.hash, entry.key) != nullptr) std::abort();
}

__attribute__((noinline)) void measured_insert(MemoryStore& store, const Entry& entry, const StoredResponsePtr& response) {
  if (!store.insert(entry.hash, response, store.ticket(entry.hash))) std::abort();
}

__attribute__((noinline)) void measured_fields(const StoredResponse& response, http::FieldList& fields) {
  fields.clear();
  response.add_fields_to(fields);
  sink += fields.size();
}

namespace {

template <typename Operation>
void run(std::string_view name, std::string_view wanted, std::size_t count, Operation operation) {
  if (!wanted.empty() && wanted != name) return;
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < count; ++i) operation(i);
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
  std::printf("%-18s %8.1f ns\n", std::string(name).c_str(), taken.count() / static_cast<double>(count));
}

/// Nanoseconds. Entries are visited in an order that no prefetcher knows, as requests do.
void run_times(std::string_view wanted, std::size_t count) {
  const std::vector<Entry> entries = make_entries(100'000);
  const std::string body(1024, 'x');
  const auto shuffled = [&](std::size_t i) -> const Entry& { return entries[i * 7919 % entries.size()]; };
  MemoryStore store(std::size_t{1} << 30), full(std::size_t{40} << 20), empty(1 << 20);
  for (const Entry& entry : entries) insert(store, entry, body);
  std::vector<StoredResponsePtr> responses;
  for (const Entry& entry : entries) responses.push_back(make_response(entry.key, body));
  http::FieldList fields;
  run("hash", wanted, count, [&](std::size_t i) { measured_hash(entries[i % 100]); });
  run("hit_hot", wanted, count, [&](std::size_t i) { measured_hit(store, entries[i % 100]); });
  run("hit_of_100000", wanted, count, [&](std::size_t i) { measured_hit(store, shuffled(i)); });
  run("miss", wanted, count, [&](std::size_t i) { measured_miss(empty, shuffled(i)); });
  run("replace", wanted, count, [&](std::size_t i) {
    measured_insert(store, shuffled(i), responses[i * 7919 % entries.size()]);
  });
  run("insert_and_evict", wanted, count, [&](std::size_t i) {
    measured_insert(full, shuffled(i), responses[i * 7919 % entries.size()]);
  });
  run("make_1k", wanted, count, [&](std::size_t i) { sink += make_response(entries[i % 100].key, body)->body_size(); });
  run("eight_fields", wanted, count, [&](std::size_t) { measured_fields(*responses[0], fields); });
}

std::size_t heap() { return mallinfo2().uordblks; }

/// Bytes of heap for each entry beyond its head and body, after they were filled in, and after each was evicted often.
void run_memory(std::string_view wanted) {
  if (!wanted.empty() && wanted != "memory") return;
  constexpr std::size_t count = 100'000;
  const std::string body(1024, 'x');
  const std::vector<Entry> entries = make_entries(4 * count);
  const auto report = [&](const char* name, const MemoryStore& store, std::size_t bytes) {
    const auto stored = static_cast<double>(store.stats().entries);
    std::printf("%-18s %8.1f bytes of heap an entry beyond head (%zu) and body (1024), key (%zu) included; counted: %.1f\n",
                name, static_cast<double>(bytes) / stored - static_cast<double>(head_size() + body.size()), head_size(),
                entries[0].key.size(),
                static_cast<double>(store.stats().bytes) / stored - static_cast<double>(head_size() + body.size()));
  };
  const std::size_t before = heap();
  {
    MemoryStore store(std::size_t{1} << 30);
    for (std::size_t i = 0; i < count; ++i) insert(store, entries[i], body);
    report("filled", store, heap() - before);
  }
  MemoryStore churned(count * make_response(entries[0].key, body)->memory());
  std::mt19937_64 random(1);
  for (std::size_t i = 0; i < 20 * count; ++i) insert(churned, entries[random() % entries.size()], body);
  report("churned", churned, heap() - before);
}

/// For comparison only. Capacity in bytes, as MemoryStore counts them.
class Lru {
 public:
  explicit Lru(std::size_t capacity) : capacity_(capacity) {}
  bool use(std::size_t number, std::size_t size) {
    const auto found = places_.find(number);
    if (found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    order_.push_front({number, size});
    places_[number] = order_.begin();
    for (bytes_ += size; bytes_ > capacity_; order_.pop_back()) {
      bytes_ -= order_.back().second;
      places_.erase(order_.back().first);
    }
    return false;
  }

 private:
  std::size_t capacity_, bytes_ = 0;
  std::list<std::pair<std::size_t, std::size_t>> order_;
  std::unordered_map<std::size_t, std::list<std::pair<std::size_t, std::size_t>>::iterator> places_;
};

/// Ranks with probability proportional to 1 / rank^0.9.
class Zipf {
 public:
  explicit Zipf(std::size_t ranks) {
    double sum = 0;
    for (std::size_t i = 0; i < ranks; ++i) sums_.push_back(sum += std::pow(static_cast<double>(i + 1), -0.9));
  }
  std::size_t operator()(std::mt19937_64& random) const {
    const double point = static_cast<double>(random() >> 11) * 0x1p-53 * sums_.back();
    return static_cast<std::size_t>(std::lower_bound(sums_.begin(), sums_.end(), point) - sums_.begin());
  }

 private:
  std::vector<double> sums_;
};

constexpr std::size_t keys = 100'000, scanned = 200'000;

std::vector<std::uint32_t> zipf_trace(std::size_t requests) {
  std::mt19937_64 random(42);
  const Zipf zipf(keys);
  std::vector<std::uint32_t> trace;
  for (std::size_t i = 0; i < requests; ++i) trace.push_back(static_cast<std::uint32_t>(zipf(random)));
  return trace;
}

/// A crawler that asks for each page once, between the requests of everybody else.
std::vector<std::uint32_t> with_scan(const std::vector<std::uint32_t>& trace) {
  std::vector<std::uint32_t> mixed;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    mixed.push_back(trace[i]);
    if (i % 3 == 0) mixed.push_back(static_cast<std::uint32_t>(keys + i / 3 % scanned));
  }
  return mixed;
}

/// A job that asks for the same 15,000 pages again and again, which is more than fits.
std::vector<std::uint32_t> with_loop(const std::vector<std::uint32_t>& trace) {
  std::vector<std::uint32_t> mixed;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    mixed.push_back(trace[i]);
    mixed.push_back(static_cast<std::uint32_t>(keys + i % 15'000));
  }
  return mixed;
}

void compare(const char* name, const std::vector<std::uint32_t>& trace, const std::vector<Entry>& entries,
             std::size_t places) {
  const std::string body(200, 'x');
  const std::size_t size = make_response(entries[0].key, body)->memory();
  MemoryStore store(places * size, {.seed = {1, 2}});
  Lru lru(places * size);
  std::size_t ours = 0, theirs = 0;
  for (const std::uint32_t number : trace) {
    const Entry& entry = entries[number];
    theirs += lru.use(number, size);
    if (store.find(entry.hash, entry.key) != nullptr)
      ++ours;
    else
      insert(store, entry, body);
  }
  const auto percent = [&](std::size_t hits) { return 100.0 * static_cast<double>(hits) / static_cast<double>(trace.size()); };
  std::printf("%-18s S3-FIFO %5.2f %%   LRU %5.2f %%\n", name, percent(ours), percent(theirs));
}

void run_hit_ratios(std::string_view wanted) {
  if (!wanted.empty() && wanted != "ratios") return;
  const std::vector<Entry> entries = make_entries(keys + scanned);
  const std::vector<std::uint32_t> zipf = zipf_trace(1'000'000);
  const std::vector<std::uint32_t> scan = with_scan(zipf), loop = with_loop(zipf);
  for (const std::size_t places : {1'000, 10'000}) {
    std::printf("%zu of %zu keys fit:\n", places, keys);
    compare("zipf 0.9", zipf, entries, places);
    compare("  with a scan", scan, entries, places);
    compare("  with a loop", loop, entries, places);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view wanted = argc > 1 ? argv[1] : "";
  const std::size_t count = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2'000'000;
  run_memory(wanted);
  run_times(wanted, count);
  run_hit_ratios(wanted);
  return sink == 1 ? 1 : 0;
}
