// SPDX-License-Identifier: 0BSD
#include "evaluate/clustered_mean.h"

#include "evaluate/interval.h"

#include <gtest/gtest.h>

#include <vector>

namespace fabula::evaluate {
namespace {

TEST(ClusteredMean, is_the_plain_mean_with_an_interval_over_stories) {
    ClusteredMean mean;
    for (const double value : {1.0, 2.0, 4.0})
        mean.add(1, value);
    mean.add(2, 3);
    mean.add(3, 5);
    mean.add(3, 6);
    mean.add(4, 2.5);
    EXPECT_EQ(mean.size(), 7U);
    EXPECT_EQ(mean.n_stories(), 4U);
    EXPECT_NEAR(mean.mean(), 3.357142857142857, 1e-12);  // both by Python
    EXPECT_NEAR(mean.half_width().value(), 2.8105754, 2e-4);
}

TEST(ClusteredMean, with_one_number_a_story_is_students) {
    const std::vector<double> values{0.3, 1.2, 0.7, 2.4, 1.9};
    ClusteredMean mean;
    for (std::size_t i = 0; i < values.size(); ++i)
        mean.add(static_cast<std::int64_t>(i), values[i]);
    const auto expected = mean_interval(values);
    EXPECT_NEAR(mean.mean(), expected.mean, 1e-12);
    EXPECT_NEAR(mean.mean() + mean.half_width().value(), expected.high.value(), 1e-12);
}

TEST(ClusteredMean, of_one_story_has_no_interval) {
    ClusteredMean mean;
    mean.add(7, 1);
    mean.add(7, 2);
    EXPECT_FALSE(mean.half_width().has_value());
}

}  // namespace
}  // namespace fabula::evaluate
