#include "upstream/name_resolver.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>
#include <set>

#include "upstream/followed_name.hpp"
#include "upstream/peer_set_builder.hpp"

namespace drishti::upstream {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Time = FollowedName::Time;
using Answered = std::function<void(std::vector<SocketAddress>)>;

// Names of proxy_pass with variables come from requests: bounds on how many are remembered and for how long.
constexpr std::size_t max_names_on_demand = 1024;
constexpr std::chrono::minutes forget_after{5};

struct Waiting {
  std::uint16_t port;
  Answered done;
};

struct Name {
  Name(DnsQuestion q, FollowedName s) : question(std::move(q)), state(std::move(s)) {}
  DnsQuestion question;
  FollowedName state;
  std::shared_ptr<DnsLookup> lookup;
  std::vector<Waiting> waiting;
  Time wanted{};          // last resolve() of it
  bool followed = false;  // by a group
};

struct Group {
  std::weak_ptr<UpstreamGroup> group;
  std::optional<conf::Resolver> resolver;
  std::vector<conf::UpstreamServer> lines;   // in force
  std::vector<std::shared_ptr<Name>> names;  // by index of lines; null for literals
};

std::vector<SocketAddress> with_port(std::vector<SocketAddress> addresses, std::uint16_t port) {
  for (SocketAddress& address : addresses) address.set_port(port);
  return addresses;
}

std::string comma_separated(const std::vector<SocketAddress>& addresses) {
  std::string text;
  for (const SocketAddress& address : addresses) text += (text.empty() ? "" : ",") + address.text();
  return text;
}

bool is_host_name(std::string_view name) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  };
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, allowed);
}

DnsQuestion question_for(const std::string& host, const conf::Resolver* resolver) {
  if (resolver == nullptr) return {host, "", true, true};
  return {host, comma_separated(resolver->servers), resolver->ipv4, resolver->ipv6};
}

// Upstream blocks stand in http{}; its `resolver` reaches us through the servers that inherit it.
const conf::Resolver* http_resolver(const conf::Config& config) {
  for (const auto& server : config.servers)
    if (server->root && !server->root->core.resolver->servers.empty()) return &*server->root->core.resolver;
  return nullptr;
}

}  // namespace

struct NameResolver::Impl {
  Impl(asio::io_context& context, PeerRegistry& peer_registry, net::ErrorLog& error_log, Timing when)
      : io(context), registry(peer_registry), log(error_log), timing(when), timer(context) {}
  ~Impl() {
    for (auto& [key, name] : names)
      if (name->lookup) name->lookup->cancel();
  }

  static Time now() { return std::chrono::steady_clock::now(); }
  std::shared_ptr<Name> name(const DnsQuestion& question, std::optional<milliseconds> valid);
  void ask(asio::io_context& where, const std::shared_ptr<Name>& name);
  void on_answer(Name& name, const DnsAnswer& answer);
  std::vector<std::vector<SocketAddress>> addresses_of(const Group& followed);
  void forget_changes(const Group& followed);
  void publish(const Group& group, bool announce);
  void publish_groups_of(const Name& name);
  void find_names(Group& followed, const UpstreamGroup& group);
  Group make_group(const std::shared_ptr<UpstreamGroup>& group, const conf::Resolver* resolver);
  void first_look_up(const std::vector<Group>& fresh, milliseconds patience);
  void warn_of_missing(const Group& group);
  void schedule();
  void tick();
  void forget_dropped_groups() {
    std::erase_if(groups, [](const Group& followed) { return followed.group.expired(); });
  }
  void prune();
  void make_room();
  void write(conf::LogLevel level, const std::string& text) {
    if (log.enabled(level)) log.write(level, 0, text);
  }

  asio::io_context& io;
  PeerRegistry& registry;
  net::ErrorLog& log;
  Timing timing;
  asio::steady_timer timer;
  bool ticking = false;
  std::map<std::string, std::shared_ptr<Name>> names;
  std::vector<Group> groups;
  RuntimeChanges changes;
};

std::shared_ptr<Name> NameResolver::Impl::name(const DnsQuestion& question, std::optional<milliseconds> valid) {
  const std::string key = question.name + "|" + question.servers + (question.ipv4 ? "|4" : "|") +
                          (question.ipv6 ? "6|" : "|") + (valid ? std::to_string(valid->count()) : "");
  auto& known = names[key];
  if (!known) known = std::make_shared<Name>(question, FollowedName(timing, valid));
  return known;
}

void NameResolver::Impl::ask(asio::io_context& where, const std::shared_ptr<Name>& name) {
  name->state.asked(now());
  name->lookup = DnsLookup::start(where, name->question, [this, weak = std::weak_ptr(name)](const DnsAnswer& answer) {
    if (auto alive = weak.lock()) on_answer(*alive, answer);
  });
}

void NameResolver::Impl::on_answer(Name& name, const DnsAnswer& answer) {
  name.lookup.reset();
  switch (name.state.answered(answer, now())) {
    case FollowedName::Change::changed: publish_groups_of(name); break;
    case FollowedName::Change::lost:
      write(conf::LogLevel::warn, "\"" + name.question.name + "\" could not be resolved (" + answer.reason +
                                      "), keeping its last addresses and asking again in the background");
      break;
    case FollowedName::Change::none:
    case FollowedName::Change::still_no: break;
  }
  for (Waiting& one : std::exchange(name.waiting, {})) one.done(with_port(name.state.addresses(), one.port));
}

void NameResolver::Impl::publish_groups_of(const Name& name) {
  for (const Group& group : groups)
    if (std::ranges::any_of(group.names, [&](const auto& used) { return used.get() == &name; })) {
      forget_changes(group);
      publish(group, true);
    }
}

std::vector<std::vector<SocketAddress>> NameResolver::Impl::addresses_of(const Group& followed) {
  std::vector<std::vector<SocketAddress>> addresses;
  for (std::size_t i = 0; i < followed.names.size(); ++i) {
    const auto& name = followed.names[i];
    addresses.push_back(name ? with_port(name->state.addresses(), followed.lines[i].port) : std::vector<SocketAddress>());
  }
  return addresses;
}

void NameResolver::Impl::forget_changes(const Group& followed) {
  const auto group = followed.group.lock();
  if (!group) return;
  std::set<std::string> present;
  for (const auto& some : addresses_of(followed))
    for (const SocketAddress& address : some) present.insert(address.text());
  changes.addresses_changed(group->config(), present);
}

void NameResolver::Impl::publish(const Group& followed, bool announce) {
  const auto group = followed.group.lock();
  if (!group) return;
  auto set = build_peer_set(group->config(), addresses_of(followed), registry, changes);
  const auto current = group->peers();
  if (same_membership(*set, *current)) return;
  if (announce)
    write(conf::LogLevel::notice, "upstream \"" + group->config().name + "\" now has " + std::to_string(set->size()) +
                                      " peers, had " + std::to_string(current->size()));
  group->publish(std::move(set));
}

Group NameResolver::Impl::make_group(const std::shared_ptr<UpstreamGroup>& group, const conf::Resolver* resolver) {
  Group followed{group, resolver ? std::optional(*resolver) : std::nullopt, {}, {}};
  find_names(followed, *group);
  return followed;
}

void NameResolver::Impl::find_names(Group& followed, const UpstreamGroup& group) {
  const conf::Resolver* resolver = followed.resolver ? &*followed.resolver : nullptr;
  const auto valid = resolver != nullptr ? resolver->valid : std::nullopt;
  followed.lines = changes.lines(group.config());
  followed.names.clear();
  for (const conf::UpstreamServer& server : followed.lines) {
    if (server.literal) {
      followed.names.emplace_back();
    } else {
      followed.names.push_back(name(question_for(server.host, server.resolve ? resolver : nullptr), valid));
      followed.names.back()->followed = true;
    }
  }
}

// On an io_context of its own: nothing else of the control thread runs meanwhile, and the wait has an end.
void NameResolver::Impl::first_look_up(const std::vector<Group>& fresh, milliseconds patience) {
  asio::io_context first(1);
  std::vector<std::shared_ptr<Name>> asked;
  for (const Group& group : fresh) {
    for (const auto& name : group.names) {
      if (!name || name->state.is_asking()) continue;
      if (name->state.was_answered()) {
        name->state.hurry();
      } else {
        ask(first, name);
        asked.push_back(name);
      }
    }
  }
  first.run_for(patience);
  for (const auto& name : asked) {
    if (!name->lookup) continue;
    name->lookup->cancel();
    name->lookup.reset();
    name->state.gave_up(now());
  }
  first.restart();
  first.poll();  // what was cancelled ends here
}

void NameResolver::Impl::warn_of_missing(const Group& followed) {
  const auto group = followed.group.lock();
  for (std::size_t i = 0; i < followed.names.size(); ++i) {
    if (!followed.names[i] || !followed.names[i]->state.addresses().empty()) continue;
    const conf::UpstreamServer& server = followed.lines[i];
    write(conf::LogLevel::warn, "host not found in upstream \"" + server.name + "\" in " + server.where.text() +
                                    ", going on without it and asking again in the background");
  }
}

void NameResolver::Impl::schedule() {
  if (ticking) return;
  ticking = true;
  timer.expires_after(timing.tick);
  timer.async_wait([this](boost::system::error_code error) {
    if (error) return;
    ticking = false;
    tick();
  });
}

void NameResolver::Impl::tick() {
  prune();
  for (const Group& followed : groups)
    if (const auto group = followed.group.lock(); group && group->take_resolve_request())
      for (const auto& name : followed.names)
        if (name) name->state.hurry();
  for (const auto& [key, name] : names)
    if (name->followed && name->state.is_due(now())) ask(io, name);
  if (!names.empty()) schedule();
}

// Forgets groups that were dropped, names that nobody uses, and states of peers that are gone.
void NameResolver::Impl::prune() {
  forget_dropped_groups();
  for (const auto& [key, name] : names) name->followed = false;
  for (const Group& followed : groups)
    for (const auto& name : followed.names)
      if (name) name->followed = true;
  const Time oldest = now() - forget_after;
  std::erase_if(names, [&](const auto& entry) {
    Name& name = *entry.second;
    if (name.followed || !name.waiting.empty() || name.wanted > oldest) return false;
    if (name.lookup) name.lookup->cancel();
    return true;
  });
  registry.collect();
}

void NameResolver::Impl::make_room() {
  if (names.size() < max_names_on_demand) return;
  auto oldest = names.end();
  for (auto it = names.begin(); it != names.end(); ++it) {
    if (it->second->followed || it->second->state.is_asking()) continue;
    if (oldest == names.end() || it->second->wanted < oldest->second->wanted) oldest = it;
  }
  if (oldest != names.end()) names.erase(oldest);
}

NameResolver::NameResolver(asio::io_context& io, PeerRegistry& registry, net::ErrorLog& log)
    : NameResolver(io, registry, log, Timing{}) {}
NameResolver::NameResolver(asio::io_context& io, PeerRegistry& registry, net::ErrorLog& log, Timing timing)
    : impl_(std::make_unique<Impl>(io, registry, log, timing)) {}
NameResolver::~NameResolver() = default;

std::vector<std::shared_ptr<UpstreamGroup>> NameResolver::follow(const conf::Config& config, milliseconds patience) {
  const conf::Resolver* resolver = http_resolver(config);
  std::vector<std::shared_ptr<UpstreamGroup>> made;
  std::vector<Group> fresh;
  impl_->forget_dropped_groups();
  for (const auto& upstream : config.upstreams) {
    made.push_back(std::make_shared<UpstreamGroup>(upstream));
    fresh.push_back(impl_->make_group(made.back(), resolver));
  }
  impl_->first_look_up(fresh, patience);
  for (Group& group : fresh) {
    impl_->publish(group, false);
    impl_->warn_of_missing(group);
    impl_->groups.push_back(std::move(group));
  }
  impl_->registry.collect();
  if (!impl_->groups.empty()) impl_->schedule();
  return made;
}

RuntimeChanges& NameResolver::changes() { return impl_->changes; }

void NameResolver::apply_changes(const std::string& name) {
  for (Group& followed : impl_->groups) {
    const auto group = followed.group.lock();
    if (!group || group->config().name != name) continue;
    impl_->find_names(followed, *group);
    impl_->publish(followed, false);
  }
  if (!impl_->groups.empty()) impl_->schedule();
}

void NameResolver::resolve(const std::string& host, std::uint16_t port, const conf::Resolver* resolver, Answered done) {
  auto answer = [this, &done](std::vector<SocketAddress> addresses) {
    asio::post(impl_->io, [call = std::move(done), found = std::move(addresses)]() mutable { call(std::move(found)); });
  };
  if (auto literal = SocketAddress::from_ip(host, port)) return answer({*literal});
  if (!is_host_name(host)) return answer({});
  impl_->make_room();
  const auto name = impl_->name(question_for(host, resolver), resolver != nullptr ? resolver->valid : std::nullopt);
  const Time now = Impl::now();
  name->wanted = now;
  impl_->schedule();
  if (name->state.is_due(now)) impl_->ask(impl_->io, name);
  // Shortly after its time an answer is still good enough, while the next one is on its way; in a back-off after a
  // failure the last good one (or none) has to do.
  const bool fresh_enough = name->state.was_answered() && now - name->state.due() < impl_->timing.longest;
  const bool usable = !name->state.is_asking() || fresh_enough;
  if (usable) return answer(with_port(name->state.addresses(), port));
  name->waiting.push_back({port, std::move(done)});
}

}  // namespace drishti::upstream
