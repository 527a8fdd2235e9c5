// Any bytes as Accept-Encoding.

#include <string>

#include "http/content_coding.hpp"
#include "tests/support/fuzz_check.hpp"

using namespace drishti::http;

namespace {

constexpr ContentCoding all[] = {ContentCoding::identity, ContentCoding::brotli, ContentCoding::zstd, ContentCoding::gzip};

void check_sane(const AcceptEncoding& accept) {
  for (const ContentCoding coding : all) {
    const int weight = accept.weight(coding);
    FUZZ_CHECK(weight >= 0 && weight <= 1000);
    FUZZ_CHECK(accept.accepts(coding) == (weight > 0));
    FUZZ_CHECK(!accept.prefers(coding) || weight > 0);
  }
}

/// A list that says `gzip;q=0` behind everything accepts no gzip, whatever stands in front.
void check_refusal(std::string_view input) {
  FieldList fields;
  fields.add({"Accept-Encoding", input, FieldId::accept_encoding});
  fields.add({"Accept-Encoding", "gzip;q=0", FieldId::accept_encoding});
  FUZZ_CHECK(!AcceptEncoding(fields).accepts(ContentCoding::gzip));
}

/// In two fields the list means what it means in one.
void check_fields(std::string_view first, std::string_view second) {
  const bool is_quoted = first.find('"') != first.npos || first.find('\\') != first.npos;
  if (is_quoted) return;
  FieldList fields;
  fields.add({"Accept-Encoding", first, FieldId::accept_encoding});
  fields.add({"Accept-Encoding", second, FieldId::accept_encoding});
  const std::string joined = std::string(first) + "," + std::string(second);
  const AcceptEncoding apart(fields), together{std::string_view(joined)};
  for (const ContentCoding coding : all) FUZZ_CHECK(apart.weight(coding) == together.weight(coding));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_sane(AcceptEncoding(input));
  check_refusal(input);
  check_fields(input.substr(0, size / 2), input.substr(size / 2));
  return 0;
}
