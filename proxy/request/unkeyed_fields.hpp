#pragma once
// Request fields that some applications read as if they were the URL, and that no Vary names: whoever sends one must not
// choose what everybody else gets. A response to a request with such a field stands beside the others, as if Vary named it.

#include "cache/stored_response.hpp"
#include "context/request_context.hpp"

namespace drishti::request {

/// The Vary of RESPONSE and, as more of it, the fields of that kind that the request has and the upstream saw, and those
/// that MARKER (null: none) tells apart already. Views; nothing is added where proxy_cache_key is written, nor to the
/// middleware's entries, which have no variants.
http::FieldList selecting_fields(const http::FieldList& response, const cache::StoredResponse* marker,
                                 const context::RequestContext& context);

}  // namespace drishti::request
