#include "conf/source_reader.hpp"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "conf/nginx_parser.hpp"
#include "conf/readers.hpp"
#include "conf/yaml_reader.hpp"

namespace drishti::conf {
namespace {

std::string system_failure(const char* call, const std::string& path, int error) {
  return std::string(call) + " \"" + path + "\" failed (" + std::to_string(error) + ": " + std::strerror(error) + ")";
}

/// A file descriptor that is closed at the end of the scope.
class OpenFile {
 public:
  OpenFile(const std::string& path, const Where& where)
      : path_(path), where_(where), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
    if (fd_ < 0) throw ConfigError(system_failure("open()", path, errno), where);
  }
  ~OpenFile() { ::close(fd_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  /// A pipe or terminal could keep a start waiting for ever; /dev/null is a usual way to write "nothing".
  void require_regular() const {
    struct stat info{};
    if (::fstat(fd_, &info) != 0) throw ConfigError(system_failure("fstat()", path_, errno), where_);
    if (S_ISDIR(info.st_mode)) throw ConfigError(system_failure("pread()", path_, EISDIR), where_);
    if (!S_ISREG(info.st_mode) && path_ != "/dev/null") throw ConfigError("\"" + path_ + "\" is not a regular file", where_);
  }

  std::string read_all(std::size_t limit) const {
    std::string content;
    char buffer[16384];
    for (;;) {
      const ssize_t n = ::read(fd_, buffer, sizeof buffer);
      if (n < 0) throw ConfigError(system_failure("pread()", path_, errno), where_);
      if (n == 0) return content;
      content.append(buffer, static_cast<std::size_t>(n));
      if (content.size() > limit) throw ConfigError("\"" + path_ + "\" is too large for a configuration file", where_);
    }
  }

 private:
  const std::string& path_;
  const Where& where_;
  int fd_;
};

/// The files that match, sorted as glob(3) sorts them; none is no error.
std::vector<std::string> expand_glob(const std::string& pattern, const Where& where) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> paths;
  if (status == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (status != 0 && status != GLOB_NOMATCH) throw ConfigError(system_failure("glob()", pattern, errno), where);
  return paths;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

bool is_yaml_name(std::string_view path) { return path.ends_with(".yaml") || path.ends_with(".yml"); }

SourceReader::SourceReader(std::string base_dir, ReadLimits limits) : base_dir_(std::move(base_dir)), limits_(limits) {}

DirectiveTree SourceReader::read_file(const std::string& path, Syntax syntax) {
  const SourceFile& file = load(path, Where{});
  open_.push_back(path);
  std::vector<Directive> directives;
  parse(file.content, path, syntax, directives, 0);
  return finish(std::move(directives));
}

DirectiveTree SourceReader::read_text(std::string_view text, const std::string& name, Syntax syntax) {
  std::vector<Directive> directives;
  parse(text, name, syntax, directives, 0);
  return finish(std::move(directives));
}

DirectiveTree SourceReader::finish(std::vector<Directive> directives) {
  DirectiveTree tree;
  tree.directives = std::move(directives);
  tree.files.assign(std::make_move_iterator(files_.begin()), std::make_move_iterator(files_.end()));
  return tree;
}

void SourceReader::parse(std::string_view text, const std::string& name, Syntax syntax, std::vector<Directive>& out,
                         int depth) {
  const Where start{std::make_shared<const std::string>(name), 0, {}};
  charge_text(text.size(), start);
  if (syntax == Syntax::yaml) {
    parse_yaml(*this, text, start, out, depth);
  } else {
    parse_nginx(*this, text, start, out, depth);
  }
}

void SourceReader::charge_text(std::size_t bytes, const Where& where) {
  text_bytes_ += bytes;
  if (text_bytes_ > limits_.text_bytes) {
    throw ConfigError("the configuration is larger than " + std::to_string(limits_.text_bytes) + " bytes", where);
  }
}

void SourceReader::count_directive(const Where& where) {
  if (++directives_ > limits_.directives) {
    throw ConfigError("the configuration has more than " + std::to_string(limits_.directives) + " directives", where);
  }
}

void SourceReader::check_block(const Directive& directive, int depth) {
  if (directive.name == "include") throw ConfigError("directive \"include\" is not terminated by \";\"", directive.where);
  count_directive(directive.where);
  if (depth >= limits_.block_depth) {
    throw ConfigError("blocks are nested deeper than " + std::to_string(limits_.block_depth) + " levels",
                      directive.where);
  }
}

void SourceReader::add(Directive directive, std::vector<Directive>& out, int depth, Syntax syntax) {
  count_directive(directive.where);
  if (directive.name == "include") return include(directive, out, depth, syntax);
  out.push_back(std::move(directive));
}

std::string SourceReader::resolve(const std::string& path) const {
  if (path.starts_with('/') || base_dir_ == ".") return path;
  return base_dir_.ends_with('/') ? base_dir_ + path : base_dir_ + "/" + path;
}

void SourceReader::include(const Directive& directive, std::vector<Directive>& out, int depth, Syntax syntax) {
  const Where& where = directive.where;
  if (directive.args.size() != 1) throw ConfigError("invalid number of arguments in \"include\" directive", where);
  if (base_dir_.empty()) throw ConfigError("\"include\" directive is not allowed here", where);
  const std::string path = resolve(directive.args.front());
  if (path.find_first_of("*?[") == std::string::npos) return include_one(path, where, out, depth, syntax);
  for (const std::string& found : expand_glob(path, where)) include_one(found, where, out, depth, syntax);
}

void SourceReader::include_one(const std::string& path, const Where& where, std::vector<Directive>& out, int depth,
                               Syntax syntax) {
  const bool yaml = is_yaml_name(path);
  if (yaml && syntax == Syntax::nginx) {
    throw ConfigError("\"" + path + "\" is a YAML file: a file in nginx.conf syntax cannot include it", where);
  }
  if (std::find(open_.begin(), open_.end(), path) != open_.end()) {
    throw ConfigError("include loop: \"" + path + "\" includes itself", where);
  }
  if (static_cast<int>(open_.size()) > limits_.include_depth) {
    throw ConfigError("files are included deeper than " + std::to_string(limits_.include_depth) + " levels", where);
  }
  const SourceFile& file = load(path, where);
  open_.push_back(path);
  parse(file.content, path, yaml ? Syntax::yaml : Syntax::nginx, out, depth);
  open_.pop_back();
}

const SourceFile& SourceReader::load(const std::string& path, const Where& where) {
  const auto known = std::find_if(files_.begin(), files_.end(), [&](const SourceFile& f) { return f.path == path; });
  if (known != files_.end()) return *known;
  const OpenFile file(path, where);
  file.require_regular();
  return files_.emplace_back(SourceFile{path, file.read_all(limits_.text_bytes)});
}

DirectiveTree read_nginx_file(const std::string& path) {
  return SourceReader(folder_of(path)).read_file(path, SourceReader::Syntax::nginx);
}

DirectiveTree read_nginx_text(std::string_view text, const std::string& name, const std::string& base_dir) {
  return SourceReader(base_dir).read_text(text, name, SourceReader::Syntax::nginx);
}

DirectiveTree read_yaml_file(const std::string& path) {
  return SourceReader(folder_of(path)).read_file(path, SourceReader::Syntax::yaml);
}

DirectiveTree read_yaml_text(std::string_view text, const std::string& name, const std::string& base_dir) {
  return SourceReader(base_dir).read_text(text, name, SourceReader::Syntax::yaml);
}

DirectiveTree read_config_file(const std::string& path) {
  return is_yaml_name(path) ? read_yaml_file(path) : read_nginx_file(path);
}

}  // namespace drishti::conf
