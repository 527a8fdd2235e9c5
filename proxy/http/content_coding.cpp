#include "http/content_coding.hpp"

#include <algorithm>

#include "http/tokens.hpp"

namespace drishti::http {
namespace {

constexpr int whole = 1000;

/// A qvalue (RFC 9110 12.4.2) in thousandths; 0 when it is none.
int parse_qvalue(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int value = (text[0] - '0') * whole;
  int unit = whole;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return 0;
    value += (c - '0') * (unit /= 10);
  }
  return value <= whole ? value : 0;
}

/// Of `;q=0.5`; without one it is whole.
int parse_weight(std::string_view parameters) {
  if (parameters.empty()) return whole;
  parameters = trim_ows(parameters.substr(1));
  if (parameters.size() < 2 || to_lower(parameters[0]) != 'q' || parameters[1] != '=') return 0;
  return parse_qvalue(parameters.substr(2));
}

}  // namespace

AcceptEncoding::AcceptEncoding(const FieldList& request) {
  if (!request.has(FieldId::accept_encoding)) return;
  for (const Field& field : request)
    if (field.id == FieldId::accept_encoding) take(field.value);
}

AcceptEncoding::AcceptEncoding(std::string_view value) { take(value); }

void AcceptEncoding::take(std::string_view value) {
  for_each_element(value, [&](std::string_view element) {
    if (++elements_ > most_elements) refuse_all();
    else take_element(element);
    return elements_ <= most_elements;
  });
}

void AcceptEncoding::take_element(std::string_view element) {
  const std::size_t end = std::min(element.find(';'), element.size());
  int& place = place_of(trim_ows(element.substr(0, end)));
  const int found = parse_weight(element.substr(end));
  place = place == not_named ? found : std::min(place, found);
}

int& AcceptEncoding::place_of(std::string_view coding) {
  if (coding == "*") return any_;
  if (iequals(coding, "x-gzip")) coding = coding_name(ContentCoding::gzip);
  for (std::size_t i = 0; i < weights_.size(); ++i)
    if (iequals(coding, coding_name(static_cast<ContentCoding>(i)))) return weights_[i];
  return unknown_;
}

void AcceptEncoding::refuse_all() {
  weights_.fill(0);
  any_ = 0;
}

int AcceptEncoding::weight(ContentCoding coding) const {
  const int named = weights_[static_cast<std::size_t>(coding)];
  if (named != not_named) return named;
  if (any_ != not_named) return any_;
  return coding == ContentCoding::identity ? whole : 0;
}

// Who does not name identity says nothing about it beside the codings that are named.
bool AcceptEncoding::prefers(ContentCoding coding) const {
  const int identity = weights_[static_cast<std::size_t>(ContentCoding::identity)];
  return accepts(coding) && weight(coding) >= identity;
}

}  // namespace drishti::http
