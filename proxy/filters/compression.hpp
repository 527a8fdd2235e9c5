#pragma once
// Which content coding a response gets, and what its head says then. nginx's rules for gzip, where RFC 9110 leaves them.

#include <span>

#include "context/request_context.hpp"
#include "http/content_coding.hpp"

namespace drishti::filters {

/// The coding for the body of context.response, whose head is complete; identity: none. Adds Vary where the location says
/// that it does. May be asked again, for some of the codings.
http::ContentCoding choose_coding(context::RequestContext& context,
                                  std::span<const http::ContentCoding> among = http::compressing_codings);
/// The head of the same response with the body in CODING: Content-Encoding, a weak ETag, no length, no ranges.
void become_coded(http::ContentCoding coding, context::RequestContext& context);

/// Whether a body that came with gzip has to be decompressed for this client (gunzip).
bool needs_gunzip(context::RequestContext& context);
/// The head of the same response with the body decompressed.
void become_decoded(context::RequestContext& context);

/// A 304 names the tag as the client has it: weak, when that was of a coded body (RFC 9110 15.4.5).
void keep_weak_tag(context::RequestContext& context);

/// Whether gzip_http_version, gzip_disable, gzip_proxied and Accept-Encoding allow gzip for this request.
bool accepts_gzip(const http::AcceptEncoding& accept, context::RequestContext& context);
/// Whether the client is best served with CODING, be it made here or found.
bool accepts_coding(http::ContentCoding coding, const http::AcceptEncoding& accept, context::RequestContext& context);
/// `Vary: Accept-Encoding`, if the location says so and the response does not yet.
void add_vary(context::RequestContext& context);
/// The Vary of context.response if its body depends on what the client accepts, whether or not it will be coded.
void add_vary_of_codings(context::RequestContext& context);

}  // namespace drishti::filters
