#include "tls/replay_guard.hpp"

#include <gtest/gtest.h>

namespace drishti::tls {
namespace {

using std::chrono::seconds;

ReplayGuard::Hello hello(std::uint32_t number) {
  ReplayGuard::Hello made{};
  for (std::size_t i = 0; i < 4; ++i) made[i] = static_cast<unsigned char>(number >> (8 * i));
  return made;
}

const ReplayGuard::Clock::time_point start{seconds(1000)};

TEST(ReplayGuard, TakesAHelloOnceForAsLongAsItCouldBeReplayed) {
  ReplayGuard guard(start);
  const auto late = start + ReplayGuard::window - seconds(1);  // just before the windows turn
  EXPECT_TRUE(guard.is_first(hello(1), late));
  EXPECT_TRUE(guard.is_first(hello(2), late));
  for (int i = 0; i < 15; ++i) EXPECT_FALSE(guard.is_first(hello(1), late + seconds(i))) << i;
}

TEST(ReplayGuard, ForgetsWhatIsTooOldToBeTaken) {
  ReplayGuard guard(start);
  EXPECT_TRUE(guard.is_first(hello(1), start));
  EXPECT_TRUE(guard.is_first(hello(1), start + 2 * ReplayGuard::window));
}

TEST(ReplayGuard, RefusesWhatItCannotRemember) {
  ReplayGuard guard(start);
  for (std::uint32_t i = 0; i < ReplayGuard::most; ++i) ASSERT_TRUE(guard.is_first(hello(i), start));
  EXPECT_FALSE(guard.is_first(hello(ReplayGuard::most), start));
  EXPECT_TRUE(guard.is_first(hello(ReplayGuard::most), start + ReplayGuard::window));
}

TEST(ReplayGuard, KnowsAllOnceItIsOlderThanAnyReplay) {
  const ReplayGuard guard(start);
  EXPECT_FALSE(guard.knows_all(start + ReplayGuard::window - seconds(1)));
  EXPECT_TRUE(guard.knows_all(start + ReplayGuard::window));
}

}  // namespace
}  // namespace drishti::tls
