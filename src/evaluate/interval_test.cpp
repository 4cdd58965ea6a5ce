// SPDX-License-Identifier: 0BSD
#include "evaluate/interval.h"

#include <gtest/gtest.h>

namespace fabula::evaluate {
namespace {

TEST(TQuantile, is_that_of_the_printed_tables) {
    EXPECT_NEAR(t_quantile(1), 12.706, 0.001);
    EXPECT_NEAR(t_quantile(10), 2.228, 0.001);
    EXPECT_NEAR(t_quantile(11), 2.201, 0.001);
    EXPECT_NEAR(t_quantile(19), 2.093, 0.001);
    EXPECT_NEAR(t_quantile(30), 2.042, 0.001);
    EXPECT_NEAR(t_quantile(120), 1.980, 0.001);
}

TEST(MeanInterval, is_students) {
    const double values[] = {0.2, 0.5, 0.9};
    const auto interval = mean_interval(values);  // by Python
    EXPECT_NEAR(interval.mean, 0.5333333333, 1e-9);
    EXPECT_NEAR(interval.low.value(), -0.339067, 1e-4);
    EXPECT_NEAR(interval.high.value(), 1.405734, 1e-4);
}

TEST(MeanInterval, of_one_value_has_no_ends) {
    const double values[] = {0.25};
    const auto interval = mean_interval(values);
    EXPECT_EQ(interval.mean, 0.25);
    EXPECT_FALSE(interval.low.has_value());
    EXPECT_FALSE(interval.high.has_value());
}

}  // namespace
}  // namespace fabula::evaluate
