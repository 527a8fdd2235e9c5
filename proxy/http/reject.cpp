#include "http/head_parser.hpp"

namespace drishti::http {

namespace {
struct RejectInfo {
  int status;
  std::string_view name, text;
};
constexpr RejectInfo infos[] = {{400, "none", ""},
#define DRISHTI_R(id, status, text) {status, #id, text},
                                DRISHTI_REJECTS(DRISHTI_R)
#undef DRISHTI_R
};
const RejectInfo& info(Reject reject) { return infos[static_cast<std::size_t>(reject)]; }
}  // namespace

int reject_status(Reject reject) { return info(reject).status; }
std::string_view reject_name(Reject reject) { return info(reject).name; }
std::string_view reject_text(Reject reject) { return info(reject).text; }

}  // namespace drishti::http
