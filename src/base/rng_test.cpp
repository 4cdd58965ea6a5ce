// SPDX-License-Identifier: 0BSD
#include "base/rng.h"

#include <gtest/gtest.h>

#include <set>

namespace fabula {
namespace {

// The vectors of the authors' Random123 distribution, kat_vectors, philox4x32 10 rounds.
TEST(Philox, gives_the_published_vectors) {
    std::uint32_t out[4];
    philox_4x32_10({0, 0, 0, 0}, {0, 0}, out);
    EXPECT_EQ(out[0], 0x6627E8D5U);
    EXPECT_EQ(out[1], 0xE169C58DU);
    EXPECT_EQ(out[2], 0xBC57AC4CU);
    EXPECT_EQ(out[3], 0x9B00DBD8U);
    philox_4x32_10({0x243F6A88U, 0x85A308D3U, 0x13198A2EU, 0x03707344U}, {0xA4093822U, 0x299F31D0U},
                   out);
    EXPECT_EQ(out[0], 0xD16CFE09U);
    EXPECT_EQ(out[1], 0x94FDCCEBU);
    EXPECT_EQ(out[2], 0x5001E420U);
    EXPECT_EQ(out[3], 0x24126EA1U);
}

TEST(Rng, a_stream_is_named_by_its_seed_and_path) {
    const std::uint64_t path[] = {0, 2, 1};
    EXPECT_EQ(rng_at(7, path).uniform(5), Rng(7).child(0).child(2).child(1).uniform(5));
    EXPECT_EQ(Rng(rng_at(7, path).name()).uniform(5, 2), rng_at(7, path).uniform(5, 2));
    std::set<double> seen;
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        for (std::uint64_t i = 0; i < 4; ++i) {
            for (std::uint64_t j = 0; j < 4; ++j)
                seen.insert(Rng(seed).child(i).child(j).uniform(0));
        }
    }
    EXPECT_EQ(seen.size(), 64U);
}

TEST(Rng, numbers_are_addressed_and_an_attempt_is_another_number) {
    const Rng rng = Rng(1).child(3);
    const double later = rng.uniform(9, 2);
    EXPECT_EQ(rng.uniform(9, 2), later);
    EXPECT_NE(rng.uniform(9, 1), later);
    EXPECT_NE(rng.uniform(8, 2), later);
}

TEST(Rng, has_the_mean_and_variance_of_a_uniform) {
    const Rng rng(3);
    double sum = 0;
    double squares = 0;
    const int n = 100000;
    for (std::uint64_t i = 0; i < n; ++i) {
        const double u = rng.uniform(i);
        ASSERT_GE(u, 0.0);
        ASSERT_LT(u, 1.0);
        sum += u;
        squares += u * u;
    }
    EXPECT_NEAR(sum / n, 0.5, 0.005);
    EXPECT_NEAR(squares / n - (sum / n) * (sum / n), 1.0 / 12, 0.002);
}

}  // namespace
}  // namespace fabula
