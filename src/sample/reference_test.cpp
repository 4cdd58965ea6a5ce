// SPDX-License-Identifier: 0BSD
// The definitions themselves, by numbers that a person can check.
#include "sample/reference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace fabula::sample::reference {
namespace {

List with_probabilities(const std::vector<double>& shares) {
    List list;
    for (const double share : shares)
        list.push_back({static_cast<TokenId>(list.size()), std::log(share)});
    return list;
}

std::vector<TokenId> tokens(const List& list) {
    std::vector<TokenId> ids;
    for (const auto& entry : list)
        ids.push_back(entry.token);
    return ids;
}

using Ids = std::vector<TokenId>;

TEST(TopK, keeps_exactly_k_and_the_lower_id_of_equals) {
    const List list = with_probabilities({0.1, 0.3, 0.3, 0.3});
    EXPECT_EQ(tokens(top_k(list, 2)), (Ids{1, 2}));
    EXPECT_EQ(tokens(top_k(list, 4)), (Ids{0, 1, 2, 3}));
    EXPECT_EQ(top_k(list, 0), list);
}

TEST(TopP, keeps_the_smallest_prefix_that_reaches_p) {
    const List list = with_probabilities({0.1, 0.5, 0.15, 0.25});
    EXPECT_EQ(tokens(top_p(list, 0.3)), Ids{1});
    EXPECT_EQ(tokens(top_p(list, 0.5)), Ids{1});
    EXPECT_EQ(tokens(top_p(list, 0.51)), (Ids{1, 3}));
    EXPECT_EQ(tokens(top_p(list, 0.9)), (Ids{1, 2, 3}));
    EXPECT_EQ(top_p(list, 1), list);
}

TEST(TopP, reaches_nine_tenths_with_nine_of_ten_equals) {
    EXPECT_EQ(tokens(top_p(List(with_probabilities(std::vector<double>(10, 0.1))), 0.9)),
              (Ids{0, 1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(MinP, keeps_what_is_likely_enough_beside_the_likeliest) {
    const List list = with_probabilities({0.5, 0.3, 0.06, 0.14});
    EXPECT_EQ(tokens(min_p(list, 0.2)), (Ids{0, 1, 3}));
    EXPECT_EQ(tokens(min_p(list, 1)), Ids{0});
    EXPECT_EQ(min_p(list, 0), list);
}

TEST(TypicalP, keeps_the_tokens_nearest_to_the_expected_surprise) {
    // Entropy 1.168; surprises 0.511, 1.609, 2.303, 2.303; distances 0.577, 0.521, 1.215, 1.215.
    const List list = with_probabilities({0.6, 0.2, 0.1, 0.1});
    EXPECT_NEAR(entropy(list), 1.0889, 1e-4);
    EXPECT_EQ(tokens(typical_p(list, 0.2)), Ids{1});
    EXPECT_EQ(tokens(typical_p(list, 0.7)), (Ids{0, 1}));
    EXPECT_EQ(tokens(typical_p(list, 0.85)), (Ids{0, 1, 2}));
}

TEST(TypicalP, lets_tokens_equally_far_above_and_below_tie) {
    // Entropy 1.5 ln 2: the first lies 0.5 ln 2 below, the others 0.5 ln 2 above.
    EXPECT_EQ(tokens(typical_p(with_probabilities({0.5, 0.25, 0.25}), 0.4)), Ids{0});
    EXPECT_EQ(tokens(typical_p(with_probabilities({0.25, 0.25, 0.5}), 0.4)), (Ids{0, 1}));
}

TEST(EpsilonCutoff, keeps_what_is_probable_enough_and_always_the_likeliest) {
    const List list = with_probabilities({0.5, 0.3, 0.06, 0.14});
    EXPECT_EQ(tokens(epsilon_cutoff(list, 0.14)), (Ids{0, 1, 3}));
    EXPECT_EQ(tokens(epsilon_cutoff(list, 0.9)), Ids{0});
    EXPECT_EQ(epsilon_cutoff(list, 0), list);
}

TEST(EtaCutoff, is_lower_where_the_entropy_is_high) {
    // Entropy ln 4: sqrt(0.09) / 4 = 0.075 is below 0.09.
    const List flat = with_probabilities({0.25, 0.25, 0.25, 0.25});
    EXPECT_EQ(eta_cutoff(flat, 0.09), flat);
    // Entropy 1.5 ln 2: 0.3 / 2^1.5 = 0.106, so 0.09 holds.
    const List sure = with_probabilities({0.5, 0.25, 0.25});
    EXPECT_EQ(eta_cutoff(sure, 0.09), sure);
    // Entropy 1.0889: sqrt(0.12) e^-1.0889 = 0.1166 is below 0.12.
    EXPECT_EQ(tokens(eta_cutoff(with_probabilities({0.6, 0.2, 0.1, 0.1}), 0.12)), (Ids{0, 1}));
    EXPECT_EQ(tokens(eta_cutoff(with_probabilities({0.58, 0.18, 0.12, 0.12}), 0.13)),
              (Ids{0, 1, 2, 3}));
}

TEST(TopNSigma, keeps_what_lies_within_n_deviations_of_the_largest_logit) {
    // Mean 2, deviation 2.
    const List list{{0, 5.0}, {1, 1.0}, {2, 1.0}, {3, 1.0}, {4, 5.0}, {5, 1.0}, {6, 0.0}, {7, 2.0}};
    const double sigma = std::sqrt((9.0 + 1 + 1 + 1 + 9 + 1 + 4 + 0) / 8);
    EXPECT_EQ(tokens(top_n_sigma(list, 1)), (Ids{0, 4}));
    EXPECT_EQ(tokens(top_n_sigma(list, 3 / sigma)), (Ids{0, 4, 7}));
    EXPECT_EQ(tokens(top_n_sigma(list, 4 / sigma)), (Ids{0, 1, 2, 3, 4, 5, 7}));
    EXPECT_EQ(top_n_sigma(list, 0), list);
}

TEST(Xtc, leaves_out_all_expected_tokens_but_the_least_likely) {
    const List list = with_probabilities({0.1, 0.4, 0.2, 0.2, 0.1});
    EXPECT_EQ(tokens(xtc(list, 0.15)), (Ids{0, 3, 4}));
    EXPECT_EQ(tokens(xtc(list, 0.3)), (Ids{0, 1, 2, 3, 4}));
    EXPECT_EQ(tokens(xtc(list, 0.5)), (Ids{0, 1, 2, 3, 4}));
    EXPECT_EQ(tokens(xtc(list, 0)), Ids{4});
}

TEST(Mirostat, keeps_what_surprises_by_at_most_mu) {
    const List list = with_probabilities({0.5, 0.25, 0.125, 0.125});
    EXPECT_EQ(tokens(mirostat(list, 2)), (Ids{0, 1}));
    EXPECT_EQ(tokens(mirostat(list, 2.99)), (Ids{0, 1}));
    EXPECT_EQ(tokens(mirostat(list, 3)), (Ids{0, 1, 2, 3}));
    EXPECT_EQ(tokens(mirostat(list, -5)), Ids{0});
}

TEST(DynamicTemperature, goes_from_cold_where_the_model_is_sure_to_hot_where_it_is_not) {
    Settings settings;
    settings.temperature = 1;
    settings.dynatemp_range = 0.5;
    EXPECT_NEAR(dynamic_temperature(with_probabilities({0.25, 0.25, 0.25, 0.25}), settings), 1.5,
                1e-12);
    EXPECT_NEAR(dynamic_temperature(with_probabilities({1}), settings), 0.5, 1e-12);
    // Half of the largest entropy.
    const List half = with_probabilities({0.5, 0.25, 0.125, 0.0625, 0.0625});
    const double share = 1.875 * std::log(2) / std::log(5);
    EXPECT_NEAR(dynamic_temperature(half, settings), 0.5 + share, 1e-12);
    settings.dynatemp_exponent = 2;
    EXPECT_NEAR(dynamic_temperature(half, settings), 0.5 + share * share, 1e-12);
    settings.dynatemp_range = 3;
    EXPECT_NEAR(dynamic_temperature(with_probabilities({1}), settings), lowest_temperature, 1e-12);
}

TEST(Dry, takes_more_off_the_longer_the_repetition) {
    Settings settings;
    settings.dry_multiplier = 0.5;
    settings.dry_base = 2;
    const Ids history{1, 2, 3, 9, 2, 3, 8, 3, 7, 1, 2, 3};
    const List list{{7, 0.0}, {8, 0.0}, {9, 0.0}, {3, 0.0}};
    // Behind 3 stood 7 (one token repeated), behind 2 3 stood 8, behind 1 2 3 stood 9.
    EXPECT_EQ(dry(list, settings, {}, history), (List{{7, 0.0}, {8, -0.5}, {9, -1.0}, {3, 0.0}}));
    settings.dry_allowed_length = 1;
    EXPECT_EQ(dry(list, settings, {}, history), (List{{7, -0.5}, {8, -1.0}, {9, -2.0}, {3, 0.0}}));
}

TEST(Dry, reaches_over_no_breaker_and_never_presses_one_down) {
    Settings settings;
    settings.dry_multiplier = 1;
    const Ids history{1, 2, 3, 9, 2, 3, 8, 1, 2, 3};
    const List list{{8, 0.0}, {9, 0.0}};
    const Ids one{1};
    EXPECT_EQ(dry(list, settings, one, history), (List{{8, -1.0}, {9, -1.0}}));
    const Ids two{2};
    EXPECT_EQ(dry(list, settings, two, history), list);
    const Ids nine{9};
    EXPECT_EQ(dry(list, settings, nine, history), (List{{8, -1.0}, {9, 0.0}}));
    settings.dry_window = 6;
    EXPECT_EQ(dry(list, settings, {}, history), (List{{8, -1.0}, {9, 0.0}}));
}

TEST(DryPenalty, has_an_end) {
    Settings settings;
    settings.dry_multiplier = 3;
    EXPECT_EQ(dry_penalty(settings, 2), 3);
    EXPECT_EQ(dry_penalty(settings, 4), 3 * 1.75 * 1.75);
    EXPECT_EQ(dry_penalty(settings, 1000000), most_dry_penalty);
    settings.dry_base = 1;
    EXPECT_EQ(dry_penalty(settings, 1000000), 3);
}

TEST(Penalised, divides_logits_above_zero_and_multiplies_those_below) {
    Settings settings;
    settings.repetition_penalty = 2;
    const List list{{0, 3.0}, {1, -3.0}, {2, 5.0}};
    const Ids history{0, 1, 1};
    EXPECT_EQ(penalised(list, settings, history), (List{{0, 1.5}, {1, -6.0}, {2, 5.0}}));
}

TEST(Penalised, takes_frequency_off_each_time_and_presence_once_inside_the_window) {
    Settings settings;
    settings.frequency_penalty = 0.5;
    settings.presence_penalty = 1;
    settings.penalty_window = 3;
    settings.logit_bias[2] = 4;
    const List list{{0, 3.0}, {1, 0.0}, {2, 5.0}};
    const Ids history{0, 0, 1, 0, 1};
    EXPECT_EQ(penalised(list, settings, history), (List{{0, 1.5}, {1, -2.0}, {2, 9.0}}));
    settings.penalty_window = 0;
    EXPECT_EQ(penalised(list, settings, history), (List{{0, 3.0}, {1, 0.0}, {2, 9.0}}));
}

TEST(InPlay, leaves_out_minus_infinity_and_every_ban) {
    Settings settings;
    settings.logit_bias[1] = -100;
    const float none = -std::numeric_limits<float>::infinity();
    const std::vector<float> logits{none, 1, 2, 3, 4, 5};
    const Ids banned{2, 99};
    const Ids history{3};
    const List list = in_play(logits, settings, {.history = history, .banned = banned});
    EXPECT_EQ(list, (List{{3, 3.0}, {4, 4.0}, {5, 5.0}}));
}

TEST(InPlay, leaves_out_what_would_write_a_run_of_tokens_twice) {
    Settings settings;
    settings.no_repeat_ngram_size = 3;
    const std::vector<float> logits{0, 1, 2, 3, 4};
    const Ids history{1, 2, 3, 0, 1, 2, 4, 1, 2};
    EXPECT_EQ(tokens(in_play(logits, settings, {.history = history})), (Ids{0, 1, 2}));
    settings.no_repeat_ngram_size = 1;
    EXPECT_TRUE(in_play(logits, settings, {.history = history}).empty());
    settings.no_repeat_ngram_size = 20;
    EXPECT_EQ(tokens(in_play(logits, settings, {.history = history})), (Ids{0, 1, 2, 3, 4}));
}

TEST(Kept, follows_the_order_of_the_stages) {
    // Hot first, the two likeliest are needed for 0.6; cut first, one is enough.
    Settings settings;
    settings.temperature = 4;
    settings.top_p = 0.6;
    const std::vector<float> logits{3, 1, 0};
    EXPECT_EQ(tokens(kept(logits, settings, {}, {})), (Ids{0, 1}));
    settings.order = completed_order({Stage::top_p});
    EXPECT_EQ(tokens(kept(logits, settings, {}, {})), Ids{0});
}

TEST(Drawn, is_the_first_token_up_to_which_the_probabilities_exceed_the_number) {
    const List list = with_probabilities({0.25, 0.5, 0.25});
    EXPECT_EQ(drawn(list, 0), 0U);
    EXPECT_EQ(drawn(list, 0.2499), 0U);
    EXPECT_EQ(drawn(list, 0.2501), 1U);
    EXPECT_EQ(drawn(list, 0.7499), 1U);
    EXPECT_EQ(drawn(list, 0.7501), 2U);
    EXPECT_EQ(drawn(list, std::nextafter(1.0, 0.0)), 2U);
}

TEST(Rank, counts_the_tokens_that_come_before) {
    const std::vector<float> logits{1, 4, 4, 9};
    EXPECT_EQ(rank(logits, 3), 0);
    EXPECT_EQ(rank(logits, 1), 1);
    EXPECT_EQ(rank(logits, 2), 2);
    EXPECT_EQ(rank(logits, 0), 3);
}

}  // namespace
}  // namespace fabula::sample::reference
