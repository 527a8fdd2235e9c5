#pragma once
// proxy_cache_purge: removes what is stored, by URL, by the beginning of URLs, or by tags. docs/CACHE.md.

#include "request/cache_query.hpp"
#include "request/client_stream.hpp"
#include "request/outcome.hpp"

namespace drishti::request {

/// By the location's settings; whether the client may is another question.
bool is_purge_request(context::RequestContext& context);

/// Does it and answers with JSON that says what was done; 403 for a client that may not.
net::Task<Outcome> purge(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                         CacheZoneView& view, CacheQuery& query);

}  // namespace drishti::request
