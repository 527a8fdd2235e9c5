#pragma once
// A value of a level of the configuration.

#include <utility>

namespace drishti::conf {

/// A value with its default and whether the file wrote it at this level (children inherit what they do not write).
template <class T>
struct Setting {
  T value{};
  bool is_set = false;
  Setting() = default;
  Setting(T initial) : value(std::move(initial)) {}  // NOLINT: a default reads as a plain value
  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
  operator const T&() const { return value; }  // NOLINT
  void set(T v) {
    value = std::move(v);
    is_set = true;
  }
  void inherit(const Setting& parent) {
    if (!is_set) *this = parent;
  }
};

}  // namespace drishti::conf
