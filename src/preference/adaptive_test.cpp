// SPDX-License-Identifier: 0BSD
#include "preference/adaptive.h"

#include <gtest/gtest.h>

#include <array>

namespace fabula::preference {
namespace {

constexpr std::string_view before = "The cat sat on the red mat by the old door. ";

Watch watch_of(const std::string& newest, std::span<const float> logprobs = {}) {
    return watch(std::string(before) + newest, newest.size(), logprobs);
}

Proposal cut_proposal() {
    Proposal proposal;
    proposal.settings.temperature = 0.8;
    proposal.settings.top_k = 40;
    proposal.settings.typical_p = 0.8;
    proposal.propensity = 0.5;
    return proposal;
}

TEST(Adaptive, words_that_did_not_stand_in_a_run_before_are_no_repetition) {
    const auto found = watch_of("A dog ran through tall green grass and barked at two birds.");
    EXPECT_EQ(found.repeated_share, 0);
    EXPECT_EQ(found.stagnation, 0);
    EXPECT_EQ(found.drift, 0);
    EXPECT_EQ(in_words(found), "");
}

TEST(Adaptive, a_run_of_six_words_that_comes_again_counts_with_all_its_words) {
    // Six of twelve words: "the cat sat on the red", case aside.
    const auto found = watch_of("Then the cat sat on THE red carpet and it slept there.");
    EXPECT_NEAR(found.repeated_share, 6.0 / 12, 1e-12);
    EXPECT_EQ(found.stagnation, 1);
    EXPECT_EQ(in_words(found), "50 % of the newest words came before");
    // Five of them are no run.
    EXPECT_EQ(watch_of("Then the cat sat on the carpet and it slept there.").repeated_share, 0);
}

TEST(Adaptive, a_run_inside_the_newest_words_counts_from_its_second_time) {
    const auto found = watch_of("One two three four five six. One two three four five six.");
    EXPECT_NEAR(found.repeated_share, 0.5, 1e-12);
}

TEST(Adaptive, words_without_any_that_is_new_are_stagnation) {
    const auto found = watch_of("The mat sat by the cat. The old cat sat by the red door.");
    EXPECT_EQ(found.new_words_share, 0);
    EXPECT_EQ(found.stagnation, 1);
}

TEST(Adaptive, unlikely_words_are_drift) {
    const std::array<float, 2> likely{-1.0F, -2.0F};
    const std::array<float, 2> unlikely{-3.0F, -4.0F};
    EXPECT_EQ(watch_of("A dog ran off.", likely).drift, 0);
    EXPECT_EQ(watch_of("A dog ran off.", unlikely).drift, 1);
    EXPECT_NEAR(*watch_of("A dog ran off.", unlikely).mean_logprob, -3.5, 1e-6);
    EXPECT_FALSE(watch_of("A dog ran off.").mean_logprob);
}

TEST(Adaptive, nothing_is_watched_where_there_is_nothing) {
    const auto empty = watch("", 0, {});
    EXPECT_EQ(empty.stagnation, 0);
    const auto opening = watch("Once upon a time.", 0, {});
    EXPECT_EQ(opening.stagnation, 0);
    EXPECT_EQ(watch("Once.", 500, {}).repeated_share, 0);  // more new bytes than there are
}

TEST(Adaptive, a_story_in_order_keeps_what_was_proposed_and_only_runs_become_unlikely) {
    const auto adapted_one = adapted(cut_proposal(), {}, {3, 1, 3});
    EXPECT_EQ(adapted_one.settings.temperature, 0.8);
    EXPECT_EQ(adapted_one.settings.top_k, 40);
    EXPECT_EQ(adapted_one.settings.typical_p, 0.8);
    EXPECT_EQ(adapted_one.propensity, 0.5);
    EXPECT_GT(adapted_one.settings.dry_multiplier, 0);
    EXPECT_EQ(adapted_one.settings.dry_allowed_length, 6);
}

TEST(Adaptive, candidates_leave_the_trap_by_different_ways) {
    Watch trapped;
    trapped.stagnation = 1;
    const auto cooler = adapted(cut_proposal(), trapped, {3, 0, 3});
    const auto wider = adapted(cut_proposal(), trapped, {3, 1, 3});
    const auto same = adapted(cut_proposal(), trapped, {3, 2, 3});
    EXPECT_NEAR(cooler.settings.temperature, 0.56, 1e-12);
    EXPECT_EQ(cooler.settings.top_k, 40);
    EXPECT_FALSE(cooler.propensity);
    EXPECT_EQ(wider.settings.temperature, 0.8);
    EXPECT_EQ(wider.settings.top_k, 160);
    EXPECT_EQ(wider.settings.typical_p, 1);
    EXPECT_FALSE(wider.propensity);
    EXPECT_EQ(same.settings.temperature, 0.8);
    EXPECT_EQ(same.propensity, 0.5);
    for (const auto* proposal : {&cooler, &wider, &same}) {
        EXPECT_EQ(proposal->settings.dry_allowed_length, 3);
        EXPECT_TRUE(sample::validate(proposal->settings));
    }
}

TEST(Adaptive, what_has_lost_the_thread_is_cooled) {
    Watch adrift;
    adrift.drift = 1;
    for (std::size_t index = 0; index < 3; ++index)
        EXPECT_NEAR(adapted(cut_proposal(), adrift, {3, index, 3}).settings.temperature, 0.48,
                    1e-12);
}

TEST(Adaptive, settings_stay_in_their_ranges) {
    Watch worst;
    worst.stagnation = worst.drift = 1;
    Proposal proposal = cut_proposal();
    proposal.settings.temperature = 0;
    proposal.settings.top_k = 1'000'000;
    proposal.settings.dry_multiplier = 100;
    proposal.settings.dry_allowed_length = 2;
    for (std::size_t index = 0; index < 3; ++index) {
        const auto made = adapted(proposal, worst, {1, index, 3});
        EXPECT_TRUE(sample::validate(made.settings)) << index;
        EXPECT_EQ(made.settings.temperature, 0);
        EXPECT_EQ(made.settings.dry_allowed_length, 2);
    }
}

}  // namespace
}  // namespace fabula::preference
