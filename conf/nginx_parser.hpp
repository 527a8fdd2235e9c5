#pragma once
// Statements to directives: the block structure of nginx.conf.

#include <string_view>
#include <vector>

#include "conf/directive.hpp"
#include "conf/source_reader.hpp"

namespace drishti::conf {

/// The name that stands for text given with -g. Such text has no lines in messages and may hold no blocks.
inline constexpr std::string_view command_line_name = "command line";

/// Parses one text and appends its directives to `out`; `depth` blocks are open around it. Throws ConfigError.
void parse_nginx(SourceReader& reader, std::string_view text, const Where& start, std::vector<Directive>& out, int depth);

}  // namespace drishti::conf
