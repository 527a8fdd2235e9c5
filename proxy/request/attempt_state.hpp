#pragma once
// What is known of an attempt while it runs, whichever version of HTTP it speaks.

#include <string>

namespace drishti::request {

struct AttemptState {
  bool sent = false;           ///< a byte of the request may have reached the peer
  bool complete = false;       ///< the whole request went out
  bool body_consumed = false;  ///< a byte of the streamed body was taken from the client; never reset
  int client_status = 0;       ///< the client's body was bad while it was streamed: the status to answer
  int error = 0;               ///< errno of the failure, or 0
  std::string reason;          ///< of the failure, when errno does not tell
};

}  // namespace drishti::request
