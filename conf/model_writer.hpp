#pragma once
// Lines of `name value` with two spaces a level, for model_text.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "conf/config.hpp"

namespace drishti::conf {

class ModelWriter {
 public:
  /// Indents what is written while it lives.
  class Block {
   public:
    explicit Block(ModelWriter& writer) : writer_(writer) { ++writer_.depth_; }
    ~Block() { --writer_.depth_; }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;

   private:
    ModelWriter& writer_;
  };

  [[nodiscard]] Block block(std::string_view name) {
    put(name, "{");
    return Block(*this);
  }

  void line(std::string_view name, const std::string& value) { put(name, "\"" + value + "\""); }
  void line(std::string_view name, const char* value) { put(name, value); }
  void line(std::string_view name, milliseconds value) { put(name, std::to_string(value.count()) + "ms"); }
  template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  void line(std::string_view name, T value) {
    if constexpr (std::is_same_v<T, bool>) {
      put(name, value ? "on" : "off");
    } else if constexpr (std::is_enum_v<T>) {
      put(name, std::to_string(static_cast<int>(value)));
    } else {
      put(name, std::to_string(value));
    }
  }
  void line(std::string_view name, const Template& value);
  void regex(const BoundRegex& bound);
  void line(std::string_view name, const ErrorLog& value) {
    line(name, value.path + " " + std::to_string(static_cast<int>(value.level)));
  }
  template <class T>
  void line(std::string_view name, const Setting<T>& value) {
    line(name, *value);
  }
  template <class T>
  void line(std::string_view name, const std::optional<T>& value) {
    if (value) line(name, *value);
  }
  template <class T>
  void line(std::string_view name, const std::vector<T>& values) {
    for (const auto& value : values) line(name, value);
  }

  const std::string& text() const { return text_; }

 private:
  void put(std::string_view name, std::string_view value) {
    text_.append(2 * static_cast<std::size_t>(depth_), ' ').append(name).append(" ").append(value).append("\n");
  }

  std::string text_;
  int depth_ = 0;
};

void write_trusted(ModelWriter& w, const RealIpSettings::Trusted& trusted);
/// Everything of a location, its rewrite rules and its nested locations.
void write_location(ModelWriter& w, const Location& location);

}  // namespace drishti::conf
