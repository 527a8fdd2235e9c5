#include "filters/replacement.hpp"

#include "context/scratch.hpp"
#include "context/variables.hpp"
#include "http/chars.hpp"
#include "http/uri.hpp"

namespace drishti::filters {
namespace {

using context::RequestContext;
using context::Scratch;

/// Whether the decoded path may differ from what the client wrote (nginx: quoted_uri, plus_in_uri).
bool came_escaped(const RequestContext& context) {
  const std::string_view target = context.head.target;
  return target.substr(0, target.find('?')).find_first_of("%+") != target.npos;
}

/// Builds the text of a replacement. The first `?` of the configuration's own text begins the arguments; captures of a
/// URI that came escaped are escaped there, and everywhere in a redirect.
class Builder {
 public:
  Builder(RequestContext& context, bool is_redirect)
      : context_(context), text_(context), escapes_(came_escaped(context)), is_redirect_(is_redirect) {}

  void append(const conf::Template& replacement) {
    for (const conf::Template::Part& part : replacement.parts) {
      if (part.is_variable) {
        append_variable(part.variable);
      } else {
        append_literal(part.literal);
      }
    }
  }

  bool has_args() const { return args_start_ != std::string::npos; }
  std::size_t args_start() const { return args_start_; }
  std::string& text() { return text_.text; }
  std::string_view keep() const { return text_.keep(); }

 private:
  void append_literal(std::string_view literal) {
    const std::size_t question = has_args() ? literal.npos : literal.find('?');
    if (question != literal.npos) args_start_ = text().size() + question + 1;
    text().append(literal);
  }

  void append_variable(const conf::VariableRef& variable) {
    const std::string_view value = context::variable(variable, context_);
    if (variable.id == conf::Var::capture && escapes_ && (is_redirect_ || has_args())) {
      http::escape_args(value, text());
    } else {
      text().append(value);
    }
  }

  RequestContext& context_;
  Scratch text_;
  bool escapes_;
  bool is_redirect_;
  std::size_t args_start_ = std::string::npos;  ///< behind the `?`
};

/// The byte of the escape at the start of TEXT, or -1.
int escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = http::hex_value(text[1]);
  const int low = http::hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Takes back needless escapes in front of the `?` (nginx's NGX_UNESCAPE_REDIRECT): of printable bytes above `%`.
void unescape_path(std::string& text) {
  std::size_t out = 0;
  std::size_t in = 0;
  while (in < text.size() && text[in] != '?') {
    const int byte = escaped_byte(std::string_view(text).substr(in));
    const bool takes_back = byte > '%' && byte < 0x7f && byte != '?';
    text[out++] = takes_back ? static_cast<char>(byte) : text[in];
    in += takes_back ? 3 : 1;
  }
  text.erase(out, in - out);
}

}  // namespace

Replacement replace_uri(const conf::RewriteRule& rule, RequestContext& context) {
  Builder builder(context, false);
  builder.append(rule.replacement);
  const bool keeps_args = !rule.drop_args && !context.args.empty();
  if (!builder.has_args()) return {builder.keep(), rule.drop_args ? std::string_view{} : context.args};
  if (keeps_args) builder.text().append("&").append(context.args);
  const std::string_view whole = builder.keep();
  return {whole.substr(0, builder.args_start() - 1), whole.substr(builder.args_start())};
}

std::string_view redirect_target(const conf::RewriteRule& rule, RequestContext& context) {
  Builder builder(context, true);
  builder.append(rule.replacement);
  unescape_path(builder.text());
  if (!rule.drop_args && !context.args.empty()) {
    builder.text().append(builder.has_args() ? "&" : "?").append(context.args);
  }
  return builder.keep();
}

}  // namespace drishti::filters
