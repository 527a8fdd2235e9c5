#pragma once
// HTTP/2 frames of a gRPC answer, byte by byte (RFC 9113 4.1, RFC 7541 6.2.2), without the library that reads them.

#include <string>
#include <utility>
#include <vector>

namespace drishti::testing {

inline std::string h2_frame(int type, int flags, int stream, const std::string& payload) {
  std::string text;
  for (const int shift : {16, 8, 0}) text += static_cast<char>(payload.size() >> shift);
  text += static_cast<char>(type);
  text += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) text += static_cast<char>(stream >> shift);
  return text + payload;
}

inline const std::string h2_settings = h2_frame(4, 0, 0, "");

/// HEADERS. FIELDS: literals that are not indexed.
inline std::string h2_headers(const std::vector<std::pair<std::string, std::string>>& fields, bool is_last,
                              int stream = 1) {
  std::string block;
  for (const auto& [name, value] : fields) {
    block += '\0';
    block += static_cast<char>(name.size()) + name;
    block += static_cast<char>(value.size()) + value;
  }
  return h2_frame(1, is_last ? 5 : 4, stream, block);
}

/// The answer of a server: SERVING is the status in the message.
inline std::string grpc_health_answer(int serving, const std::string& grpc_status = "0") {
  const std::string message{'\x08', static_cast<char>(serving)};
  return h2_settings + h2_headers({{":status", "200"}, {"content-type", "application/grpc"}}, false) +
         h2_frame(0, 0, 1, std::string(4, '\0') + '\x02' + message) + h2_headers({{"grpc-status", grpc_status}}, true);
}

/// Without a message: HEADERS alone.
inline std::string grpc_error(const std::string& grpc_status) {
  return h2_settings +
         h2_headers({{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", grpc_status}}, true);
}

}  // namespace drishti::testing
