// SPDX-License-Identifier: 0BSD
#include "sample/exponential.h"

#include "sample/test_rows.h"

#include <gtest/gtest.h>

namespace fabula::sample {
namespace {

TEST(Weigh, gives_e_to_the_power_of_each_distance) {
    std::vector<double> logits;
    logits.reserve(40000);
    for (int i = 0; i < 40000; ++i)
        logits.push_back(5 - 0.0173 * i);
    std::vector<double> weights(logits.size());
    weigh(logits, 5, weights);
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const double truth = std::exp(logits[i] - 5);
        ASSERT_NEAR(weights[i] / truth, 1, 1e-14 + 1.2e-16 * (5 - logits[i])) << logits[i];
    }
    EXPECT_EQ(weights[0], 1);
}

TEST(Weigh, takes_what_is_far_below_as_nothing) {
    const std::vector<double> logits{0, -701, -1e30, -1e300, -0.0};
    std::vector<double> weights(logits.size(), 7.0);
    const Mass mass = weigh(logits, 0, weights);
    EXPECT_EQ(weights, (std::vector<double>{1, 0, 0, 0, 1}));
    EXPECT_EQ(mass.sum, 2);
    EXPECT_EQ(mass.moment, 0);
}

TEST(Mass, has_the_sum_and_entropy_of_the_softmax_at_every_length) {
    for (std::size_t n = 1; n < 70; ++n) {
        const auto row = row_of(Shape::banned_in_part, n, Rng(n));
        double top = row[0];
        for (const float logit : row)
            top = std::max(top, static_cast<double>(logit));
        double sum = 0;
        for (const float logit : row)
            sum += std::exp(logit - top);
        double entropy = 0;
        for (const float logit : row) {
            const double p = std::exp(logit - top) / sum;
            if (p > 0) entropy -= p * std::log(p);
        }
        double block_sum = 0;
        const Mass mass = mass_of(row, {1, top}, std::span(&block_sum, 1));
        ASSERT_EQ(block_sum, mass.sum);
        ASSERT_NEAR(mass.sum, sum, 1e-12 * sum) << n;
        ASSERT_NEAR(mass.entropy(), entropy, 1e-12) << n;
        ASSERT_NEAR(mass.log_sum(), std::log(sum), 1e-12) << n;

        const std::vector<double> doubles(row.begin(), row.end());
        std::vector<double> weights(n);
        ASSERT_EQ(weigh(doubles, top, weights).sum, mass.sum) << n;
    }
}

}  // namespace
}  // namespace fabula::sample
