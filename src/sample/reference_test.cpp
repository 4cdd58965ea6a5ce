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

TEST(Completing, names_the_last_token_of_each_sequence_that_the_history_leads_to) {
    const std::vector<Ids> sequences{{7}, {1, 2, 8}, {2, 9}, {1, 9, 3}, {}, {5, 5, 5, 5}};
    EXPECT_EQ(completing(sequences, Ids{0, 1, 2}), (Ids{7, 8, 9}));
    EXPECT_EQ(completing(sequences, Ids{}), Ids{7});
}

TEST(InPlay, leaves_out_minus_infinity_and_every_ban) {
    Settings settings;
    settings.logit_bias[1] = -100;
    const float none = -std::numeric_limits<float>::infinity();
    const std::vector<float> logits{none, 1, 2, 3, 4, 5};
    const Ids banned{2, 99};
    const Ids history{3};
    const std::vector<Ids> bad{{3, 4}};
    const List list = in_play(logits, settings, bad, {.history = history, .banned = banned});
    EXPECT_EQ(list, (List{{3, 3.0}, {5, 5.0}}));
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
