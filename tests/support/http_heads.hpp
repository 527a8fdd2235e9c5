#pragma once
// Parsing a head at once and in pieces, and writing down what came out. For the tests and the fuzz targets.

#include <cstring>
#include <memory>
#include <string>

#include "http/body_decoder.hpp"
#include "http/head_parser.hpp"

namespace drishti::http::testing {

inline std::string describe(const BodyFraming& body) {
  return "body " + std::to_string(static_cast<int>(body.kind)) + " " + std::to_string(body.length) + "\n";
}

inline std::string describe(const FieldList& fields, bool with_host = true) {
  std::string text;
  for (const Field& field : fields) {
    if (!with_host && field.id == FieldId::host) continue;
    text += std::to_string(static_cast<int>(field.id)) + " [" + std::string(field.name) + "] [" +
            std::string(field.value) + "]\n";
  }
  return text;
}

/// Everything but request_line, and Host as field when !with_host (an absolute form may spell it differently).
inline std::string describe(const RequestHead& head, bool with_host = true) {
  std::string text = "method " + std::to_string(static_cast<int>(head.method)) + " " + std::string(head.method_text);
  text +=
      "\ntarget " + std::string(head.target) + "\nhost " + std::string(head.host) + ":" + std::string(head.host_port);
  text += "\nversion " + std::to_string(head.version) + "\n" + describe(head.body) + describe(head.fields, with_host);
  text += head.keep_alive ? "keep-alive " : "close ";
  text += head.expect_continue ? "expect " : "";
  return text + (head.wants_upgrade ? "upgrade" : "");
}

inline std::string describe(const ResponseHead& head, bool = true) {
  std::string text = "status " + std::to_string(head.status) + " [" + std::string(head.reason) + "]\nversion ";
  text += std::to_string(head.version) + "\n" + describe(head.body) + describe(head.fields);
  return text + (head.keep_alive ? "keep-alive " : "close ") + std::to_string(head.keep_alive_timeout_seconds);
}

struct Outcome {
  ParseState state = ParseState::need_more;
  Reject reject = Reject::none;
  std::size_t size = 0;  ///< of the head
  std::string text;      ///< describe() of an accepted head
  bool operator==(const Outcome&) const = default;
};

inline void start(RequestParser& parser, const HeadLimits& limits, RequestHead& head, Method) {
  parser.start(limits, head);
}
inline void start(ResponseParser& parser, const HeadLimits& limits, ResponseHead& head, Method method) {
  parser.start(limits, method, head);
}

template <typename Parser, typename Head>
Outcome outcome_of(ParseState state, const Parser& parser, const Head& head) {
  Outcome out{state, parser.reject(), 0, {}};
  if (state != ParseState::done) return out;
  out.size = parser.head_size();
  out.text = describe(head);
  return out;
}

template <typename Parser, typename Head>
Outcome parse_whole(std::string_view input, const HeadLimits& limits = {}, Method method = Method::get) {
  // A heap block of the exact size, so that a sanitizer sees a read past the end.
  const std::unique_ptr<char[]> buffer(new char[input.size()]);
  std::memcpy(buffer.get(), input.data(), input.size());
  Head head;
  Parser parser;
  start(parser, limits, head, method);
  const ParseState state = parser.parse({buffer.get(), input.size()});
  return outcome_of(state, parser, head);
}

/// Feeds prefixes of the input that grow by next_step() bytes, each in a new buffer; the old one is freed first.
template <typename Parser, typename Head, typename NextStep>
Outcome parse_split(std::string_view input, NextStep next_step, const HeadLimits& limits = {},
                    Method method = Method::get) {
  std::unique_ptr<char[]> buffer;
  Head head;
  Parser parser;
  start(parser, limits, head, method);
  ParseState state = ParseState::need_more;
  for (std::size_t size = 0; size < input.size() && state == ParseState::need_more;) {
    size = std::min(input.size(), size + next_step());
    buffer.reset();
    buffer.reset(new char[size]);
    std::memcpy(buffer.get(), input.data(), size);
    state = parser.parse({buffer.get(), size});
  }
  return outcome_of(state, parser, head);
}

inline Outcome parse_request(std::string_view input, const HeadLimits& limits = {}) {
  return parse_whole<RequestParser, RequestHead>(input, limits);
}
inline Outcome parse_response(std::string_view input, Method method = Method::get, const HeadLimits& limits = {}) {
  return parse_whole<ResponseParser, ResponseHead>(input, limits, method);
}

inline void append_fields(const FieldList& fields, std::string& text) {
  for (const Field& field : fields) {
    if (field.id != FieldId::host) text += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  }
  text += "\r\n";
}

/// A head in canonical spelling that must parse to the same.
inline std::string serialise(const RequestHead& head) {
  std::string text = std::string(head.method_text) + " " + std::string(head.target);
  text += head.version == 11 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n";
  const std::string port = head.host_port.empty() ? "" : ":" + std::string(head.host_port);
  if (!head.host.empty()) text += "Host: " + std::string(head.host) + port + "\r\n";
  append_fields(head.fields, text);
  return text;
}
inline std::string serialise(const ResponseHead& head) {
  std::string text = head.version == 11 ? "HTTP/1.1 " : "HTTP/1.0 ";
  text += std::to_string(head.status) + " " + std::string(head.reason) + "\r\n";
  for (const Field& field : head.fields) text += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
  return text + "\r\n";
}

struct DecodedBody {
  std::string data;
  std::size_t consumed = 0;
  bool done = false;
  Reject reject = Reject::none;
  bool operator==(const DecodedBody&) const = default;
};

/// Decodes INPUT in pieces of next_step() bytes, each in a buffer of its own.
template <typename NextStep>
DecodedBody decode_split(std::string_view input, BodyFraming framing, NextStep next_step) {
  DecodedBody out;
  BodyDecoder decoder;
  decoder.start(framing);
  while (out.consumed < input.size() && !decoder.done() && decoder.reject() == Reject::none) {
    const std::string piece(input.substr(out.consumed, next_step()));
    for (std::string_view rest = piece; !rest.empty();) {
      const BodyDecoder::Step step = decoder.decode(rest);
      out.data += step.data;
      out.consumed += step.consumed;
      rest.remove_prefix(step.consumed);
      if (step.consumed == 0 || decoder.done() || decoder.reject() != Reject::none) break;
    }
  }
  out.done = decoder.done();
  out.reject = decoder.reject();
  return out;
}
inline DecodedBody decode_chunked(std::string_view input) {
  return decode_split(input, {BodyKind::chunked, 0}, [&] { return input.size(); });
}

}  // namespace drishti::http::testing
