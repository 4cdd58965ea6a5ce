// SPDX-License-Identifier: 0BSD
#include "app/logits.h"

#include "model/scripted.h"

#include <gtest/gtest.h>

#include <numeric>

namespace fabula::app {
namespace {

using Tokens = std::vector<TokenId>;
using Calls = std::vector<std::size_t>;

const Tokens sequence = {'t', 'h', 'e', ' ', 'h', 'e', 'n', ' '};

std::unique_ptr<model::Model> scripted(std::size_t window_tokens = 4096) {
    return model::make_scripted("the hen\n---\nthe wolf and the hen", window_tokens).value();
}

std::vector<float> computed(model::Model& model, const LogitsPlan& plan) {
    std::vector<float> all;
    const auto cost = compute_logits(
        model, plan,
        [&all](std::span<const float> rows) -> Result<Unit> {
            all.insert(all.end(), rows.begin(), rows.end());
            return Unit{};
        },
        [](std::size_t) {}, {});
    EXPECT_TRUE(cost) << cost.error().message;
    return all;
}

std::string refusal(model::Model& model, const LogitsPlan& plan) {
    const auto cost = compute_logits(
        model, plan, [](std::span<const float>) -> Result<Unit> { return Unit{}; },
        [](std::size_t) {}, {});
    return cost ? "" : cost.error().message;
}

TEST(Logits, are_those_behind_each_token) {
    const auto model = scripted();
    const auto all = computed(*model, {sequence, {sequence.size()}});
    const std::size_t n_vocab = model->info().n_vocab;
    ASSERT_EQ(all.size(), sequence.size() * n_vocab);
    for (std::size_t row = 0; row < sequence.size(); ++row) {
        const std::span<const TokenId> branch(sequence.data(), row + 1);
        std::vector<float> one(n_vocab);
        ASSERT_TRUE(model->step({&branch, 1}, one, {}));
        EXPECT_TRUE(std::equal(one.begin(), one.end(),
                               all.begin() + static_cast<std::ptrdiff_t>(row * n_vocab)))
            << row;
    }
}

TEST(Logits, do_not_depend_on_calls_and_forks_of_a_model_that_keeps_its_word) {
    const auto model = scripted();
    const auto whole = computed(*model, {sequence, {8}});
    EXPECT_EQ(computed(*model, {sequence, {5, 1, 1, 1}}), whole);
    EXPECT_EQ(computed(*model, {sequence, {1, 7}, Forks{7, 5}}), whole);
}

TEST(Logits, are_refused_where_the_model_has_no_such_token_or_no_room) {
    const auto model = scripted(8);
    EXPECT_EQ(refusal(*model, {sequence, {8}}), "");
    EXPECT_EQ(refusal(*model, {{'t', 99999}, {2}}).substr(0, 26), "token 99999 at position 1:");
    Tokens longer = sequence;
    longer.push_back('x');
    EXPECT_EQ(refusal(*model, {longer, {9}}).substr(0, 8), "9 tokens");
}

TEST(Logits, end_with_the_words_of_the_sink) {
    const auto cost = compute_logits(
        *scripted(), {sequence, {4, 4}},
        [](std::span<const float>) -> Result<Unit> {
            return Error{ErrorCode::exhausted, "the disk is full"};
        },
        [](std::size_t) {}, {});
    ASSERT_FALSE(cost);
    EXPECT_EQ(cost.error().message, "the disk is full");
}

TEST(Logits, tell_how_far_they_are) {
    Calls seen;
    ASSERT_TRUE(compute_logits(
        *scripted(), {sequence, {5, 1, 2}},
        [](std::span<const float>) -> Result<Unit> { return Unit{}; },
        [&seen](std::size_t n) { seen.push_back(n); }, {}));
    EXPECT_EQ(seen, Calls({5, 6, 8}));
}

TEST(LogitsPlan, has_tokens_by_commas_or_spaces) {
    EXPECT_EQ(*tokens_in("1,9038,2501"), Tokens({1, 9038, 2501}));
    EXPECT_EQ(*tokens_in(" 1, 2\n3\t4,\n"), Tokens({1, 2, 3, 4}));
    EXPECT_EQ(*tokens_in("2147483647"), Tokens({2147483647}));
    EXPECT_EQ(tokens_in("").error().message, "tokens: there is none");
    EXPECT_EQ(tokens_in("1,-2").error().message,
              "tokens: '-2' is not a whole number from 0 to 2147483647");
    for (const char* const bad : {"1,x", "2147483648", "1.5", "0x1", "1;2", "+1"})
        EXPECT_FALSE(tokens_in(bad)) << bad;
}

TEST(LogitsPlan, has_calls_that_add_up) {
    EXPECT_EQ(*calls_in("", 14), Calls({14}));
    EXPECT_EQ(*calls_in("5,1,1,7", 14), Calls({5, 1, 1, 7}));
    EXPECT_EQ(calls_in("5,1,1", 14).error().message,
              "split: the calls have 7 tokens together, there are 14");
    EXPECT_EQ(calls_in("2147483647,2147483647", 1).error().message,
              "split: the calls have 4294967294 tokens together, there is 1");
    EXPECT_FALSE(calls_in("14,0", 14));
    EXPECT_FALSE(calls_in(",", 14));
}

TEST(LogitsPlan, cuts_calls_that_are_too_large) {
    EXPECT_EQ(cut_calls({300, 5, 120, 121}, 120), Calls({120, 120, 60, 5, 120, 120, 1}));
    EXPECT_EQ(cut_calls({3}, 1), Calls({1, 1, 1}));
}

TEST(LogitsPlan, has_forks_by_seed_and_number) {
    EXPECT_EQ(forks_in("7:3")->seed, 7U);
    EXPECT_EQ(forks_in("7:3")->n_branches, 3U);
    for (const char* const bad : {"", "7", "7:", ":3", "7:0", "7:65", "7:3x", "-7:3", "7,3"})
        EXPECT_FALSE(forks_in(bad)) << bad;
}

TEST(LogitsPlan, forks_at_every_length_within_window_and_vocabulary) {
    const auto model = scripted(40);
    Tokens tokens(39);
    std::iota(tokens.begin(), tokens.end(), 60);
    const LogitsPlan plan{tokens, {20, 19}, Forks{3, 64}};
    const auto branches = side_branches(plan, 1, 20, model->info());
    ASSERT_EQ(branches.size(), 64U);
    EXPECT_EQ(branches, side_branches(plan, 1, 20, model->info()));
    EXPECT_NE(branches, side_branches(plan, 0, 0, model->info()));
    std::size_t n_ahead = 0;
    std::size_t n_shared = 0;
    for (const Tokens& branch : branches) {
        ASSERT_FALSE(branch.empty());
        EXPECT_LE(branch.size(), 40U);
        for (const TokenId token : branch) {
            EXPECT_GE(token, 0);
            EXPECT_LT(static_cast<std::size_t>(token), model->info().n_vocab);
        }
        const auto common = static_cast<std::size_t>(
            std::mismatch(branch.begin(), branch.end(), tokens.begin(), tokens.end()).first -
            branch.begin());
        if (common > 20) ++n_ahead;
        if (common > 0) ++n_shared;
    }
    EXPECT_GT(n_ahead, 0U);
    EXPECT_GT(n_shared, 32U);
}

}  // namespace
}  // namespace fabula::app
