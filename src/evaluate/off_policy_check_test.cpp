// SPDX-License-Identifier: 0BSD
#include "evaluate/off_policy_check.h"

#include "evaluate/targets.h"

#include <gtest/gtest.h>

namespace fabula::evaluate {
namespace {

using preference::OffPolicyValue;

TEST(TruePickRate, of_a_reader_that_sees_no_difference_is_one_in_three) {
    Reader reader{.name = "blind", .noise = 0.2, .position_bias = {}, .peaks = {}};
    reader.peaks = {{0, {0.8, 1}, {4, 1}, {0.9, 1}, Parity::both}};
    const auto truth = true_pick_rate(reader, stated_targets({})[0].policy, {}, 100, Rng(1));
    EXPECT_NEAR(truth.value, 1.0 / 3, 1e-12);
    EXPECT_NEAR(truth.standard_error, 0, 1e-9);
}

TEST(TruePickRate, is_what_the_reader_picks_when_it_is_shown_the_target) {
    // Played through: one candidate of the target in each offer, counted when picked.
    const auto reader = readers_from_json(shipped_readers()).value()[0];
    const auto target = stated_targets({})[0].policy;
    const auto truth = true_pick_rate(reader, target, {}, 20000, Rng(1));
    constexpr int n = 20000;
    double picked = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto stream = Rng(8).child(i);
        preference::SeenOffer offer{1, 1, {}, {}};
        const auto place = i % 3;
        for (std::uint64_t j = 0; j < 3; ++j) {
            const auto random =
                preference::propose(preference::Policy::random, {}, {}, stream.child(j));
            offer.shown.push_back(j == place ? target.draw(1, 3, stream.child(9))
                                             : preference::seen(random.settings, {}));
        }
        picked += stream.uniform(0) < pick_probabilities(reader, offer)[place] ? 1 : 0;
    }
    // Standard errors: 0.0035 of the count, 0.002 of the other.
    EXPECT_NEAR(truth.value, picked / n, 4 * 0.004);
    EXPECT_GT(truth.standard_error, 0.0005);
    EXPECT_LT(truth.standard_error, 0.004);
}

TEST(OffPolicyRecord, counts_what_is_near_and_what_covers) {
    OffPolicyValue near;
    near.effective = 400;
    near.self_normalised = {0.42, 0.39, 0.45};  // 5 % off, covering
    near.doubly_robust = {0.46, 0.41, 0.5};     // 15 % off, not covering
    OffPolicyValue none;
    none.effective = 50;
    none.why_none = "too few";
    const std::vector<OffPolicyValue> values{near, none};
    const auto record = record_of({0.4, 0.001}, values);
    EXPECT_EQ(record.seeds, 2U);
    EXPECT_EQ(record.self_normalised.seeds, 1U);
    EXPECT_EQ(record.self_normalised.within_tenth, 1U);
    EXPECT_EQ(record.self_normalised.covering, 1U);
    EXPECT_EQ(record.doubly_robust.within_tenth, 0U);
    EXPECT_EQ(record.doubly_robust.covering, 0U);
    EXPECT_NEAR(record.doubly_robust.largest_relative_error, 0.15, 1e-9);
    EXPECT_NEAR(record.effective, 225, 1e-9);
    EXPECT_EQ(record.why_none, "too few");
}

TEST(OffPolicyValue, of_simulated_logs_is_near_the_truth_and_covers_it) {
    // Six seeds of 300 stories: what `fabula evaluate off-policy` does, smaller.
    const StoryShape shape;
    const auto random = preference::learn(preference::Policy::random, {}, {}).value();
    const auto targets = stated_targets({});
    const auto readers = readers_from_json(shipped_readers()).value();
    std::size_t covering = 0;
    for (const auto& reader : readers) {
        for (std::size_t i = 0; i < targets.size(); ++i) {
            const auto truth = true_pick_rate(reader, targets[i].policy, shape, 20000, Rng(99));
            std::vector<OffPolicyValue> values;
            for (std::uint64_t seed = 0; seed < 6; ++seed) {
                const auto log = simulate(reader, *random, shape, {0, 300}, Rng(seed));
                auto value = off_policy_value(log, targets[i].policy, Rng(seed).child(1000 + i),
                                              {.resamples = 200, .draws = 4000});
                ASSERT_TRUE(value.has_value());
                EXPECT_NEAR(value->mean_weight, 1, 0.2);
                values.push_back(*std::move(value));
            }
            const auto record = record_of(truth, values);
            ASSERT_EQ(record.doubly_robust.seeds, 6U);
            EXPECT_LT(record.self_normalised.largest_relative_error, 0.25);
            EXPECT_LT(record.doubly_robust.largest_relative_error, 0.25);
            covering += record.doubly_robust.covering;
        }
    }
    // Of 36 about 32 are expected to cover; under 25 has a chance of one in a thousand.
    EXPECT_GE(covering, 25U);
}

}  // namespace
}  // namespace fabula::evaluate
