#pragma once
// One look-up of one name: /etc/hosts, then A and AAAA over DNS, through c-ares. Control thread.

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/socket_address.hpp"

namespace boost::asio {
class io_context;
}

namespace drishti::upstream {

struct DnsQuestion {
  std::string name;
  /// `127.0.0.11:53,[::1]:5353`: ask only these, as `resolver` does; empty: /etc/hosts, then /etc/resolv.conf.
  std::string servers;
  bool ipv4 = true;
  bool ipv6 = true;
};

struct DnsAnswer {
  enum class Status {
    found,
    not_found,  ///< an answer that there is no such name, or no address of this family
    failed,     ///< no useful answer: SERVFAIL, REFUSED, silence
  };
  struct Family {
    Status status = Status::not_found;
    std::vector<SocketAddress> addresses;  ///< distinct, sorted, port 0, at most max_addresses
  };
  static constexpr std::size_t max_addresses = 1024;

  Family v4, v6;
  std::chrono::seconds ttl{0};  ///< the smallest of all records
  bool from_hosts = false;      ///< no TTL: the file may change at any time
  std::string reason;           ///< of the last failure, in c-ares' words
};

class DnsLookup {
 public:
  /// The other family may take this much longer than the first one with addresses, then it counts as failed: name
  /// servers that drop AAAA must not delay a start.
  static constexpr std::chrono::milliseconds grace{500};
  /// For the whole look-up, whatever the number of name servers.
  static constexpr std::chrono::seconds limit{10};

  virtual ~DnsLookup() = default;
  /// DONE is not called any more. Cancel a look-up before its io_context ends.
  virtual void cancel() = 0;

  /// Calls DONE once, from IO and never from within start(). Each look-up reads the system's files anew, so that their
  /// changes are seen.
  static std::shared_ptr<DnsLookup> start(boost::asio::io_context& io, DnsQuestion question,
                                          std::function<void(DnsAnswer)> done);
};

}  // namespace drishti::upstream
