#include "conf/variable_table.hpp"

#include <algorithm>
#include <limits>

#include "conf/lower_case.hpp"

namespace drishti::conf {
namespace {

struct Builtin {
  std::string_view name;
  Var id;
};

constexpr Builtin builtins[] = {
#define DRISHTI_V(id, name) {name, Var::id},
    DRISHTI_VARIABLES(DRISHTI_V)
#undef DRISHTI_V
};

constexpr Builtin families[] = {
#define DRISHTI_V(id, prefix) {prefix, Var::id},
    DRISHTI_VARIABLE_PREFIXES(DRISHTI_V)
#undef DRISHTI_V
};

// Longest prefixes of the modules' variables; none of them is also a name that drishti has.
constexpr std::string_view missing_variables[] = {
    "ssl_",         "geoip_",           "gzip_ratio",
    "http3",        "quic",             "limit_req_",     "limit_conn_",      "secure_link",  "slice_range",
    "fastcgi_",     "uid_",             "invalid_referer", "memcached_key",   "date_local",   "date_gmt",
    "stub_status_", "connections_",     "ancient_browser", "modern_browser",  "msie",         "image_filter",
    "jwt_",         "session_log_",     "upstream_queue_time", "upstream_last_server_name", "spdy", "otel_"};

const Builtin* find_family(std::string_view name) {
  for (const auto& family : families)
    if (name.size() > family.name.size() && name.starts_with(family.name)) return &family;
  return nullptr;
}

bool is_writable(Var id) { return id == Var::args || id == Var::limit_rate; }

}  // namespace

std::optional<VariableRef> find_builtin_variable(std::string_view text) {
  const std::string name = lower_case(text);  // nginx compares variable names without regard to case
  for (const auto& builtin : builtins)
    if (builtin.name == name) return VariableRef{builtin.id, 0, name};
  if (const auto* family = find_family(name)) return VariableRef{family->id, 0, name.substr(family->name.size())};
  return std::nullopt;
}

bool is_variable_of_missing_module(std::string_view name) {
  return std::any_of(std::begin(missing_variables), std::end(missing_variables),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

void VariableTable::announce(std::string_view name) {
  if (!find_builtin_variable(name) || find_family(lower_case(name)) != nullptr) slot_of(name, {});
}

std::uint16_t VariableTable::slot_of(std::string_view text, const Where& where) {
  const std::string name = lower_case(text);
  const auto found = by_name_.find(name);
  if (found != by_name_.end()) {
    if (slots_[found->second].first_use.file == nullptr) slots_[found->second].first_use = where;
    return found->second;
  }
  if (slots_.size() == std::numeric_limits<std::uint16_t>::max()) throw ConfigError("too many variables", where);
  const auto slot = static_cast<std::uint16_t>(slots_.size());
  slots_.push_back({{name, nullptr}, false, where});
  by_name_.emplace(name, slot);
  return slot;
}

VariableRef VariableTable::resolve(std::string_view name, const Where& where) {
  if (!by_name_.contains(lower_case(name)))
    if (auto builtin = find_builtin_variable(name)) return *builtin;
  return {Var::user, slot_of(name, where), lower_case(name)};
}

VariableRef VariableTable::define(std::string_view name, const Where& where) {
  const auto builtin = find_builtin_variable(name);
  if (builtin && find_family(lower_case(name)) == nullptr) {
    if (is_writable(builtin->id)) return *builtin;
    throw ConfigError("the duplicate \"" + std::string(name) + "\" variable", where);
  }
  const auto slot = slot_of(name, where);
  slots_[slot].is_defined = true;
  return {Var::user, slot, lower_case(name)};
}

void VariableTable::define_map(std::string_view name, std::shared_ptr<const Map> map, const Where& where) {
  const VariableRef variable = define(name, where);
  if (variable.id != Var::user) throw ConfigError("the duplicate \"" + std::string(name) + "\" variable", where);
  slots_[variable.slot].variable.map = std::move(map);
}

void VariableTable::check_all_defined() const {
  for (const auto& slot : slots_) {
    if (slot.is_defined) continue;
    const std::string quoted = "\"" + slot.variable.name + "\" variable";
    if (is_variable_of_missing_module(slot.variable.name))
      throw ConfigError(quoted + " is not implemented by drishti yet", slot.first_use);
    throw ConfigError("unknown " + quoted, slot.first_use);
  }
}

std::vector<UserVariable> VariableTable::take() {
  std::vector<UserVariable> variables;
  for (auto& slot : slots_) variables.push_back(std::move(slot.variable));
  return variables;
}

}  // namespace drishti::conf
