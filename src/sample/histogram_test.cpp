// SPDX-License-Identifier: 0BSD
#include "sample/histogram.h"

#include "sample/float_order.h"
#include "sample/test_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fabula::sample {
namespace {

TEST(SmallestFloat, finds_where_a_predicate_begins_to_hold) {
    for (const float bound : {-infinite, -3e38F, -1.0F, -1e-45F, 0.0F, 1e-45F, 0.3F, 7e30F}) {
        const float found = smallest_float([=](float x) { return x >= bound; });
        EXPECT_EQ(found, std::isinf(bound) ? -std::numeric_limits<float>::max() : bound);
    }
    EXPECT_EQ(smallest_float([](float) { return false; }), infinite);
}

void expect_borders(const Histogram& histogram, double scale) {
    for (const std::size_t bucket : {0U, 3U, 500U, 1022U}) {
        const float lowest = histogram.lowest_in(bucket, scale);
        EXPECT_LE(histogram.bucket_of(lowest * scale), bucket);
        const float below = std::nextafter(lowest, -infinite);
        if (below > -infinite) {
            EXPECT_GT(histogram.bucket_of(below * scale), bucket);
        }
    }
}

TEST(Histogram, counts_each_in_the_bucket_that_it_is_said_to_be_in) {
    for (const Shape shape : shapes) {
        auto row = row_of(shape, 3001, Rng(5));
        row[77] = std::numeric_limits<float>::quiet_NaN();
        float top = -infinite;
        float low = infinite;
        std::size_t n_in_play = 0;
        for (const float x : row) {
            if (!(x > -infinite)) continue;
            top = std::max(top, x);
            low = std::min(low, x);
            ++n_in_play;
        }
        for (const auto width : {Histogram::Width::narrow, Histogram::Width::any}) {
            Histogram histogram;
            const double scale = 1 / 0.7;
            histogram.start(top * scale, low * scale, width);
            histogram.count(row, scale);
            const auto totals = histogram.totals();
            std::vector<double> truth(Histogram::n_buckets);
            for (const float x : row) {
                if (x > -infinite) ++truth[histogram.bucket_of(x * scale)];
            }
            EXPECT_EQ(std::vector<double>(totals.begin(), totals.end()), truth);
            EXPECT_EQ(std::accumulate(totals.begin(), totals.end(), 0.0), n_in_play);
            expect_borders(histogram, scale);
        }
    }
}

TEST(Bracket, from_the_top_holds_the_cut) {
    std::vector<double> totals(Histogram::n_buckets);
    totals[2] = 3;
    totals[5] = 4;
    totals[9] = 1;
    const auto bracket = bracket_from_top(totals, 5);
    EXPECT_EQ(bracket.first, 0U);
    EXPECT_EQ(bracket.last, 5U);
    EXPECT_EQ(bracket.sure_last, 4U);
    EXPECT_EQ(bracket.missing, 2);
    EXPECT_EQ(bracket_from_top(totals, 100).last, 9U);  // never reached: all there is
    EXPECT_FALSE(bracket_from_top(std::vector<double>(Histogram::n_buckets, 1), 0.5).has_sure());
}

// Entries with a place, in buckets below the top: those that sorting by distance from the centre
// keeps are in no bucket that is dropped, and all in the sure ones are kept.
TEST(Bracket, around_a_point_holds_the_cut) {
    for (std::uint64_t trial = 0; trial < 300; ++trial) {
        const Rng rng = Rng(91).child(trial);
        const std::size_t n = 3000;
        const double spread = trial % 3 == 0 ? 3 : trial % 3 == 1 ? 60 : 900;
        const double end = trial % 2 == 0 ? 1024 : 5000;
        std::vector<double> places(n);
        std::vector<double> totals(Histogram::n_buckets);
        const auto bucket_of = [](double place) {
            return std::min(static_cast<std::size_t>(place), Histogram::n_buckets - 1);
        };
        for (std::size_t i = 0; i < n; ++i) {
            places[i] = std::clamp(200 + spread * normal_number(rng, i), 0.0, end);
            totals[bucket_of(places[i])] += 1;
        }
        const double centre = 1500 * rng.uniform(n) * rng.uniform(n + 1);
        const auto target = std::ceil(rng.uniform(n + 2) * static_cast<double>(n));
        const auto bracket = bracket_around(totals, target, {centre, end, 1e-6});

        auto sorted = places;
        std::sort(sorted.begin(), sorted.end(),
                  [=](double a, double b) { return std::abs(a - centre) < std::abs(b - centre); });
        const double limit = std::abs(sorted[static_cast<std::size_t>(target) - 1] - centre);
        std::size_t n_sure = 0;
        for (const double place : places) {
            const std::size_t bucket = bucket_of(place);
            const bool is_kept = std::abs(place - centre) <= limit;
            const bool is_sure = bucket >= bracket.sure_first && bucket <= bracket.sure_last;
            n_sure += is_sure ? 1 : 0;
            const bool is_held = bucket >= bracket.first && bucket <= bracket.last;
            ASSERT_TRUE(is_held || !is_kept) << trial;
            ASSERT_TRUE(is_kept || !is_sure) << trial;
        }
        EXPECT_EQ(bracket.missing, target - static_cast<double>(n_sure));
        EXPECT_GT(bracket.missing, 0);
    }
}

}  // namespace
}  // namespace fabula::sample
