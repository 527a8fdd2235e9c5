#include "conf/nginx_parser.hpp"

#include <iterator>
#include <utility>

#include "conf/nginx_lexer.hpp"

namespace drishti::conf {
namespace {

class NginxParser {
 public:
  NginxParser(SourceReader& reader, std::string_view text, const Where& start, bool command_line)
      : reader_(reader),
        lexer_(text, start, command_line ? NginxLexer::Kind::parameter : NginxLexer::Kind::file),
        command_line_(command_line) {}

  void parse_file(std::vector<Directive>& out, int depth) {
    if (parse_body(out, depth) == StatementEnd::block_end) lexer_.fail("unexpected \"}\"");
  }

 private:
  StatementEnd parse_body(std::vector<Directive>& out, int depth) {
    for (;;) {
      Statement statement = lexer_.next();
      if (statement.end == StatementEnd::block_end || statement.end == StatementEnd::end_of_text) return statement.end;
      const bool is_block = statement.end == StatementEnd::block_start;
      Directive directive = to_directive(std::move(statement));
      if (!is_block) {
        reader_.add(std::move(directive), out, depth, SourceReader::Syntax::nginx);
        continue;
      }
      parse_block(directive, depth);
      out.push_back(std::move(directive));
    }
  }

  void parse_block(Directive& directive, int depth) {
    if (command_line_) lexer_.fail("block directives are not supported in -g option");
    directive.is_block = true;
    reader_.check_block(directive, depth);
    if (parse_body(directive.children, depth + 1) == StatementEnd::end_of_text) {
      lexer_.fail("unexpected end of file, expecting \"}\"");
    }
    directive.end_line = lexer_.where().line;
  }

  Directive to_directive(Statement statement) const {
    Directive directive;
    directive.name = std::move(statement.words.front());
    directive.args.assign(std::make_move_iterator(statement.words.begin() + 1),
                          std::make_move_iterator(statement.words.end()));
    directive.where = lexer_.where();
    return directive;
  }

  SourceReader& reader_;
  NginxLexer lexer_;
  bool command_line_;
};

}  // namespace

void parse_nginx(SourceReader& reader, std::string_view text, const Where& start, std::vector<Directive>& out,
                 int depth) {
  NginxParser(reader, text, start, start.file && *start.file == command_line_name).parse_file(out, depth);
}

}  // namespace drishti::conf
