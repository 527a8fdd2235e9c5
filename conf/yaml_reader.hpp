#pragma once
// The YAML form of a configuration (docs/YAML.md). The rules, all of them:
//
//  body      a map of entries, or a sequence of maps when an order is needed that a map cannot express
//  key       split into words as nginx.conf does: the name, then the first arguments (`location ~ \.php$:`)
//  value     scalar          more arguments, split into words in the same way
//            true, nothing   no more arguments (`least_conn: true`)
//            map             the body of a block
//            sequence        the directive once for each item. An item is a scalar or a map as above,
//                            a sequence of scalars (arguments as they are, not split),
//                            or a sequence of maps (a body where order matters)
//
// `true` means "no arguments" only when it is written without quotes. !!binary scalars stand for their bytes.

#include <string_view>
#include <vector>

#include "conf/directive.hpp"
#include "conf/source_reader.hpp"

namespace drishti::conf {

/// Parses one text and appends its directives to `out`; `depth` blocks are open around it. Throws ConfigError.
void parse_yaml(SourceReader& reader, std::string_view text, const Where& start, std::vector<Directive>& out, int depth);

}  // namespace drishti::conf
