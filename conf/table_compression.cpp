// Directives of compressed bodies: those of nginx, and those of the modules ngx_brotli and zstd-nginx-module in their words.

#include <algorithm>

#include "conf/lower_case.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

using S = CompressionSettings;
using Coding = CodingSettings S::*;

S& settings(Analysis& a) { return a.scope().location->compression; }

template <Coding coding>
void set_on(Analysis& a, const Directive& d) {
  (settings(a).*coding).on.set(flag_value(d));
}

template <Coding coding>
void set_min_length(Analysis& a, const Directive& d) {
  (settings(a).*coding).min_length.set(size_value(d));
}

template <Coding coding>
void set_precompressed(Analysis& a, const Directive& d) {
  (settings(a).*coding)
      .precompressed.set(enum_value<Precompressed>(
          d, {{"off", Precompressed::off}, {"on", Precompressed::on}, {"always", Precompressed::always}}));
}

int bounded(const Directive& d, int least, int most) {
  const int number = number_value(d);
  if (number < least || number > most)
    fail("value must be between " + std::to_string(least) + " and " + std::to_string(most), d);
  return number;
}

// Beyond MOST_USED a level takes several times the processor's time for a few per cent (threat X17).
template <Coding coding, int least, int most, int most_used>
void set_level(Analysis& a, const Directive& d) {
  const int level = bounded(d, least, most);
  if (level > most_used)
    a.notice(quoted(d.name) + " above " + std::to_string(most_used) + " costs more than it saves while clients wait: " +
                 std::to_string(most_used) + " is used",
             d.where);
  (settings(a).*coding).level.set(std::min(level, most_used));
}

template <Coding coding>
void add_types(Analysis& a, const Directive& d) {
  auto& setting = (settings(a).*coding).types;
  MediaTypes types = **setting;  // of this level so far, or text/html alone
  for (const std::string& text : d.args) {
    if (text == "*") {
      types.has_all = true;
      continue;
    }
    const std::string type = lower_case(text);
    const bool is_known = std::find(types.names.begin(), types.names.end(), type) != types.names.end();
    if (is_known) a.warn("duplicate MIME type " + quoted(text), d.where);
    else types.names.push_back(type);
  }
  setting.set(std::make_shared<const MediaTypes>(std::move(types)));
}

void set_http_version(Analysis& a, const Directive& d) {
  settings(a).gzip_http_version.set(enum_value<int>(d, {{"1.0", 10}, {"1.1", 11}}));
}

void set_vary(Analysis& a, const Directive& d) { settings(a).vary.set(flag_value(d)); }

void add_proxied(Analysis& a, const Directive& d) {
  using P = GzipProxied;
  static constexpr std::pair<std::string_view, bool P::*> words[] = {
      {"off", &P::off},           {"expired", &P::expired},     {"no-cache", &P::no_cache},
      {"no-store", &P::no_store}, {"private", &P::is_private},  {"no_last_modified", &P::no_last_modified},
      {"no_etag", &P::no_etag},   {"auth", &P::auth},           {"any", &P::any}};
  auto& setting = settings(a).gzip_proxied;
  GzipProxied bits = setting.is_set ? *setting : GzipProxied{};
  add_words(a, d, bits, words);
  setting.set(bits);
}

void add_disabled(Analysis& a, const Directive& d) {
  auto& setting = settings(a).gzip_disable;
  GzipDisable disabled = setting.is_set ? *setting : GzipDisable{};
  for (const std::string& text : d.args) {
    if (text == "msie6") disabled.msie6 = true;
    else disabled.user_agents.push_back(compile_regex(text, true, a.variables, d.where).regex);
  }
  setting.set(std::move(disabled));
}

void set_brotli_window(Analysis& a, const Directive& d) {
  const Bytes size = size_value(d);
  for (int bits = 10; bits <= 24; ++bits)
    if (size == Bytes{1} << bits) return settings(a).brotli_window.set(bits);
  fail("\"brotli_window\" must be 1k, 2k, 4k, 8k, 16k, 32k, 64k, 128k, 256k, 512k, 1m, 2m, 4m, 8m or 16m", d);
}

void set_gunzip(Analysis& a, const Directive& d) { settings(a).gunzip.set(flag_value(d)); }
void set_gunzip_max_size(Analysis& a, const Directive& d) { settings(a).gunzip_max_size.set(size_value(d, 0, true)); }
void set_gunzip_max_ratio(Analysis& a, const Directive& d) { settings(a).gunzip_max_ratio.set(number_value(d)); }

void check_buffers(Analysis&, const Directive& d) {
  if (parse_number(d.args[0]).value_or(0) == 0 || parse_size(d.args[1]).value_or(0) == 0)
    fail_directive("invalid value", d);
}

// nginx's list of sizes: powers of two up to MOST.
void check_power(const Directive& d, Bytes most, std::string_view list) {
  const Bytes size = size_value(d);
  const bool is_power = size >= 512 && size <= most && (size & (size - 1)) == 0;
  if (!is_power) fail_directive("must be " + std::string(list), d);
}
void check_window(Analysis&, const Directive& d) { check_power(d, 32 << 10, "512, 1k, 2k, 4k, 8k, 16k, or 32k"); }
void check_hash(Analysis&, const Directive& d) { check_power(d, 128 << 10, "512, 1k, 2k, 4k, 8k, 16k, 32k, 64k, or 128k"); }

constexpr unsigned hsl = context::http | context::server | context::location;
constexpr unsigned hsli = hsl | context::if_in_location;
constexpr auto many = Repeat::many;
constexpr auto once = Repeat::once;
constexpr auto done = Effect::implemented;
constexpr std::string_view buffers_reason = "buffers of the worker are used, in fixed sizes";
constexpr std::string_view window_reason = "the compressors of a worker are kept and used again, with a window of 32k";
constexpr std::string_view hold_reason = "what is compressed leaves when the upstream pauses";
constexpr std::string_view types_help = "The media types that are compressed, with text/html always; `*` is any.";
constexpr std::string_view files_help =
    "Whether a file that is compressed already is sent in place of the one asked for; `always` to any client.";

constexpr DirectiveSpec table[] = {
    {"gzip", hsli, flag, "on | off", "off", "Whether responses are compressed with gzip.", set_on<&S::gzip>, once, done,
     "Never with Cache-Control: no-transform, and HEAD announces what GET would get. [COMPRESSION.md](COMPRESSION.md)"},
    {"gzip_comp_level", hsl, take(1), "1 ... 9", "1", "How hard to compress.", set_level<&S::gzip, 1, 9, 6>, once, done,
     "Above 6 it is 6."},
    {"gzip_min_length", hsl, take(1), "length", "20", "Bodies whose Content-Length is smaller stay as they are.",
     set_min_length<&S::gzip>},
    {"gzip_types", hsl, at_least(1), "type ...", "text/html", types_help, add_types<&S::gzip>, many},
    {"gzip_http_version", hsl, take(1), "1.0 | 1.1", "1.1", "The version that a request has at least.", set_http_version},
    {"gzip_proxied", hsl, at_least(1),
     "off | expired | no-cache | no-store | private | no_last_modified | no_etag | auth | any ...", "off",
     "When the answer to a request with a Via field is compressed.", add_proxied, many},
    {"gzip_disable", hsl, at_least(1), "msie6 | regex ...", "",
     "Requests whose User-Agent matches get nothing compressed with gzip.", add_disabled, many},
    {"gzip_vary", hsl, flag, "on | off", "off",
     "Whether `Vary: Accept-Encoding` is added where gzip, gzip_static or gunzip may change the answer.", set_vary, once,
     done, "Also of brotli and zstd; where one of them is on it is on unless it is written."},
    {"gzip_static", hsl, take(1), "on | off | always", "off", files_help, set_precompressed<&S::gzip>},
    {"gunzip", hsl, flag, "on | off", "off",
     "Whether responses with gzip are decompressed for clients that do not accept it.", set_gunzip},
    {"gunzip_max_size", hsl, take(1), "size", "1g",
     "A body that is larger when decompressed is cut, and the connection with it; 0 is no limit.", set_gunzip_max_size,
     once, done, "Not in nginx."},
    {"gunzip_max_ratio", hsl, take(1), "number", "100",
     "A body of more than 1 MiB that grew by more than this factor is cut, too; 0 is no limit.", set_gunzip_max_ratio,
     once, done, "Not in nginx."},
    {"brotli", hsli, flag, "on | off", "off", "Whether responses are compressed with brotli.", set_on<&S::brotli>},
    {"brotli_comp_level", hsl, take(1), "0 ... 11", "6", "How hard to compress.", set_level<&S::brotli, 0, 11, 6>, once,
     done, "Above 6 it is 6."},
    {"brotli_min_length", hsl, take(1), "length", "20", "Bodies whose Content-Length is smaller stay as they are.",
     set_min_length<&S::brotli>},
    {"brotli_types", hsl, at_least(1), "type ...", "text/html", types_help, add_types<&S::brotli>, many},
    {"brotli_window", hsl, take(1), "size", "512k", "How far back the compressor looks.", set_brotli_window},
    {"brotli_static", hsl, take(1), "on | off | always", "off", files_help, set_precompressed<&S::brotli>},
    {"zstd", hsli, flag, "on | off", "off", "Whether responses are compressed with zstd.", set_on<&S::zstd>},
    {"zstd_comp_level", hsl, take(1), "1 ... 22", "1", "How hard to compress.", set_level<&S::zstd, 1, 22, 6>, once, done,
     "Above 6 it is 6."},
    {"zstd_min_length", hsl, take(1), "length", "20", "Bodies whose Content-Length is smaller stay as they are.",
     set_min_length<&S::zstd>},
    {"zstd_types", hsl, at_least(1), "type ...", "text/html", types_help, add_types<&S::zstd>, many},
    {"zstd_static", hsl, take(1), "on | off | always", "off", files_help, set_precompressed<&S::zstd>},
    no_effect("gzip_buffers", hsl, take(2), buffers_reason, check_buffers),
    no_effect("gzip_window", hsl, take(1), window_reason, check_window),
    no_effect("gzip_hash", hsl, take(1), window_reason, check_hash),
    no_effect("postpone_gzipping", hsl, take(1), hold_reason, check_size),
    no_effect("gzip_no_buffer", hsl, flag, hold_reason, check_flag),
    no_effect("gunzip_buffers", hsl, take(2), buffers_reason, check_buffers),
    no_effect("brotli_buffers", hsl, take(2), buffers_reason, check_buffers),
    no_effect("zstd_buffers", hsl, take(2), buffers_reason, check_buffers),
};

}  // namespace

std::span<const DirectiveSpec> compression_directives() { return table; }

}  // namespace drishti::conf
