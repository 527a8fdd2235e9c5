#pragma once
// The families of variables behind variables.hpp. A value made on the fly may live in BUFFER; nullopt is "not found".

#include <optional>
#include <string_view>

#include "conf/template.hpp"
#include "context/number_text.hpp"
#include "context/request_context.hpp"

namespace drishti::context {

using Found = std::optional<std::string_view>;

/// All of DRISHTI_VARIABLES.
Found find_builtin(conf::Var id, RequestContext& context, NumberBuffer& buffer);
/// $ssl_*; not found without TLS.
Found find_tls_variable(conf::Var id, RequestContext& context, NumberBuffer& buffer);
/// $upstream_addr, $upstream_status and so on: one value an attempt, `, ` between attempts, ` : ` after a redirect.
Found find_attempts_list(conf::Var id, RequestContext& context, NumberBuffer& buffer);
/// $proxy_protocol_addr and the like, and $proxy_protocol_tlv_NAME.
Found find_proxy_address(conf::Var id, RequestContext& context, NumberBuffer& buffer);
Found find_proxy_tlv(std::string_view name, const RequestContext& context, NumberBuffer& buffer);
/// All of DRISHTI_VARIABLE_PREFIXES. NAME is what follows the prefix.
Found find_prefixed(conf::Var id, std::string_view name, RequestContext& context, NumberBuffer& buffer);
/// set, map and named captures.
Found find_user_variable(std::uint16_t slot, RequestContext& context);
/// The slot's place; the vector is sized on first use.
std::optional<std::string_view>& user_slot(std::uint16_t slot, RequestContext& context);

/// All values of the fields with this id, joined by SEPARATOR.
Found join_fields(const http::FieldList& fields, http::FieldId id, std::string_view separator, RequestContext& context);
/// The user of `Authorization: Basic`: $remote_user.
Found remote_user(RequestContext& context);

}  // namespace drishti::context
