#pragma once
// Text in, DirectiveTree out, and back again. All throw ConfigError. Control thread only.

#include <string>
#include <string_view>

#include "conf/directive.hpp"

namespace drishti::conf {

/// Reads nginx.conf syntax from FILE. What `include` names (with globs, relative to the main file's directory) is put
/// in its place, so no `include` remains in a tree.
DirectiveTree read_nginx_file(const std::string& path);
/// The same for text that does not come from a file (`-g`, tests, fuzzing). `name` is used in messages;
/// `include` is resolved against `base_dir`, or refused when that is empty.
DirectiveTree read_nginx_text(std::string_view text, const std::string& name, const std::string& base_dir = {});

/// Reads the YAML form (docs/YAML.md) of the same words. It may include files of both syntaxes.
DirectiveTree read_yaml_file(const std::string& path);
DirectiveTree read_yaml_text(std::string_view text, const std::string& name, const std::string& base_dir = {});

/// Chooses by the file's name (.yaml, .yml: YAML; else nginx.conf).
DirectiveTree read_config_file(const std::string& path);

/// Writes the tree in nginx.conf syntax (four spaces a level); reading it again gives an equal tree.
std::string write_nginx(const std::vector<Directive>& tree);
/// Writes the tree as YAML; reading it again gives an equal tree.
std::string write_yaml(const std::vector<Directive>& tree);

/// True when names, arguments, children and their order are equal; positions are not compared.
bool same_tree(const std::vector<Directive>& a, const std::vector<Directive>& b);

}  // namespace drishti::conf
