// All operations of MemoryStore from many threads at once; meant for the thread and address sanitizers.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include "cache/memory_store.hpp"
#include "tests/cache/responses.hpp"

namespace drishti::cache {
namespace {

using testing::response_for;

constexpr std::size_t keys = 400;
constexpr std::size_t capacity = 100'000;  // about half of them

std::string key(std::size_t number) { return "key" + std::to_string(number); }

/// Every thread repeats WORK with a generator of its own.
template <typename Work>
void in_threads(unsigned count, int rounds, Work work) {
  std::vector<std::thread> threads;
  for (unsigned seed = 1; seed <= count; ++seed) {
    threads.emplace_back([=] {
      std::mt19937 random(seed);
      for (int round = 0; round < rounds; ++round) work(random);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(MemoryStoreStress, AnswersOnlyTheRightKeyWhateverOthersDo) {
  MemoryStore store(capacity);
  std::atomic<std::uint64_t> hits{0}, wrong{0};
  in_threads(4, 5000, [&](std::mt19937& random) {
    const std::string text = key(random() % keys);
    const KeyHash hash = hash_key(text);
    const unsigned choice = random() % 1000;
    if (choice == 0) store.clear();
    else if (choice == 1) store.remove_if([](const StoredResponse& response) { return response.token() % 2 == 0; });
    else if (choice == 2) store.resize(capacity / (1 + random() % 2));
    else if (choice < 50) store.remove(hash);
    else if (choice < 400) store.insert(hash, response_for(text, text, random()), store.ticket(hash));
    else if (const StoredResponsePtr found = store.find(hash, text)) {
      ++hits;
      if (found->key() != text || found->piece(0) != text) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0U);
  EXPECT_GT(hits, 0U);
  store.resize(capacity);
  EXPECT_LE(store.stats().bytes, capacity);
  store.clear();
  EXPECT_EQ(store.stats().entries, 0U);
  EXPECT_EQ(store.stats().bytes, 0U);
}

/// The origin's version of a key goes up, then the key is removed. From then on nobody finds an older version, although
/// others fetched it before and insert it after.
TEST(MemoryStoreStress, NeverKeepsAnAnswerThatWasOvertakenByARemoval) {
  MemoryStore store(capacity * 10);
  std::array<std::atomic<std::uint64_t>, 8> versions{}, removed{};
  std::atomic<std::uint64_t> hits{0}, overtaken{0};
  const auto change = [&](std::size_t number) {
    const std::uint64_t version = ++versions[number];
    store.remove(hash_key(key(number)));
    for (std::uint64_t seen = removed[number]; seen < version && !removed[number].compare_exchange_weak(seen, version);) {}
  };
  in_threads(4, 8000, [&](std::mt19937& random) {
    const std::size_t number = random() % versions.size();
    const KeyHash hash = hash_key(key(number));
    const Ticket ticket = store.ticket(hash);
    const std::uint64_t fetched = versions[number];
    if (random() % 8 == 0) change(number);  // in the middle of this fetch, and of others'
    store.insert(hash, response_for(key(number), "", fetched), ticket);
    const std::uint64_t least = removed[number];
    const StoredResponsePtr found = store.find(hash, key(number));
    if (found == nullptr) return;
    ++hits;
    if (found->token() < least) ++overtaken;
  });
  EXPECT_EQ(overtaken, 0U);
  EXPECT_GT(hits, 0U);
}

TEST(MemoryStoreStress, FreesEveryResponseOnce) {
  const std::weak_ptr<const std::string> block = [] {
    const auto body = std::make_shared<const std::string>(std::string(70'000, 'x'));
    MemoryStore store(10'000'000);
    in_threads(4, 2000, [&](std::mt19937& random) {
      const std::string text = key(random() % keys);
      ResponseParts parts;
      parts.key = text;
      parts.status = 200;
      store.insert(hash_key(text), StoredResponse::make(parts, {&body, 1}), store.ticket(hash_key(text)));
      const StoredResponsePtr held = store.find(hash_key(text), text);
      if (random() % 3 == 0) store.remove(hash_key(text));
    });
    return std::weak_ptr<const std::string>(body);
  }();
  EXPECT_TRUE(block.expired());
}

}  // namespace
}  // namespace drishti::cache
