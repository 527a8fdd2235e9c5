#pragma once
// The reasons for refusing a message (threat-catalogue S, H, R, T).

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace drishti::http {

/// Why a message was refused; the name is the `reason` label of the reject counter and stands in the error log.
/// R(enumerator, http status for a request, "reason text").
#define DRISHTI_REJECTS(R)                                                                       \
  R(bad_request_line, 400, "invalid request line")                                               \
  R(bad_method, 400, "invalid method")                                                           \
  R(bad_target, 400, "invalid request target")                                                   \
  R(bad_version, 400, "invalid HTTP version")                                                    \
  R(version_not_supported, 505, "HTTP version not supported")                                    \
  R(target_too_long, 414, "request line too long")                                               \
  R(bare_lf, 400, "bare LF as line end")                                                         \
  R(bare_cr, 400, "bare CR")                                                                     \
  R(bad_field_name, 400, "invalid field name")                                                   \
  R(bad_field_value, 400, "invalid field value")                                                 \
  R(missing_colon, 400, "field line without colon")                                              \
  R(obsolete_fold, 400, "folded field line")                                                     \
  R(field_too_large, 400, "field line too long")                                                 \
  R(head_too_large, 400, "head too large")                                                       \
  R(too_many_fields, 400, "too many fields")                                                     \
  R(missing_host, 400, "no Host field")                                                          \
  R(multiple_hosts, 400, "more than one Host field")                                             \
  R(bad_host, 400, "invalid host")                                                               \
  R(host_mismatch, 400, "Host differs from the request target")                                  \
  R(length_and_chunked, 400, "Content-Length with Transfer-Encoding")                            \
  R(bad_content_length, 400, "invalid Content-Length")                                           \
  R(duplicate_content_length, 400, "more than one Content-Length")                               \
  R(bad_transfer_encoding, 400, "invalid Transfer-Encoding")                                     \
  R(unknown_transfer_encoding, 501, "unknown Transfer-Encoding")                                 \
  R(transfer_encoding_in_http10, 400, "Transfer-Encoding in HTTP/1.0")                           \
  R(method_not_allowed, 405, "method not allowed")                                               \
  R(unknown_expectation, 417, "unknown expectation")                                             \
  R(connection_field, 400, "field of HTTP/1 in HTTP/2")                                          \
  R(unknown_protocol, 501, "unknown protocol of an extended CONNECT")                            \
  R(bad_chunk, 400, "invalid chunk")                                                             \
  R(chunk_overhead, 400, "chunk framing too large")                                              \
  R(bad_trailer, 400, "invalid trailer")                                                         \
  R(bad_status_line, 502, "invalid status line")                                                 \
  R(tls_on_plain_port, 400, "TLS on a plain port")                                               \
  R(http2_preface, 505, "HTTP/2 preface on an HTTP/1 port")

enum class Reject : std::uint8_t {
  none,
#define DRISHTI_R(id, status, text) id,
  DRISHTI_REJECTS(DRISHTI_R)
#undef DRISHTI_R
};
/// The number of enumerators, `none` included.
#define DRISHTI_R(id, status, text) +1
inline constexpr std::size_t reject_count = 1 DRISHTI_REJECTS(DRISHTI_R);
#undef DRISHTI_R
int reject_status(Reject reject);
std::string_view reject_name(Reject reject);  ///< the enumerator's name: the metric label
std::string_view reject_text(Reject reject);

}  // namespace drishti::http
