#pragma once
#include "conf/config.hpp"
#include "context/request_context.hpp"

namespace drishti::filters {

enum class Verdict { no, yes, failed };  ///< failed: a match limit stopped the expression

/// The condition of an `if`. A match leaves its captures behind, a mismatch clears $1.. as in nginx.
Verdict holds(const conf::Condition& condition, context::RequestContext& context);

}  // namespace drishti::filters
