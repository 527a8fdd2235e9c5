#include "request/retry_policy.hpp"

#include <gtest/gtest.h>

namespace drishti::request {
namespace {

using conf::NextUpstream;
using std::chrono::milliseconds;

/// proxy_next_upstream of the user's file.
NextUpstream users_list() {
  NextUpstream listed;
  listed.error = listed.timeout = listed.invalid_header = true;
  listed.http_500 = listed.http_502 = listed.http_503 = listed.http_504 = true;
  return listed;
}

conf::ProxySettings settings_with(const NextUpstream& listed) {
  conf::ProxySettings settings;
  settings.next_upstream = listed;
  return settings;
}

RetryState first_of_three(http::Method method = http::Method::get) {
  RetryState state;
  state.tries_left = 2;
  state.method = method;
  state.request_sent = true;
  return state;
}

TEST(RetryPolicy, RepeatsWhatIsListedAndNothingElse) {
  NextUpstream only_error, only_timeout, only_invalid;
  only_error = only_timeout = only_invalid = NextUpstream{};
  only_error.error = true, only_error.timeout = false;
  only_timeout.error = false, only_timeout.timeout = true;
  only_invalid.error = only_invalid.timeout = false, only_invalid.invalid_header = true;
  for (Failure failure : {Failure::connect, Failure::send, Failure::closed_early, Failure::local}) {
    EXPECT_TRUE(may_retry(settings_with(only_error), failure, first_of_three()));
    EXPECT_FALSE(may_retry(settings_with(only_timeout), failure, first_of_three()));
    EXPECT_FALSE(may_retry(settings_with(only_invalid), failure, first_of_three()));
  }
  for (Failure failure : {Failure::connect_timeout, Failure::send_timeout, Failure::read_timeout}) {
    EXPECT_FALSE(may_retry(settings_with(only_error), failure, first_of_three()));
    EXPECT_TRUE(may_retry(settings_with(only_timeout), failure, first_of_three()));
  }
  EXPECT_TRUE(may_retry(settings_with(only_invalid), Failure::invalid_header, first_of_three()));
  EXPECT_FALSE(may_retry(settings_with(only_error), Failure::invalid_header, first_of_three()));
  EXPECT_FALSE(may_retry(settings_with(users_list()), Failure::no_live_peer, first_of_three()));
}

TEST(RetryPolicy, OffRepeatsNothing) {
  NextUpstream off = users_list();
  off.off = true;
  EXPECT_FALSE(may_retry(settings_with(off), Failure::connect, first_of_three()));
  EXPECT_FALSE(may_retry_status(settings_with(off), 500, first_of_three()));
}

TEST(RetryPolicy, RepeatsListedStatusesOnly) {
  for (int status : {500, 502, 503, 504}) EXPECT_TRUE(may_retry_status(settings_with(users_list()), status, first_of_three()));
  for (int status : {200, 301, 403, 404, 429, 501, 505})
    EXPECT_FALSE(may_retry_status(settings_with(users_list()), status, first_of_three()));
}

TEST(RetryPolicy, DoesNotRepeatAPostOnceBytesWereSent) {
  auto settings = settings_with(users_list());
  for (http::Method method : {http::Method::post, http::Method::lock, http::Method::patch}) {
    RetryState state = first_of_three(method);
    EXPECT_FALSE(may_retry(settings, Failure::closed_early, state));
    EXPECT_FALSE(may_retry_status(settings, 500, state));
    state.request_sent = false;
    EXPECT_TRUE(may_retry(settings, Failure::connect, state));
  }
  for (http::Method method : {http::Method::get, http::Method::head, http::Method::put, http::Method::delete_, http::Method::options})
    EXPECT_TRUE(may_retry(settings, Failure::closed_early, first_of_three(method)));
}

TEST(RetryPolicy, RepeatsAPostWithNonIdempotent) {
  NextUpstream listed = users_list();
  listed.non_idempotent = true;
  EXPECT_TRUE(may_retry(settings_with(listed), Failure::closed_early, first_of_three(http::Method::post)));
  EXPECT_TRUE(may_retry_status(settings_with(listed), 503, first_of_three(http::Method::post)));
}

TEST(RetryPolicy, NeverRepeatsWhatCannotBeRepeated) {
  auto settings = settings_with(users_list());
  RetryState no_tries = first_of_three();
  no_tries.tries_left = 0;
  EXPECT_FALSE(may_retry(settings, Failure::connect, no_tries));
  RetryState body_is_gone = first_of_three();
  body_is_gone.body_replayable = false;
  EXPECT_FALSE(may_retry(settings, Failure::closed_early, body_is_gone));
  RetryState answered = first_of_three();
  answered.response_started = true;
  EXPECT_FALSE(may_retry(settings, Failure::closed_early, answered));
}

TEST(RetryPolicy, StartsNoAttemptAfterNextUpstreamTimeout) {
  auto settings = settings_with(users_list());
  settings.next_upstream_timeout = milliseconds(100);
  RetryState state = first_of_three();
  state.elapsed = milliseconds(99);
  EXPECT_TRUE(may_retry(settings, Failure::connect, state));
  state.elapsed = milliseconds(100);
  EXPECT_FALSE(may_retry(settings, Failure::connect, state));
  EXPECT_FALSE(may_retry_status(settings, 500, state));
}

TEST(FailureStatus, Is504ForTimeoutsAnd502ForTheRest) {
  for (Failure failure : {Failure::connect_timeout, Failure::send_timeout, Failure::read_timeout}) EXPECT_EQ(failure_status(failure), 504);
  for (Failure failure : {Failure::connect, Failure::send, Failure::closed_early, Failure::invalid_header, Failure::local, Failure::no_live_peer})
    EXPECT_EQ(failure_status(failure), 502);
}

TEST(FailureMessage, SaysItInNginxsWords) {
  EXPECT_EQ(failure_message(Failure::connect, 111), "connect() failed (111: Connection refused) while connecting to upstream");
  EXPECT_EQ(failure_message(Failure::read_timeout, 0),
            "upstream timed out (110: Connection timed out) while reading response header from upstream");
  EXPECT_EQ(failure_message(Failure::closed_early, 0),
            "upstream prematurely closed connection while reading response header from upstream");
  EXPECT_EQ(failure_message(Failure::closed_early, 104),
            "recv() failed (104: Connection reset by peer) while reading response header from upstream");
}

}  // namespace
}  // namespace drishti::request
