// SPDX-License-Identifier: 0BSD
#include "evaluate/simulate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabula::evaluate {
namespace {

std::shared_ptr<const preference::Proposer> random_policy() {
    return preference::learn(preference::Policy::random, {}, {}).value();
}

Reader one_peak() {
    return readers_from_json(shipped_readers()).value()[0];
}

TEST(Simulate, gives_stories_of_the_asked_shape_with_densities_and_picks) {
    const StoryShape shape{.steps = 5, .candidates = 4, .base = {}};
    const auto history = simulate(one_peak(), *random_policy(), shape, {7, 3}, Rng(1));
    ASSERT_EQ(history.size(), 15U);
    EXPECT_EQ(history.front().story, 7);
    EXPECT_EQ(history.back().story, 9);
    EXPECT_EQ(history.back().step, 5U);
    for (const auto& offer : history) {
        ASSERT_EQ(offer.shown.size(), 4U);
        ASSERT_LT(offer.picked.value(), 4U);
        for (const auto& candidate : offer.shown) {
            sample::Settings settings;
            settings.temperature = candidate.temperature;
            settings.top_k = candidate.top_k;
            settings.typical_p = candidate.typical_p;
            ASSERT_DOUBLE_EQ(candidate.propensity.value(),
                             preference::random_density({}, settings));
        }
    }
}

TEST(Simulate, gives_a_story_whichever_others_there_are) {
    const StoryShape shape{.steps = 3, .candidates = 3, .base = {}};
    const auto all = simulate(one_peak(), *random_policy(), shape, {0, 10}, Rng(1));
    const auto last = simulate(one_peak(), *random_policy(), shape, {9, 1}, Rng(1));
    EXPECT_TRUE(std::equal(last.begin(), last.end(), all.end() - 3));
    EXPECT_NE(all, simulate(one_peak(), *random_policy(), shape, {0, 10}, Rng(2)));
}

TEST(Simulate, picks_as_often_as_the_probabilities_say) {
    const StoryShape shape;
    const auto reader = one_peak();
    const auto history = simulate(reader, *random_policy(), shape, {0, 1000}, Rng(4));
    double expected = 0;
    double variance = 0;
    double picked_first = 0;
    for (const auto& offer : history) {
        const double first = pick_probabilities(reader, offer)[0];
        expected += first;
        variance += first * (1 - first);
        picked_first += offer.picked == 0U ? 1 : 0;
    }
    EXPECT_NEAR(picked_first, expected, 4 * std::sqrt(variance));
    EXPECT_GT(picked_first / static_cast<double>(history.size()), 0.36);  // the bias of the place
}

TEST(Simulate, shows_each_candidate_at_each_place_as_often) {
    // The candidate of index 0 is known by its settings; 8,000 offers of 3.
    const StoryShape shape;
    const auto proposer = random_policy();
    const auto history = simulate(one_peak(), *proposer, shape, {0, 1000}, Rng(4));
    double at_place[3] = {0, 0, 0};
    for (const auto& offer : history) {
        const auto stream =
            Rng(4).child(static_cast<std::uint64_t>(offer.story)).child(offer.step).child(0);
        const auto first =
            shown_candidate(*proposer, {offer.step, 0, 3}, shape.base, stream.child(0));
        const auto found = std::find(offer.shown.begin(), offer.shown.end(), first);
        ASSERT_NE(found, offer.shown.end());
        at_place[found - offer.shown.begin()] += 1;
    }
    for (const double count : at_place)
        EXPECT_NEAR(count, 8000.0 / 3, 4 * std::sqrt(8000.0 * 2 / 9));
}

}  // namespace
}  // namespace fabula::evaluate
