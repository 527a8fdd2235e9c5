// location and what answers there: files, error pages, types, added headers.
#include <algorithm>

#include "conf/location_block.hpp"
#include "conf/lower_case.hpp"
#include "conf/setters.hpp"
#include "conf/tables.hpp"

namespace drishti::conf {
namespace {

using C = CoreSettings;

void set_root_or_alias(Analysis& a, const Directive& d) {
  Location& location = *a.scope().location;
  const bool is_alias = d.name == "alias";
  if (location.core.root_template.is_set) {
    if (location.has_alias == is_alias) fail_directive("is duplicate", d);
    fail_directive(std::string("is duplicate, \"") + (location.has_alias ? "alias" : "root") +
                       "\" directive was specified earlier", d);
  }
  if (is_alias && location.kind == Location::Kind::named)
    fail("the \"alias\" directive cannot be used inside the named location", d);
  for (const std::string_view name : {"document_root", "realpath_root"})
    for (const std::string& variable : {"$" + std::string(name), "${" + std::string(name) + "}"})
      if (d.args[0].find(variable) != std::string::npos)
        fail("the $" + std::string(name) + " variable cannot be used in the " + quoted(d.name) + " directive", d);

  std::string path = a.full_path(d.args[0]);
  if (!is_alias && path.size() > 1 && path.ends_with('/')) path.pop_back();
  location.core.root_template.set(a.compile(path, d.where));
  location.has_alias = is_alias;
  location.alias_prefix = is_alias && location.kind != Location::Kind::regex ? location.pattern : "";
}

void add_index(Analysis& a, const Directive& d) {
  auto index = *a.scope().location->core.index;
  for (std::size_t i = 0; i < d.args.size(); ++i) {
    if (d.args[i].empty()) fail("index " + quoted(d.args[i]) + " in \"index\" directive is invalid", d);
    if (d.args[i].starts_with('/') && i + 1 != d.args.size())
      a.warn("only the last index in \"index\" directive should be absolute", d.where);
    index.push_back(a.compile(d.args[i], d.where));
  }
  store(a, &C::index, std::move(index));
}

void set_try_files(Analysis& a, const Directive& d) {
  TryFiles files;
  for (std::size_t i = 0; i + 1 < d.args.size(); ++i) files.candidates.push_back(a.compile(d.args[i], d.where));
  const std::string& last = d.args.back();
  if (last.starts_with('=')) {
    const auto code = parse_number(std::string_view(last).substr(1));
    if (!code || *code > 999) fail("invalid code " + quoted(last), d);
    files.status = static_cast<int>(*code);
  } else {
    files.fallback = a.compile(last, d.where);
  }
  a.scope().location->try_files = std::move(files);
}

int error_page_code(const std::string& text, const Directive& d) {
  constexpr std::uint64_t client_closed = 499;
  const auto code = parse_number(text);
  if (!code || *code == client_closed) fail("invalid value " + quoted(text), d);
  if (*code < 300 || *code > 599) fail("value " + quoted(text) + " must be between 300 and 599", d);
  return static_cast<int>(*code);
}

void add_error_page(Analysis& a, const Directive& d) {
  ErrorPage page;
  page.where = d.where;
  page.uri = a.compile(d.args.back(), d.where);
  std::size_t codes = d.args.size() - 1;
  if (const std::string& status = d.args[codes - 1]; status.starts_with('=')) {
    if (codes == 1) fail("invalid value " + quoted(status), d);
    const auto value = parse_number(std::string_view(status).substr(1));
    if (status.size() > 1 && (!value || *value > 999)) fail("invalid value " + quoted(status), d);
    page.new_status = status.size() > 1 ? static_cast<int>(*value) : -1;
    --codes;
  }
  for (std::size_t i = 0; i < codes; ++i) page.codes.push_back(error_page_code(d.args[i], d));
  auto pages = *a.scope().location->core.error_pages;
  pages.push_back(std::move(page));
  store(a, &C::error_pages, std::move(pages));
}

// The children are not directives: the name is a media type, the arguments are extensions.
void read_types(Analysis& a, const Directive& d) {
  auto& setting = a.scope().location->core.types;
  auto types = setting.is_set ? *setting.value : TypeMap{};
  for (const auto& line : d.children) {
    if (line.is_block) fail("directive " + quoted(line.name) + " is not terminated by \";\"", line);
    for (const auto& extension : line.args) {
      std::string& type = types[lower_case(extension)];
      if (!type.empty())
        a.warn("duplicate extension " + quoted(extension) + ", content type: " + quoted(line.name) +
                   ", previous content type: " + quoted(type), line.where);
      type = line.name;
    }
  }
  setting.set(std::make_shared<const TypeMap>(std::move(types)));
}

void set_if_modified_since(Analysis& a, const Directive& d) {
  using I = IfModifiedSince;
  store(a, &C::if_modified_since, enum_value<I>(d, {{"off", I::off}, {"exact", I::exact}, {"before", I::before}}));
}

// A size with a unit is written as plain bytes, so that only numbers are left to read per request.
void set_rate(Analysis& a, const Directive& d, Setting<Template> C::* member) {
  if (has_variables(d.args[0])) return store(a, member, a.compile(d.args[0], d.where));
  store(a, member, Template::literal(std::to_string(size_value(d))));
}
void set_limit_rate(Analysis& a, const Directive& d) { set_rate(a, d, &C::limit_rate); }
void set_limit_rate_after(Analysis& a, const Directive& d) { set_rate(a, d, &C::limit_rate_after); }

void add_header(Analysis& a, const Directive& d) {
  AddHeader header{d.args[0], a.compile(d.args[1], d.where), d.args.size() == 3};
  if (d.args.size() == 3 && d.args[2] != "always") fail("invalid parameter " + quoted(d.args[2]), d);
  auto& setting = a.scope().location->add_headers;
  auto headers = *setting;
  headers.push_back(std::move(header));
  setting.set(std::move(headers));
}

void set_expires(Analysis& a, const Directive& d) {
  const bool is_modified = d.args.size() == 2;
  if (is_modified && d.args[0] != "modified") fail_directive("invalid value", d);
  const std::string& text = d.args.back();
  if (has_variables(text)) {
    Expires expires;
    expires.kind = is_modified ? Expires::Kind::modified : Expires::Kind::access;
    expires.variable = a.compile(text, d.where);
    return a.scope().location->expires.set(std::move(expires));
  }
  const ParsedExpires parsed = parse_expires(text, is_modified);
  if (!parsed.wrong.empty()) fail_directive(parsed.wrong, d);
  a.scope().location->expires.set(parsed.expires);
}

void set_internal(Analysis& a, const Directive&) { a.scope().location->internal = true; }

constexpr unsigned h = context::http, s = context::server, l = context::location, i = context::if_in_location;
constexpr unsigned hsl = h | s | l;
constexpr auto many = Repeat::many;

constexpr DirectiveSpec table[] = {
    {"location", s | l, block(take(1, 2)), "[ = | ~ | ~* | ^~ ] uri { ... } | @name { ... }", "",
     "Settings for requests whose path matches; locations may be nested.", read_location, many},
    {"internal", l, take(0), "", "", "The location answers only internal redirects.", set_internal},
    {"root", hsl | i, take(1), "path", "html", "The directory of the files.", set_root_or_alias, many},
    {"alias", l, take(1), "path", "", "Takes the place of the location's prefix in the file name.", set_root_or_alias,
     many},
    {"index", hsl, at_least(1), "file ...", "index.html", "Files that answer for a directory.", add_index, many},
    {"try_files", s | l, at_least(2), "file ... uri | file ... =code", "",
     "Serves the first file that exists, else goes on with the last argument.", set_try_files},
    {"error_page", hsl | i, at_least(2), "code ... [=[response]] uri", "", "What is shown for errors.", add_error_page,
     many},
    {"recursive_error_pages", hsl | i, flag, "on | off", "off", "Whether error pages may have error pages.",
     set_flag<&C::recursive_error_pages>},
    {"types", hsl, block(take(0)), "{ type extension ...; }", "text/html html; image/gif gif; image/jpeg jpg",
     "Media types of file name extensions.", read_types, many},
    {"default_type", hsl, take(1), "type", "text/plain", "The media type when `types` has none.",
     set_string<&C::default_type>},
    {"add_header", hsl | i, take(2, 3), "name value [always]", "",
     "Adds a response field for 200 201 204 206 301 302 303 304 307 308, with `always` for every status.", add_header,
     many},
    {"expires", hsl | i, take(1, 2), "[modified] time | @time | epoch | max | off", "off",
     "Sets Expires and Cache-Control of responses with one of these statuses, over what they have.", set_expires},
    {"etag", hsl, flag, "on | off", "on", "ETag for files.", set_flag<&C::etag>},
    {"if_modified_since", hsl, take(1), "off | exact | before", "exact", "How If-Modified-Since is compared.",
     set_if_modified_since},
    {"max_ranges", hsl, take(1), "number", "", "How many ranges a request may ask for; 0 turns ranges off.",
     set_number<&C::max_ranges>, Repeat::once, Effect::implemented, "The default is 200, not unlimited."},
    {"sendfile", hsl | i, flag, "on | off", "on", "Whether files are sent by sendfile(2); otherwise they are read and written.",
     set_flag<&C::sendfile>, Repeat::once, Effect::implemented, "On is the default."},
    {"limit_rate", hsl | i, take(1), "rate", "0", "Bytes a second to a client.", set_limit_rate},
    {"limit_rate_after", hsl | i, take(1), "size", "0", "How much is sent before limit_rate applies.",
     set_limit_rate_after},
    {"absolute_redirect", hsl, flag, "on | off", "on", "Whether redirects name scheme and host.",
     set_flag<&C::absolute_redirect>},
    {"server_name_in_redirect", hsl, flag, "on | off", "off", "Whether redirects name server_name instead of Host.",
     set_flag<&C::server_name_in_redirect>},
    {"port_in_redirect", hsl, flag, "on | off", "on", "Whether redirects name the port.",
     set_flag<&C::port_in_redirect>},
    {"log_not_found", hsl, flag, "on | off", "on", "Whether missing files are logged as errors.",
     set_flag<&C::log_not_found>},
    {"chunked_transfer_encoding", hsl, flag, "on | off", "on",
     "Whether chunked responses are sent to HTTP/1.1 clients.", set_flag<&C::chunked_transfer_encoding>},
    {"msie_padding", hsl, flag, "on | off", "on", "Padding of short error pages.", set_flag<&C::msie_padding>},
};

}  // namespace

std::span<const DirectiveSpec> location_directives() { return table; }

}  // namespace drishti::conf
