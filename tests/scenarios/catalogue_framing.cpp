// S01 to S20: which framing a request has.

#include "tests/scenarios/catalogue.hpp"

namespace drishti::testing::catalogue {

namespace {

const std::string post_x = "POST /x HTTP/1.1";
const std::string end_of_chunks = "0\r\n\r\n";

/// POSTs with this value of Transfer-Encoding and an empty chunked body.
std::string encoded(const std::string& value) { return post("Transfer-Encoding:" + value + "\r\n", end_of_chunks); }

std::vector<Probe> refused_encodings(const std::vector<std::string>& values, Statuses statuses) {
  std::vector<Probe> probes;
  for (const std::string& value : values) probes.push_back(refused("value [" + value + "]", encoded(value), statuses));
  return probes;
}

std::vector<Probe> refused_lengths(const std::vector<std::string>& values) {
  std::vector<Probe> probes;
  for (const std::string& value : values)
    probes.push_back(refused("value [" + value + "]", post("Content-Length:" + value + "\r\n", "hello")));
  return probes;
}

std::vector<Probe> both_framings() {
  std::string length = "Content-Length: 6\r\n", chunked = "Transfer-Encoding: chunked\r\n";
  return {refused("CL.TE", post(length + chunked, "0\r\n\r\nG")), refused("TE.CL", post(chunked + length, "0\r\n\r\nG")),
          refused("CL 0 and TE", post("Content-Length: 0\r\n" + chunked, end_of_chunks)),
          refused("on a GET", get("/x", length + chunked) + "0\r\n\r\nG")};
}

std::vector<Probe> both_framings_in_a_pipeline() {
  std::string fields = "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n";
  return {refused("with Connection: close", post("Connection: close\r\n" + fields, "0\r\n\r\nG")),
          refused("with Connection: keep-alive", post("Connection: keep-alive\r\n" + fields, "0\r\n\r\nG")),
          refused("behind an ordinary request", get("/first") + post(fields, "0\r\n\r\nG"))
              .answering({{200}, {400}}).seeing({"GET /first HTTP/1.1"}),
          refused("twice", post(fields, "0\r\n\r\nG") + post(fields, "0\r\n\r\nG"))};
}

std::vector<Probe> odd_spellings_of_chunked() {
  std::vector<Probe> probes = refused_encodings(
      {" \vchunked", " chunked\v", " \fchunked", " chunked\f", bytes(" \0chunked"), bytes(" chunked\0"), " \xa0" "chunked",
       " chunked\xa0", " \x85" "chunked", " chunked\x85", " \"chunked\"", " 'chunked'", " chun ked", " chunked;q=1"},
      {400, 501});
  for (std::string value : {" chunked", "chunked", " \t chunked \t", " ChUnKeD", "\tCHUNKED"})
    probes.push_back(passed("accepted value [" + value + "]", post("Transfer-Encoding:" + value + "\r\n", "3\r\nabc\r\n" + end_of_chunks), {post_x})
                         .with("abc").with("Content-Length: 3\r\n").without("transfer-encoding"));
  return probes;
}

std::vector<Probe> http10_without_length() {
  std::string head = "POST /x HTTP/1.0\r\nHost: a.test\r\n";
  std::vector<Probe> probes;
  for (std::string more : {"", "Connection: keep-alive\r\n"})
    probes.push_back(refused("more fields [" + more + "]", head + more + "\r\n", {200}).seeing({post_x}));
  return probes;
}

std::vector<Probe> zeros_in_front() {
  return {passed("010 is ten", post("Content-Length: 010\r\n", "0123456789"), {post_x}).with("Content-Length: 10\r\n"),
          passed("00", post("Content-Length: 00\r\n", ""), {post_x}).without("Content-Length: 00"),
          passed("40 zeros", post("Content-Length: " + repeat("0", 40) + "5\r\n", "hello"), {post_x}).with("Content-Length: 5\r\n"),
          refused("1000 zeros", post("Content-Length: " + repeat("0", 1000) + "5\r\n", "hello"))};
}

}  // namespace

std::vector<Entry> framing_entries() {
  return {
      {"S01", "Content-Length and Transfer-Encoding together", both_framings(), {}},
      {"S02", "the same closing or in a pipeline", both_framings_in_a_pipeline(), {}},
      {"S03", "unknown Transfer-Encoding", refused_encodings({" xchunked", " identity", " gzip", " chunkedx", " foo"}, {400, 501}), {}},
      {"S04", "chunked is not the last coding", refused_encodings({" chunked, identity", " chunked, gzip", " chunked,gzip , br"}, {400}), {}},
      {"S05", "a coding before chunked", refused_encodings({" gzip, chunked", " deflate,chunked"}, {501}), {}},
      {"S06", "two Transfer-Encoding fields",
       {refused("chunked + chunked", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", end_of_chunks)),
        refused("identity + chunked", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", end_of_chunks)),
        refused("chunked + identity", post("Transfer-Encoding: chunked\r\nX: y\r\nTransfer-Encoding: identity\r\n", end_of_chunks))}, {}},
      {"S07", "chunked twice in one field", refused_encodings({" chunked, chunked", " chunked,chunked"}, {400}), {}},
      {"S08", "stray commas, empty value", refused_encodings({" ,chunked", " chunked,", " , chunked", "", " ", " ,"}, {400}), {}},
      {"S09", "odd spellings of chunked", odd_spellings_of_chunked(), {}},
      {"S10", "space before the colon",
       {refused("space", post("Transfer-Encoding : chunked\r\n", end_of_chunks)),
        refused("tab", post("Transfer-Encoding\t: chunked\r\n", end_of_chunks)),
        refused("in Content-Length", post("Content-Length : 5\r\n", "hello"))}, {}},
      {"S11", "underscore instead of hyphen",
       {passed("Transfer_Encoding", get("/x", "Transfer_Encoding: chunked\r\n"), {"GET /x HTTP/1.1"}).without("transfer_encoding"),
        passed("Content_Length", get("/x", "Content_Length: 5\r\n"), {"GET /x HTTP/1.1"}).without("content_length")}, {}},
      {"S12", "Transfer-Encoding in a continuation line",
       {refused("space", post("Transfer-Encoding:\r\n chunked\r\n", end_of_chunks)),
        refused("tab", post("Transfer-Encoding:\r\n\tchunked\r\n", end_of_chunks)),
        refused("behind another field", post("X: y\r\n Transfer-Encoding: chunked\r\n", end_of_chunks))}, {}},
      {"S13", "Transfer-Encoding in HTTP/1.0",
       {refused("chunked", "POST /x HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        refused("keep-alive", "POST /x HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")}, {}},
      {"S14", "HTTP/1.0 POST without length, bytes follow", http10_without_length(), {}},
      {"S15", "two different Content-Length",
       {refused("5 and 6", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")),
        refused("not adjacent", post("Content-Length: 6\r\nX: y\r\ncontent-length: 5\r\n", "hello!"))}, {}},
      {"S16", "two equal Content-Length",
       {refused("two fields", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")),
        refused("one list", post("Content-Length: 5, 5\r\n", "hello"))}, {}},
      {"S17", "empty Content-Length",
       {refused("alone", post("Content-Length:\r\n", "")), refused("spaces", post("Content-Length:  \r\n", "")),
        refused("first of two", post("Content-Length:\r\nContent-Length: 5\r\n", "hello"))}, {}},
      {"S18", "Content-Length that is not digits only",
       refused_lengths({" +5", " -5", " 5_0", " 0x5", " 5 5", " 5,", " ,5", " 5;a", " 5.0", " 1e1", " \"5\"", " 5\v", " \xd9\xa5", " five"}), {}},
      {"S19", "zeros in front of the Content-Length", zeros_in_front(), {}},
      {"S20", "Content-Length that overflows",
       refused_lengths({" 18446744073709551616", " 18446744073709551621", " 9223372036854775808", " 99999999999999999999999999"}), {}},
  };
}

}  // namespace drishti::testing::catalogue
