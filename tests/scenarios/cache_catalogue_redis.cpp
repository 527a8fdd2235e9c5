// What stands in Redis is hostile, and Redis itself may be slow, gone or ill: C14, C15, C22 and group D, with a real
// redis-server (and a scripted one where a real one would never say it).

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/redis/fake_server.hpp"
#include "tests/scenarios/cache_catalogue.hpp"
#include "tests/scenarios/cache_property.hpp"
#include "tests/scenarios/redis_cache.hpp"
#include "tests/support/process_memory.hpp"

namespace drishti::testing::cache_catalogue {
namespace {

using cache::redis::testing::FakeServer;
using std::chrono::steady_clock;

const std::string fresh = "Cache-Control: max-age=60\r\n";
/// A deadline of 20 ms, and what a busy machine adds.
constexpr milliseconds at_once{500};

FakeUpstream::Script echoes_path() {
  auto number = std::make_shared<std::atomic<int>>(0);
  return [=](const UpstreamRequest& request) {
    return Actions{Action::send(ok_response(request.path() + " " + std::to_string(++*number), fresh))};
  };
}

struct World {
  explicit World(const std::string& url, const std::string& more = {}) : upstream(echoes_path()), proxy(redis_config(upstream, url, more)) {}
  FakeUpstream upstream;
  ProxyUnderTest proxy;

  /// Asks for PATH; notes what is no right answer, or comes late.
  RawResponse check(Checks& checks, const std::string& path, const std::string& words) {
    const auto begun = steady_clock::now();
    RawResponse response = get(proxy, path);
    const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
    checks.equal(response.status, 200, words + ": status of " + path);
    checks.that(response.body.starts_with(path + " "), words + ": the body of " + path + " is [" + response.body.substr(0, 100) + "]");
    checks.that(took < at_once, words + ": " + path + " took " + std::to_string(took.count()) + " ms");
    return response;
  }
  /// Whether it ends well, too.
  void stop(Checks& checks) { checks.equal(proxy.stop(SIGTERM), 0, "exit code"); }
};

/// Many requests, each of which must be answered as if there were no Redis.
void check_requests(Checks& checks, World& world, const std::string& words, int count = 20) {
  static int number = 0;
  for (int i = 0; i < count; ++i) world.check(checks, "/n" + std::to_string(++number), words);
}

// ---- C14, C15 ----

/// Every way to spoil the bytes of an entry.
std::vector<std::pair<std::string, std::string>> spoiled(const std::string& good) {
  std::vector<std::pair<std::string, std::string>> all{{"empty", ""}, {"another program's", "{\"a\":1}"}, {"too long", good + "x"}, {"zeros", std::string(good.size(), '\0')}};
  for (std::size_t at = 0; at < good.size(); at += 1 + good.size() / 40) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x40);
    all.emplace_back("a bit flipped at " + std::to_string(at), bytes);
    all.emplace_back("cut at " + std::to_string(at), good.substr(0, at));
  }
  return all;
}

void corrupt_entries_are_misses(Checks& checks) {
  RedisProcess redis;
  World world(redis.url("?timeout=1s"));
  world.check(checks, "/a", "first");
  checks.that(eventually([&] { return !only_entry(redis).empty(); }), "an entry in Redis");
  const std::string name = only_entry(redis);
  const std::string good = redis.cli({"GET", name}).text;
  for (const auto& [words, bytes] : spoiled(good)) {
    const std::size_t before = world.upstream.requests().size();
    redis.cli({"SET", name, bytes, "PX", "60000"});
    const bool is_seen = eventually([&] { return world.check(checks, "/a", words).field("X-Cache") == "MISS"; }, milliseconds(2000));
    checks.that(is_seen && world.upstream.requests().size() == before + 1, words + ": is a miss, once");
    const auto is_replaced = [&] {  // not only deleted: what is on its way would overtake the next one
      const std::string there = redis.cli({"GET", name}).text;
      return there.size() >= good.size() && there != bytes;
    };
    checks.that(eventually(is_replaced), words + ": is replaced");
  }
}

void entries_of_other_keys_are_misses(Checks& checks) {
  RedisProcess redis;
  World world(redis.url("?timeout=1s"));
  world.check(checks, "/victim", "first");
  eventually([&] { return !only_entry(redis).empty(); });
  const std::string victim = only_entry(redis);
  world.check(checks, "/evil", "second");
  eventually([&] { return keys_in(redis, "drishti:z:e:*").size() == 2; });
  for (const std::string& name : keys_in(redis, "drishti:z:e:*"))
    if (name != victim) redis.cli({"SET", victim, redis.cli({"GET", name}).text, "PX", "60000"});
  for (int i = 0; i < 20; ++i) world.check(checks, "/victim", "with the entry of another key under its name");
}

void blocks_of_other_bodies_are_misses(Checks& checks) {
  RedisProcess redis;
  const std::string large(600'000, 'x');
  FakeUpstream upstream([&](const UpstreamRequest&) { return Actions{Action::send(ok_response(large, fresh))}; });
  ProxyUnderTest proxy(redis_config(upstream, redis.url("?timeout=1s")));
  get(proxy, "/");
  checks.that(eventually([&] { return !only_entry(redis).empty(); }), "an entry of blocks");
  const auto blocks = keys_in(redis, "drishti:z:b:*");
  checks.equal(blocks.size(), 3u, "blocks");
  for (const std::string& block : blocks) {
    redis.cli({"SETRANGE", block, "100", "evil"});
    redis.cli({"PERSIST", only_entry(redis)});  // a change of the entry: the copy in memory goes
    checks.that(get(proxy, "/").body == large, "the body with a spoiled block");
    eventually([&] { return !only_entry(redis).empty(); });
  }
}

void keys_of_another_type_are_misses(Checks& checks) {
  RedisProcess redis;
  World world(redis.url("?timeout=1s"));
  world.check(checks, "/a", "first");
  eventually([&] { return !only_entry(redis).empty(); });
  const std::string name = only_entry(redis);
  redis.cli({"DEL", name});
  redis.cli({"LPUSH", name, "x"});
  for (int i = 0; i < 5; ++i) world.check(checks, "/a", "WRONGTYPE");
}

void keys_of_others_are_left_alone(Checks& checks) {
  RedisProcess redis;
  redis.cli({"SET", "cache:/a", "theirs"});
  redis.cli({"SET", "drishti:other:e:{1}", "theirs"});
  World world(redis.url("?timeout=1s"), "proxy_cache_purge on;");
  world.check(checks, "/a", "first");
  ask(world.proxy, request_text("PURGE", "/*"));
  world.check(checks, "/a", "again");
  for (const char* name : {"cache:/a", "drishti:other:e:{1}"}) checks.equal(redis.cli({"GET", name}).text, "theirs", name);
  for (const std::string& name : keys_in(redis, "*"))
    checks.that(name.starts_with("drishti:z:") || name == "cache:/a" || name.starts_with("drishti:other:"), name + " has not our prefix");
}

void nobody_gets_anothers_answer(Checks& checks) {
  for (const bool with_redis : {false, true}) {
    property::Options options;
    options.requests = 4000;
    options.seed = 22;
    options.with_redis = with_redis;
    const property::Report report = property::run(options);
    checks.that(report.fault_count == 0 && report.hits > 0, report.text());
  }
}

// ---- D01, D02, D03: gone, half open, slow ----

void redis_down_at_start(Checks& checks) {
  RedisProcess redis;
  redis.kill();
  World world(redis.url());
  check_requests(checks, world, "without Redis");
  world.check(checks, "/a", "without Redis");
  checks.equal(world.check(checks, "/a", "without Redis").field("X-Cache"), "HIT", "the memory layer alone");
  redis.start();
  int i = 0;
  checks.that(eventually([&] {
                world.check(checks, "/later" + std::to_string(++i), "Redis comes");
                return !keys_in(redis, "drishti:z:e:*").empty();
              }, std::chrono::seconds(20)), "it is used when it comes");
}

void redis_dies_and_comes_back(Checks& checks) {
  RedisProcess redis;
  World world(redis.url());
  for (int round = 0; round < 3; ++round) {
    check_requests(checks, world, "with Redis", 5);
    redis.kill();
    check_requests(checks, world, "killed", 10);
    redis.start();
    check_requests(checks, world, "back", 5);
  }
}

void redis_is_half_open(Checks& checks) {
  RedisProcess redis;
  World world(redis.url());
  check_requests(checks, world, "with Redis", 5);
  redis.freeze();
  check_requests(checks, world, "frozen");
  redis.thaw();
  check_requests(checks, world, "thawed");
}

void redis_sleeps(Checks& checks) {
  RedisProcess redis;
  World world(redis.url());
  world.check(checks, "/a", "with Redis");
  std::thread sleeper([&] { redis.cli({"DEBUG", "SLEEP", "1"}); });
  check_requests(checks, world, "asleep", 100);
  sleeper.join();
  check_requests(checks, world, "awake", 5);
}

// ---- D04, D05: it says no ----

void check_refusals(Checks& checks, RedisProcess& redis, const std::string& words) {
  World world(redis.url());
  check_requests(checks, world, words);
  world.stop(checks);
}

void redis_is_full(Checks& checks) {
  RedisProcess redis({"--maxmemory", "1", "--maxmemory-policy", "noeviction"});
  checks.that(redis.cli({"SET", "a", "b"}).text.starts_with("OOM"), "the server is full");
  check_refusals(checks, redis, "OOM");
}

void redis_cannot_save(Checks& checks) {
  RedisProcess redis;
  redis.cli({"CONFIG", "SET", "save", "3600 1"});
  std::filesystem::remove_all(redis.directory());
  redis.cli({"SET", "a", "b"});
  redis.cli({"BGSAVE"});
  checks.that(eventually([&] { return redis.cli({"SET", "a", "b"}).text.starts_with("MISCONF"); }), "the server cannot save");
  check_refusals(checks, redis, "MISCONF");
}

void redis_is_a_replica(Checks& checks) {
  RedisProcess master;
  RedisProcess redis({"--replicaof", "127.0.0.1", std::to_string(master.port())});
  eventually([&] { return redis.cli({"SET", "a", "b"}).text.starts_with("READONLY"); });
  checks.that(redis.cli({"SET", "a", "b"}).text.starts_with("READONLY"), "the server is read-only");
  check_refusals(checks, redis, "READONLY");
}

void redis_has_lost_its_master(Checks& checks) {
  RedisProcess gone;
  gone.kill();
  RedisProcess redis({"--replicaof", "127.0.0.1", std::to_string(gone.port()), "--replica-serve-stale-data", "no"});
  checks.that(redis.cli({"GET", "a"}).text.starts_with("MASTERDOWN"), "the server lost its master");
  check_refusals(checks, redis, "MASTERDOWN");
}

void redis_has_no_replicas(Checks& checks) {
  RedisProcess redis({"--min-replicas-to-write", "1"});
  checks.that(redis.cli({"SET", "a", "b"}).text.starts_with("NOREPLICAS"), "the server wants replicas");
  check_refusals(checks, redis, "NOREPLICAS");
}

void redis_runs_a_script(Checks& checks) {
  RedisProcess redis({"--lua-time-limit", "1"});
  World world(redis.url());
  world.check(checks, "/a", "with Redis");
  std::thread script([&] { redis.cli({"EVAL", "while true do end", "0"}); });
  checks.that(eventually([&] { return redis.cli({"GET", "a"}).text.starts_with("BUSY"); }), "the server is busy");
  check_requests(checks, world, "BUSY");
  redis.cli({"SCRIPT", "KILL"});
  script.join();
  check_requests(checks, world, "free again", 5);
}

void redis_says_anything(Checks& checks) {
  for (const std::string word : {"LOADING Redis is loading the dataset in memory", "TRYAGAIN", "CLUSTERDOWN Hash slot not served",
                                 "MOVED 1 127.0.0.1:1", "ASK 1 127.0.0.1:1", "NOSCRIPT x", "ERR unknown command", "EXECABORT", ""}) {
    FakeServer server("-" + word + "\r\n");
    World world(server.url());
    check_requests(checks, world, word, 10);
    world.stop(checks);
  }
}

void check_password(Checks& checks, RedisProcess& redis, const std::string& user, const std::string& password) {
  const std::string rest = user.empty() && password.empty() ? "" : user + ":" + password + "@";
  World world("redis://" + rest + "127.0.0.1:" + std::to_string(redis.port()));
  check_requests(checks, world, "refused as [" + rest + "]");
  std::string log;
  const bool says_it = eventually([&] {
    log = world.proxy.error_log();
    return std::ranges::any_of(std::array{"NOAUTH", "WRONGPASS", "NOPERM", "assword"},
                               [&](const char* word) { return log.find(word) != std::string::npos; });
  });
  checks.that(says_it, "the log says what is wrong with [" + rest + "]: " + log);
  checks.that(password.empty() || log.find(password) == std::string::npos, "the password is in the log");
  std::size_t lines = 0;
  for (std::size_t at = log.find("edis"); at != std::string::npos; at = log.find('\n', at) == std::string::npos ? std::string::npos : log.find("edis", log.find('\n', at))) ++lines;
  checks.that(lines < 20, "the log says it " + std::to_string(lines) + " times");
  world.stop(checks);
}

void passwords_are_refused(Checks& checks) {
  RedisProcess redis({"--requirepass", "right-and-secret"});
  check_password(checks, redis, "", "");
  check_password(checks, redis, "", "wrong-and-secret");
  check_password(checks, redis, "nobody", "wrong-and-secret");
}

void a_user_without_rights(Checks& checks) {
  RedisProcess redis;
  redis.cli({"ACL", "SETUSER", "poor", "on", ">poor-and-secret", "~nothing:*", "+ping"});
  check_password(checks, redis, "poor", "poor-and-secret");
}

void a_user_who_may_not_track(Checks& checks) {
  RedisProcess redis;
  redis.cli({"ACL", "SETUSER", "deaf", "on", ">deaf-and-secret", "~*", "&*", "+@all", "-client|tracking"});
  World world("redis://deaf:deaf-and-secret@127.0.0.1:" + std::to_string(redis.port()));
  world.check(checks, "/a", "first");
  eventually([&] { return !only_entry(redis).empty(); });
  world.check(checks, "/a", "again");
  redis.cli({"DEL", only_entry(redis)});
  checks.that(world.check(checks, "/a", "after DEL").field("X-Cache") == "MISS", "whoever cannot hear of changes uses no copy in memory");
}

// ---- D06, D07: it moves ----

void a_cluster(Checks& checks) {
  std::vector<std::unique_ptr<RedisProcess>> nodes;
  for (int i = 0; i < 3; ++i) nodes.push_back(std::make_unique<RedisProcess>(RedisProcess::ClusterNode{}));
  const char* ranges[][2] = {{"0", "5461"}, {"5462", "10922"}, {"10923", "16383"}};
  for (std::size_t i = 0; i < 3; ++i) {
    nodes[i]->cli({"CLUSTER", "ADDSLOTSRANGE", ranges[i][0], ranges[i][1]});
    nodes[i]->cli({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    if (i != 0) nodes[0]->cli({"CLUSTER", "MEET", "127.0.0.1", std::to_string(nodes[i]->port()), nodes[i]->bus_port()});
  }
  for (const auto& node : nodes)
    eventually([&] { return node->cli({"CLUSTER", "INFO"}).text.find("cluster_state:ok") != std::string::npos && node->cli({"CLUSTER", "SLOTS"}).elements.size() == 3; }, std::chrono::seconds(15));
  World world(nodes[0]->url("?cluster"));
  eventually([&] { return are_heard(*nodes[0], 1) && are_heard(*nodes[1], 1) && are_heard(*nodes[2], 1); });
  check_requests(checks, world, "in a cluster", 60);
  checks.that(eventually([&] {
                for (const auto& node : nodes)
                  if (keys_in(*node, "drishti:z:e:*").empty()) return false;
                return true;
              }), "entries are on all nodes");
  nodes[2]->kill();
  check_requests(checks, world, "a third of the cluster is gone", 60);
}

void the_address_changes(Checks& checks) {
  RedisProcess redis;
  World world("redis://localhost:" + std::to_string(redis.port()));
  int i = 0;
  checks.that(eventually([&] {
                world.check(checks, "/n" + std::to_string(++i), "by name");
                return !keys_in(redis, "drishti:z:e:*").empty();
              }), "found by name");
  redis.kill();
  check_requests(checks, world, "gone", 5);
  redis.start();
  checks.that(eventually([&] {
                world.check(checks, "/later" + std::to_string(++i), "back");
                return !keys_in(redis, "drishti:z:e:*").empty();
              }, std::chrono::seconds(20)), "looked up again");
}

// ---- D08, D09: what it says is hostile, or late ----

void impossible_replies(Checks& checks) {
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "*1\r\n";
  for (const std::string& reply : std::vector<std::string>{"$536870912\r\n", "$9999999999999999999\r\n", "$-2\r\n", "*-2\r\n", "*2147483647\r\n", nested, "*3\r\n$1\r\na\r\n",
                                                           ":99999999999999999999\r\n", "hello\r\n", std::string(1000, '\0'), "$3\r\nabcdef\r\n", "\r\n\r\n"}) {
    FakeServer server(reply);
    World world(server.url());
    check_requests(checks, world, "[" + reply.substr(0, 30) + "]", 10);
    std::ifstream status("/proc/" + std::to_string(world.proxy.pid()) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) checks.that(std::stoul(line.substr(6)) < 300'000, "memory after [" + reply.substr(0, 30) + "]: " + line);
    world.stop(checks);
  }
}

void a_late_reply_is_nobodys(Checks& checks) {
  RedisProcess redis;
  World world(redis.url());
  for (int i = 0; i < 10; ++i) world.check(checks, "/k" + std::to_string(i), "fill");
  eventually([&] { return keys_in(redis, "drishti:z:e:*").size() == 10; });
  for (int round = 0; round < 5; ++round) {
    redis.freeze();
    for (int i = 0; i < 10; ++i) world.check(checks, "/k" + std::to_string(i), "frozen");
    redis.thaw();
    for (int i = 9; i >= 0; --i) world.check(checks, "/k" + std::to_string(i), "thawed");
  }
}

// ---- D10, D11: expiry ----

void every_key_has_an_end(Checks& checks) {
  RedisProcess redis;
  World world(redis.url());
  check_requests(checks, world, "fill", 5);
  eventually([&] { return keys_in(redis, "drishti:z:e:*").size() == 5; });
  for (const std::string& name : keys_in(redis, "*")) {
    const std::int64_t left = redis.cli({"PTTL", name}).integer;
    checks.that(left > 0 || left == -2, name + " has no end");
  }
}

void what_lost_its_end_expires_all_the_same(Checks& checks) {
  RedisProcess redis;
  FakeUpstream upstream(counts("Cache-Control: max-age=1\r\n"));
  ProxyUnderTest proxy(redis_config(upstream, redis.url()));
  get(proxy, "/");
  eventually([&] { return !only_entry(redis).empty(); });
  redis.cli({"PERSIST", only_entry(redis)});
  checks.equal(redis.cli({"PTTL", only_entry(redis)}).integer, -1, "its expiry is gone");
  std::this_thread::sleep_for(milliseconds(1100));  // the lifetime, which is whole seconds
  checks.equal(get(proxy, "/").body, "2", "a second later");
}

void a_flush_is_a_miss(Checks& checks) {
  RedisProcess redis;
  FakeUpstream upstream(counts(fresh));
  ProxyUnderTest proxy(redis_config(upstream, redis.url("?timeout=5s")));
  int expected = 1;
  for (const std::string word : {"FLUSHALL", "FLUSHDB"}) {
    checks.equal(get(proxy, "/").body, std::to_string(expected), "before " + word);
    eventually([&] { return !only_entry(redis).empty(); });
    checks.that(answers_from_memory(proxy, "/"), "a hit before " + word);
    redis.cli({word});
    ++expected;
    checks.that(eventually([&] { return get(proxy, "/").body == std::to_string(expected); }), "a miss after " + word);
  }
}

// ---- D12, D13 ----

void a_stalled_redis_takes_no_memory(Checks& checks) {
  RedisProcess redis;
  FakeUpstream upstream([body = std::string(500'000, 'x')](const UpstreamRequest&) { return Actions{Action::send(ok_response(body, fresh))}; });
  ProxyUnderTest proxy(redis_config(upstream, redis.url("?timeout=300ms")));
  get(proxy, "/warm");
  redis.freeze();
  const std::size_t before = rss_kib(proxy.pid());
  int good = 0;
  for (int wave = 0; wave < 2; ++wave) {  // each is 200 MB on their way at once
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 400; ++i) {
      clients.push_back(std::make_unique<RawClient>(proxy.port()));
      clients.back()->send(request_text("GET", "/" + std::to_string(wave) + "/" + std::to_string(i)));
    }
    for (auto& client : clients) good += client->read_response().value_or(RawResponse{}).body.size() == 500'000 ? 1 : 0;
  }
  checks.equal(good, 800, "answers");
  const std::size_t grown = rss_kib(proxy.pid()) - std::min(before, rss_kib(proxy.pid()));
  checks.that(!memory_can_be_measured || grown < 100'000, "it grew by " + std::to_string(grown) + " KiB");
  redis.thaw();
}

void it_ends_while_connecting(Checks& checks) {
  FakeUpstream closes([](const UpstreamRequest&) { return Actions{Action::close()}; }, FakeUpstream::AskAt::accept);
  FakeUpstream silent([](const UpstreamRequest&) { return Actions{Action::read_to_close()}; }, FakeUpstream::AskAt::accept);
  for (const FakeUpstream* server : {&closes, &silent})
    for (const int signal : {SIGTERM, SIGQUIT}) {
      World world("redis://" + server->address());
      check_requests(checks, world, "a server that says nothing", 3);
      checks.equal(world.proxy.stop(signal), 0, "exit code");
    }
}

void it_ends_with_commands_pending(Checks& checks) {
  RedisProcess redis;
  World world(redis.url("?timeout=2s"));
  world.check(checks, "/a", "with Redis");
  redis.freeze();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(world.proxy.port()));
    clients.back()->send(request_text("GET", "/p" + std::to_string(i)));
  }
  checks.equal(world.proxy.stop(SIGTERM), 0, "exit code");
  redis.thaw();
}

}  // namespace

std::vector<Entry> trust_entries() {
  return {
      {"C14", "what stands in Redis is hostile", {{"corrupt", corrupt_entries_are_misses}, {"of another key", entries_of_other_keys_are_misses}, {"spoiled blocks", blocks_of_other_bodies_are_misses}}},
      {"C15", "wrong types and foreign keys", {{"WRONGTYPE", keys_of_another_type_are_misses}, {"left alone", keys_of_others_are_left_alone}}},
      {"C22", "user A's answer for user B", {{"random requests (a million in CacheProperty)", nobody_gets_anothers_answer}}},
  };
}

std::vector<Entry> fault_entries() {
  return {
      {"D01", "down at start", {{"starts, and uses it when it comes", redis_down_at_start}}},
      {"D02", "dies, half open", {{"killed", redis_dies_and_comes_back}, {"frozen", redis_is_half_open}}},
      {"D03", "slow", {{"DEBUG SLEEP", redis_sleeps}}},
      {"D04", "refuses", {{"OOM", redis_is_full}, {"MISCONF", redis_cannot_save}, {"READONLY", redis_is_a_replica}, {"MASTERDOWN", redis_has_lost_its_master},
                          {"NOREPLICAS", redis_has_no_replicas}, {"BUSY", redis_runs_a_script}, {"LOADING and the rest", redis_says_anything}}},
      {"D05", "passwords and rights", {{"passwords", passwords_are_refused}, {"no rights", a_user_without_rights}, {"no CLIENT TRACKING", a_user_who_may_not_track}}},
      {"D06", "a cluster", {{"three masters, one dies (MOVED, ASK and failover: test_redis)", a_cluster}}},
      {"D07", "its address changes", {{"looked up at each connect", the_address_changes}}},
      {"D08", "impossible replies", {{"sizes, nesting, garbage", impossible_replies}}},
      {"D09", "late replies", {{"are nobody's", a_late_reply_is_nobodys}}},
      {"D10", "TTL", {{"always set", every_key_has_an_end}, {"lost", what_lost_its_end_expires_all_the_same}}},
      {"D11", "FLUSHALL and expiry", {{"a miss", a_flush_is_a_miss}}},
      {"D12", "a stalled Redis", {{"bounded memory", a_stalled_redis_takes_no_memory}}},
      {"D13", "the client's life cycle (hiredis's async API is not used)", {{"ends while connecting", it_ends_while_connecting}, {"ends with commands pending", it_ends_with_commands_pending}}},
  };
}

}  // namespace drishti::testing::cache_catalogue
