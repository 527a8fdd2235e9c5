#include "cache/vary.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/chars.hpp"
#include "http/field_table.hpp"
#include "http/tokens.hpp"

namespace drishti::cache {
namespace {

using http::FieldId;

/// A few views in order, without allocation.
template <std::size_t most>
class Views {
 public:
  bool add(std::string_view view) {
    if (size_ == most) return false;
    views_[size_++] = view;
    return true;
  }
  template <typename Less, typename Equal>
  void sort_and_unique(Less less, Equal equal) {
    std::sort(begin(), end(), less);
    size_ = static_cast<std::size_t>(std::unique(begin(), end(), equal) - begin());
  }
  std::string_view* begin() { return views_.data(); }
  std::string_view* end() { return views_.data() + size_; }

 private:
  std::array<std::string_view, most> views_{};
  std::size_t size_ = 0;
};

bool less_in_lower_case(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [](char x, char y) { return http::to_lower(x) < http::to_lower(y); });
}

void append_lower(std::string_view text, std::string& out) {
  for (const char c : text) out.push_back(http::to_lower(c));
}

void append_number(std::size_t number, std::string& out) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// `gzip` or `gzip;q=0.5`, taken apart. False when it has other parameters or the weight is none (RFC 9110 12.4.2).
bool read_coding(std::string_view element, std::string_view& coding, bool& is_refused) {
  const std::size_t semicolon = std::min(element.find(';'), element.size());
  coding = http::trim_ows(element.substr(0, semicolon));
  is_refused = false;
  if (!http::is_token(coding)) return false;
  if (semicolon == element.size()) return true;
  std::string_view weight = http::trim_ows(element.substr(semicolon + 1));
  if (weight.size() < 3 || weight.size() > 7 || http::to_lower(weight[0]) != 'q' || weight[1] != '=') return false;
  weight.remove_prefix(2);
  if ((weight[0] != '0' && weight[0] != '1') || (weight.size() > 1 && weight[1] != '.')) return false;
  const std::string_view fraction = weight.substr(std::min<std::size_t>(2, weight.size()));
  if (!std::all_of(fraction.begin(), fraction.end(), http::is_digit)) return false;
  is_refused = weight[0] == '0' && fraction.find_first_not_of('0') == fraction.npos;
  return true;
}

constexpr std::size_t most_codings = 16;
using Codings = Views<most_codings>;

/// The codings accepted and those refused. Preferences among the accepted are left out: any of them is acceptable.
bool collect_codings(const http::FieldList& request, Codings& accepted, Codings& refused) {
  bool is_valid = true;
  for (const http::Field& field : request) {
    if (field.id != FieldId::accept_encoding) continue;
    http::for_each_element(field.value, [&](std::string_view element) {
      std::string_view coding;
      bool is_refused = false;
      is_valid = is_valid && read_coding(element, coding, is_refused) && (is_refused ? refused : accepted).add(coding);
    });
  }
  return is_valid;
}

void append_codings(Codings& codings, char mark, std::string& out) {
  codings.sort_and_unique(less_in_lower_case, http::iequals);
  for (const std::string_view coding : codings) {
    out.push_back(mark);
    append_lower(coding, out);
  }
}

/// Fields that are lists of words in any case; whitespace around the commas means nothing.
bool is_list(std::string_view name) {
  return name == "accept" || name == "accept-language" || name == "accept-charset";
}

void append_list(std::string_view name, const http::FieldList& request, std::string& out) {
  for (const http::Field& field : request) {
    if (!http::iequals(field.name, name)) continue;
    http::for_each_element(field.value, [&](std::string_view element) {
      out.push_back(',');
      if (name == "accept")
        out.append(element);  // parameters of a media type may be in a case that matters
      else
        append_lower(element, out);
    });
  }
}

/// Puts the size of what was appended since BEGIN in front of it.
void close_part(std::size_t begin, std::string& out) {
  char digits[21];
  char* end = std::to_chars(digits, digits + 20, out.size() - begin).ptr;
  *end++ = ':';
  out.insert(begin, digits, static_cast<std::size_t>(end - digits));
}

/// Every line by itself: nothing is known about what they mean together.
void append_lines(std::string_view name, const http::FieldList& request, std::string& out) {
  for (const http::Field& field : request) {
    if (!http::iequals(field.name, name)) continue;
    append_number(field.value.size(), out);
    out.push_back(':');
    out.append(field.value);
  }
  out.push_back('.');
}

void append_value(std::string_view name, const http::FieldList& request, std::string& out) {
  if (request.find(name) == nullptr) {
    out.push_back('-');
    return;
  }
  Codings accepted, refused;
  const bool has_codings = name == "accept-encoding" && collect_codings(request, accepted, refused);
  if (!has_codings && !is_list(name)) {
    out.push_back('=');
    return append_lines(name, request, out);
  }
  out.push_back('~');
  const std::size_t begin = out.size();
  if (has_codings) {
    append_codings(accepted, '+', out);
    append_codings(refused, ' ', out);
  } else {
    append_list(name, request, out);
  }
  close_part(begin, out);
}

}  // namespace

VaryKind vary_names(const http::FieldList& response, std::string& names) {
  Views<most_vary_names> found;
  bool is_usable = true;
  std::size_t size = 0;
  for (const http::Field& field : response) {
    if (field.id != FieldId::vary) continue;
    http::for_each_element(field.value, [&](std::string_view name) {
      size += name.size() + 2;
      is_usable = is_usable && name != "*" && http::is_token(name) && size <= longest_vary && found.add(name);
    });
  }
  if (!is_usable) return VaryKind::unusable;
  if (found.begin() == found.end()) return VaryKind::none;
  found.sort_and_unique(less_in_lower_case, http::iequals);
  for (const std::string_view& name : found) {
    if (&name != found.begin()) names.append(", ");
    append_lower(name, names);
  }
  return VaryKind::fields;
}

bool append_variant(std::string_view names, const http::FieldList& request, std::string& out) {
  const std::size_t before = out.size();
  bool fits = true;
  http::for_each_element(names, [&](std::string_view name) {
    append_value(name, request, out);
    fits = out.size() - before <= longest_variant;
    return fits;
  });
  if (!fits) out.resize(before);
  return fits;
}

}  // namespace drishti::cache
