#pragma once
// proxy_cache_purge: removes what is stored, by URL, by the beginning of URLs, or by tags. docs/CACHE.md.

#include "request/cache_query.hpp"
#include "request/client_stream.hpp"
#include "request/outcome.hpp"

namespace drishti::request {

struct PurgedZone {
  std::size_t memory = 0;  ///< responses that left this process's memory
  bool is_shared = true;   ///< Redis knows, too, or there is none
};
/// Bans what KIND and TEXT say. TEXT is used until the end.
net::Task<PurgedZone> purge_zone(CacheZoneView& view, cache::Ban::Kind kind, std::string_view text);

/// By the location's settings; whether the client may is another question.
bool is_purge_request(context::RequestContext& context);

/// Does it and answers with JSON that says what was done; 403 for a client that may not.
net::Task<Outcome> purge(WorkerServices& services, context::RequestContext& context, ClientStream& client,
                         CacheZoneView& view, CacheQuery& query);

}  // namespace drishti::request
