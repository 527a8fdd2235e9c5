#include "conf/cpu_count.hpp"

#include <gtest/gtest.h>

namespace drishti::conf {
namespace {

TEST(CpuCount, AQuotaIsRoundedUp) {
  EXPECT_EQ(cpus_of_quota("200000", "100000"), 2);
  EXPECT_EQ(cpus_of_quota("150000", "100000"), 2);
  EXPECT_EQ(cpus_of_quota("10000", "100000"), 1);
}

TEST(CpuCount, NoQuotaIsNoLimit) {
  EXPECT_EQ(cpus_of_quota("max", "100000"), 0);
  EXPECT_EQ(cpus_of_quota("-1", "100000"), 0);
  EXPECT_EQ(cpus_of_quota("", ""), 0);
  EXPECT_EQ(cpus_of_quota("100000", "0"), 0);
}

TEST(CpuCount, ThereIsAlwaysOne) { EXPECT_GE(allowed_cpus(), 1); }

}  // namespace
}  // namespace drishti::conf
