// SPDX-License-Identifier: 0BSD
#include "preference/truncated_normal.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fabula::preference {
namespace {

TEST(TruncatedNormal, has_the_mass_that_its_density_adds_up_to) {
    for (const auto& [centre, deviation] :
         {std::pair{0.7, 0.1}, std::pair{0.5, 3.0}, std::pair{1.3, 0.02}, std::pair{9.0, 0.2}}) {
        const TruncatedNormal normal(centre, deviation, 0.5, 1.3);
        const int n = 20000;
        double sum = 0;
        for (int i = 0; i < n; ++i) {
            const double at = 0.5 + 0.8 * (i + 0.5) / n;
            sum += normal.density(at) * 0.8 / n;
            if (i % 1000 == 999) {
                EXPECT_NEAR(sum, normal.mass(0.5, 0.5 + 0.8 * (i + 1) / n), 1e-6) << centre;
            }
        }
        EXPECT_NEAR(sum, 1, 1e-6);
        EXPECT_NEAR(normal.mass(-10, 10), 1, 1e-12);
        EXPECT_EQ(normal.density(0.49), 0);
        EXPECT_EQ(normal.density(1.31), 0);
    }
}

TEST(TruncatedNormal, draws_the_value_below_which_that_share_falls) {
    const TruncatedNormal normal(0.7, 0.2, 0.5, 1.3);
    for (const double number : {0.0, 1e-9, 0.1, 0.5, 0.9, 0.999999}) {
        const double value = normal.at(number);
        EXPECT_GE(value, 0.5);
        EXPECT_LE(value, 1.3);
        EXPECT_NEAR(normal.mass(0.5, value), number, 1e-12);
    }
}

TEST(TruncatedNormal, of_a_symmetric_interval_has_its_median_in_the_centre) {
    EXPECT_NEAR(TruncatedNormal(2, 0.5, 1, 3).at(0.5), 2, 1e-12);
    // erf(1 / sqrt 2) = 0.682689: the density at the centre is 1 / (sqrt(2 pi) 0.682689).
    EXPECT_NEAR(TruncatedNormal(0, 1, -1, 1).density(0), 0.5843686, 1e-6);
}

TEST(TruncatedNormal, on_one_point_is_certain) {
    const TruncatedNormal point(0.8, 0.1, 0.5, 0.5);
    EXPECT_EQ(point.density(0.5), 1);
    EXPECT_EQ(point.density(0.6), 0);
    EXPECT_EQ(point.mass(0, 1), 1);
    EXPECT_EQ(point.at(0.7), 0.5);
}

}  // namespace
}  // namespace fabula::preference
