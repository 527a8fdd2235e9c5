#pragma once
// The upstream groups of a configuration while it is read: `proxy_pass` may name a group that comes later in the file.

#include <memory>
#include <string>
#include <vector>

#include "conf/config.hpp"
#include "conf/url.hpp"

namespace drishti::conf {

class UpstreamTable {
 public:
  /// Starts `upstream NAME { }`. Throws ConfigError `duplicate upstream "x"`.
  Upstream& define(const std::string& name, const Where& where);

  /// The group that `proxy_pass http://URL` goes to: one that is defined, now or later, or one of its own.
  std::shared_ptr<const Upstream> refer(const AddressUrl& url, const Where& where, std::uint16_t default_port = 80);
  /// Once all is read: the group that REFERRED stands for, which may have been defined later.
  std::shared_ptr<const Upstream> settled(const std::shared_ptr<const Upstream>& referred) const;

  /// The group that refer() gave, to add to it.
  Upstream& find(const Upstream* referred);
  /// Turns references that no block defined into groups of one server; all in order of appearance.
  std::vector<std::shared_ptr<const Upstream>> finish();

 private:
  struct Entry {
    std::shared_ptr<Upstream> upstream;
    AddressUrl url;
    std::uint16_t default_port = 80;
    bool is_defined = false;
    std::uint16_t port() const { return url.port.value_or(default_port); }
  };
  const Entry* definition_of(const Entry& entry) const;
  std::vector<Entry> entries_;
};

/// One `server` of a group from its address, with everything else at its default.
UpstreamServer make_upstream_server(const std::string& text, const AddressUrl& url, const Where& where,
                                    std::uint16_t default_port = 80);

}  // namespace drishti::conf
