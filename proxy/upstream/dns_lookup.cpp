#include "upstream/dns_lookup.hpp"

#include <ares.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>

namespace drishti::upstream {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Status = DnsAnswer::Status;

constexpr int first_timeout_ms = 2000;  // c-ares doubles it at each of the tries
constexpr int tries = 3;

Status status_of(int code) {
  switch (code) {
    case ARES_SUCCESS: return Status::found;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME: return Status::not_found;
    default: return Status::failed;
  }
}

class Lookup final : public DnsLookup, public std::enable_shared_from_this<Lookup> {
 public:
  Lookup(asio::io_context& io, DnsQuestion question, std::function<void(DnsAnswer)> done)
      : io_(io), question_(std::move(question)), done_(std::move(done)), retry_timer_(io), end_timer_(io) {}
  ~Lookup() override { close(); }

  void run();
  void cancel() override {
    finished_ = true;
    done_ = nullptr;
    close();
  }

 private:
  // A socket of c-ares; the descriptor only watches it.
  struct Watch {
    explicit Watch(asio::io_context& io, int fd) : descriptor(io, fd) {}
    asio::posix::stream_descriptor descriptor;
    bool wants_read = false, wants_write = false;
    bool reading = false, writing = false;
    bool open = true;
  };
  // What c-ares hands back with the answer of one family.
  struct Family {
    Lookup* lookup;
    DnsAnswer::Family DnsAnswer::*answer;
    bool pending = false;
  };

  bool found_in_hosts();
  int open_channel(const char* lookups);
  void ask(Family& family, int address_family);
  void on_answer(Family& family, int code, const ares_addrinfo* result);
  void keep(DnsAnswer::Family& family, const ares_addrinfo* result);
  void keep_ttl(int seconds);
  void on_socket_state(int fd, bool readable, bool writable);
  void arm(const std::shared_ptr<Watch>& watch, int fd);
  void process(int read_fd, int write_fd);
  void restart_timer();
  void end_after(std::chrono::milliseconds wait);
  void finish();
  void close();

  asio::io_context& io_;
  DnsQuestion question_;
  std::function<void(DnsAnswer)> done_;
  asio::steady_timer retry_timer_, end_timer_;
  ares_channel channel_ = nullptr;
  std::map<int, std::shared_ptr<Watch>> watches_;
  DnsAnswer answer_;
  std::optional<int> ttl_;
  Family v4_{this, &DnsAnswer::v4}, v6_{this, &DnsAnswer::v6};
  bool finished_ = false;
};

void Lookup::run() {
  if (question_.servers.empty() && found_in_hosts()) return finish();
  if (const int code = open_channel("b"); code != ARES_SUCCESS) {
    answer_.v4.status = answer_.v6.status = Status::failed;
    answer_.reason = ares_strerror(code);
    return finish();
  }
  end_after(limit);
  v4_.pending = question_.ipv4;
  v6_.pending = question_.ipv6;
  if (question_.ipv4) ask(v4_, AF_INET);
  if (question_.ipv6) ask(v6_, AF_INET6);
  if (!v4_.pending && !v6_.pending) return finish();
  restart_timer();
}

// A name in the hosts file is not asked for in DNS, not even for the other family (as with getaddrinfo).
bool Lookup::found_in_hosts() {
  if (open_channel("f") != ARES_SUCCESS) return false;
  ares_addrinfo_hints hints{};
  hints.ai_family = question_.ipv4 && question_.ipv6 ? AF_UNSPEC : question_.ipv4 ? AF_INET : AF_INET6;
  hints.ai_flags = ARES_AI_NOSORT | ARES_AI_ENVHOSTS;
  auto on_result = [](void* self, int code, int, ares_addrinfo* result) {
    auto& lookup = *static_cast<Lookup*>(self);
    if (code == ARES_SUCCESS) {
      lookup.keep(lookup.answer_.v4, result);
      lookup.keep(lookup.answer_.v6, result);
    }
    if (result != nullptr) ares_freeaddrinfo(result);
  };
  ares_getaddrinfo(channel_, question_.name.c_str(), nullptr, &hints, on_result, this);
  close();  // reading a file is over when the call returns
  answer_.from_hosts = answer_.v4.status == Status::found || answer_.v6.status == Status::found;
  return answer_.from_hosts;
}

int Lookup::open_channel(const char* lookups) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  if (library != ARES_SUCCESS) return library;
  std::string lookup_order = lookups;
  ares_options options{};
  options.timeout = first_timeout_ms;
  options.tries = tries;
  options.lookups = lookup_order.data();
  options.flags = question_.servers.empty() ? 0 : ARES_FLAG_NOSEARCH;
  options.sock_state_cb = [](void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<Lookup*>(self)->on_socket_state(fd, readable != 0, writable != 0);
  };
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_FLAGS | ARES_OPT_SOCK_STATE_CB;
  const int code = ares_init_options(&channel_, &options, mask);
  if (code != ARES_SUCCESS) {
    channel_ = nullptr;
    return code;
  }
  if (question_.servers.empty()) return code;
  return ares_set_servers_ports_csv(channel_, question_.servers.c_str());
}

void Lookup::ask(Family& family, int address_family) {
  ares_addrinfo_hints hints{};
  hints.ai_family = address_family;
  hints.ai_flags = ARES_AI_NOSORT;
  auto on_result = [](void* self, int code, int, ares_addrinfo* result) {
    auto& which = *static_cast<Family*>(self);
    if (code != ARES_EDESTRUCTION) which.lookup->on_answer(which, code, result);
    if (result != nullptr) ares_freeaddrinfo(result);
  };
  ares_getaddrinfo(channel_, question_.name.c_str(), nullptr, &hints, on_result, &family);
}

void Lookup::on_answer(Family& family, int code, const ares_addrinfo* result) {
  family.pending = false;
  DnsAnswer::Family& answer = answer_.*family.answer;
  answer.status = status_of(code);
  if (code == ARES_SUCCESS) keep(answer, result);
  if (code != ARES_SUCCESS) answer_.reason = ares_strerror(code);
  if (answer.status == Status::found && (v4_.pending || v6_.pending)) end_after(grace);
}

void Lookup::keep(DnsAnswer::Family& family, const ares_addrinfo* result) {
  const int wanted = &family == &answer_.v4 ? AF_INET : AF_INET6;
  for (auto* node = result->nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != wanted || family.addresses.size() == DnsAnswer::max_addresses) continue;
    family.addresses.emplace_back(node->ai_addr, static_cast<socklen_t>(node->ai_addrlen));
    family.addresses.back().set_port(0);
    keep_ttl(node->ai_ttl);
  }
  for (auto* cname = result->cnames; cname != nullptr; cname = cname->next) keep_ttl(cname->ttl);
  std::sort(family.addresses.begin(), family.addresses.end());
  family.addresses.erase(std::unique(family.addresses.begin(), family.addresses.end()), family.addresses.end());
  family.status = family.addresses.empty() ? Status::not_found : Status::found;
}

void Lookup::keep_ttl(int seconds) { ttl_ = std::max(0, std::min(ttl_.value_or(seconds), seconds)); }

void Lookup::on_socket_state(int fd, bool readable, bool writable) {
  auto known = watches_.find(fd);
  if (!readable && !writable) {  // c-ares is about to close it
    if (known == watches_.end()) return;
    known->second->open = false;
    known->second->descriptor.release();
    watches_.erase(known);
    return;
  }
  if (known == watches_.end()) known = watches_.emplace(fd, std::make_shared<Watch>(io_, fd)).first;
  known->second->wants_read = readable;
  known->second->wants_write = writable;
  arm(known->second, fd);
}

void Lookup::arm(const std::shared_ptr<Watch>& watch, int fd) {
  if (watch->wants_read && !watch->reading) {
    watch->reading = true;
    watch->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                 [self = shared_from_this(), watch, fd](error_code error) {
                                   watch->reading = false;
                                   if (error || !watch->open || self->finished_) return;
                                   self->process(fd, ARES_SOCKET_BAD);
                                   if (watch->open) self->arm(watch, fd);
                                 });
  }
  if (watch->wants_write && !watch->writing) {
    watch->writing = true;
    watch->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                 [self = shared_from_this(), watch, fd](error_code error) {
                                   watch->writing = false;
                                   if (error || !watch->open || self->finished_) return;
                                   self->process(ARES_SOCKET_BAD, fd);
                                   if (watch->open) self->arm(watch, fd);
                                 });
  }
}

void Lookup::process(int read_fd, int write_fd) {
  ares_process_fd(channel_, read_fd, write_fd);
  if (v4_.pending || v6_.pending) return restart_timer();
  finish();
}

void Lookup::restart_timer() {
  timeval storage{};
  const timeval* wait = ares_timeout(channel_, nullptr, &storage);
  if (wait == nullptr) return;
  retry_timer_.expires_after(std::chrono::seconds(wait->tv_sec) + std::chrono::microseconds(wait->tv_usec) +
                             std::chrono::milliseconds(1));
  retry_timer_.async_wait([self = shared_from_this()](error_code error) {
    if (!error && !self->finished_) self->process(ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  });
}

void Lookup::end_after(std::chrono::milliseconds wait) {
  end_timer_.expires_after(wait);
  end_timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error || self->finished_) return;
    ares_cancel(self->channel_);  // what is pending becomes `failed`
    self->finish();
  });
}

// Posted: nothing of c-ares may be on the stack when the channel goes away.
void Lookup::finish() {
  if (std::exchange(finished_, true)) return;
  answer_.ttl = std::chrono::seconds(ttl_.value_or(0));
  asio::post(io_, [self = shared_from_this()] {
    self->close();
    if (auto done = std::exchange(self->done_, nullptr)) done(std::move(self->answer_));
  });
}

void Lookup::close() {
  if (channel_ == nullptr) return;
  ares_destroy(std::exchange(channel_, nullptr));
  retry_timer_.cancel();
  end_timer_.cancel();
}

}  // namespace

std::shared_ptr<DnsLookup> DnsLookup::start(asio::io_context& io, DnsQuestion question,
                                            std::function<void(DnsAnswer)> done) {
  auto lookup = std::make_shared<Lookup>(io, std::move(question), std::move(done));
  lookup->run();
  return lookup;
}

}  // namespace drishti::upstream
