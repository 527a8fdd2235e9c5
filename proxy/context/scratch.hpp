#pragma once
// A std::string lent by the request for building text. Its capacity returns to the request, so that the steady state
// allocates nothing; several may be in use at once.

#include <string>
#include <string_view>
#include <utility>

#include "context/request_context.hpp"

namespace drishti::context {

class Scratch {
 public:
  explicit Scratch(RequestContext& context) : context_(context) {
    if (context.spare_strings.empty()) return;
    text = std::move(context.spare_strings.back());
    context.spare_strings.pop_back();
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    text.clear();
    context_.spare_strings.push_back(std::move(text));
  }

  /// The text so far, copied to the request's arena.
  std::string_view keep() const { return context_.arena.copy(text); }

  std::string text;

 private:
  RequestContext& context_;
};

}  // namespace drishti::context
