// SPDX-License-Identifier: 0BSD
// Over a made model of seven words, whose rows and states depend on all that came before.
#include "model/text_search.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabula::model {
namespace {

using Ids = std::vector<TokenId>;

constexpr std::size_t n_words = 7;
constexpr std::size_t n_embd = 4;
constexpr TokenId end = 6;

class Made : public Model {
public:
    Made() {
        info_.name = "made";
        info_.n_vocab = n_words;
        info_.n_embd = n_embd;
        info_.window_tokens = 40;
    }

    const ModelInfo& info() const override { return info_; }
    Result<Ids> encode(std::string_view, Place) const override { return Ids{}; }
    std::string piece(TokenId token) const override {
        return std::string(1, static_cast<char>('a' + token));
    }
    bool is_end(TokenId token) const override { return token == end; }
    std::size_t n_branches() const override { return 3; }

    Result<StepCost> step(std::span<const std::span<const TokenId>> branches,
                          std::span<float> logits, const std::stop_token&) override {
        EXPECT_LE(branches.size(), n_branches());
        for (std::size_t i = 0; i < branches.size(); ++i)
            std::ranges::copy(row(branches[i]),
                              logits.begin() + static_cast<std::ptrdiff_t>(i * n_words));
        return StepCost{};
    }

    Result<StepCost> step_with_states(std::span<const std::span<const TokenId>> branches,
                                      std::span<float> logits, std::span<float> states,
                                      const std::stop_token&) override {
        for (std::size_t i = 0; i < branches.size(); ++i) {
            if (!logits.empty())
                std::ranges::copy(row(branches[i]),
                                  logits.begin() + static_cast<std::ptrdiff_t>(i * n_words));
            std::ranges::copy(state(branches[i]),
                              states.begin() + static_cast<std::ptrdiff_t>(i * n_embd));
        }
        return StepCost{};
    }

    static std::vector<float> row(std::span<const TokenId> text) {
        return numbers(text, n_words, 0);
    }
    static std::vector<float> state(std::span<const TokenId> text) {
        auto state = numbers(text.last(1), n_embd, 1);  // words are like themselves, mostly
        const auto rest = numbers(text, n_embd, 2);
        for (std::size_t d = 0; d < n_embd; ++d)
            state[d] += rest[d] / 4;
        return state;
    }

private:
    static std::vector<float> numbers(std::span<const TokenId> text, std::size_t n,
                                      std::uint64_t use) {
        Rng rng = Rng(5).child(use);
        for (const auto token : text)
            rng = rng.child(static_cast<std::uint64_t>(token));
        std::vector<float> made;
        for (std::size_t i = 0; i < n; ++i)
            made.push_back(static_cast<float>(4 * rng.uniform(i) - 2));
        return made;
    }

    ModelInfo info_;
};

sample::Settings beams(int n) {
    sample::Settings settings;
    settings.num_beams = n;
    return settings;
}

sample::Settings contrastive(double alpha, int top_k) {
    sample::Settings settings;
    settings.penalty_alpha = alpha;
    settings.top_k = top_k;
    return settings;
}

FoundText found(
    const Ids& prompt, const sample::Settings& settings, std::size_t most,
    const MayFollow& may_follow = [](auto, auto) { return true; }) {
    Made model;
    const Ids ends{end};
    sample::Sampler sampler(settings);
    return TextSearch(model, prompt, ends, may_follow).find(sampler, most, {}).value();
}

std::vector<double> shares(const std::vector<float>& row) {
    double sum = 0;
    for (const float x : row)
        sum += std::exp(static_cast<double>(x));
    std::vector<double> all;
    all.reserve(row.size());
    for (const float x : row)
        all.push_back(std::exp(static_cast<double>(x)) / sum);
    return all;
}

// Equation 5 of the paper, word by word.
Ids contrasted(Ids text, double alpha, std::size_t k, std::size_t n) {
    const std::size_t n_prompt = text.size();
    const auto cosine = [](const std::vector<float>& a, const std::vector<float>& b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (std::size_t d = 0; d < n_embd; ++d) {
            ab += static_cast<double>(a[d]) * static_cast<double>(b[d]);
            aa += static_cast<double>(a[d]) * static_cast<double>(a[d]);
            bb += static_cast<double>(b[d]) * static_cast<double>(b[d]);
        }
        return ab / std::sqrt(aa * bb);
    };
    while (text.size() < n_prompt + n) {
        const auto share = shares(Made::row(text));
        Ids order{0, 1, 2, 3, 4, 5, 6};
        std::stable_sort(order.begin(), order.end(), [&](TokenId a, TokenId b) {
            return share[static_cast<std::size_t>(a)] > share[static_cast<std::size_t>(b)];
        });
        order.resize(k);
        TokenId best = -1;
        double best_score = -9;
        for (const auto token : order) {
            Ids longer = text;
            longer.push_back(token);
            double likeness = -1;
            for (std::size_t j = 1; j <= text.size(); ++j)
                likeness = std::max(
                    likeness, cosine(Made::state(longer), Made::state(std::span(text).first(j))));
            const double score =
                (1 - alpha) * share[static_cast<std::size_t>(token)] - alpha * likeness;
            if (score > best_score) {
                best_score = score;
                best = token;
            }
        }
        if (best == end) break;
        text.push_back(best);
    }
    return {text.begin() + static_cast<std::ptrdiff_t>(n_prompt), text.end()};
}

TEST(TextSearch, contrasts_as_the_paper_says) {
    int n_unlike_greedy = 0;
    for (TokenId first = 0; first < 6; ++first) {
        for (const double alpha : {0.2, 0.6, 1.0}) {
            for (const int k : {2, 4, 7}) {
                const Ids prompt{first, 2, first};
                const auto text = found(prompt, contrastive(alpha, k), 12);
                ASSERT_EQ(text.tokens, contrasted(prompt, alpha, static_cast<std::size_t>(k), 12));
                ASSERT_EQ(text.traces.size(), text.tokens.size());
                ASSERT_EQ(text.is_ended, text.tokens.size() < 12);
                n_unlike_greedy +=
                    text.tokens != contrasted(prompt, 0, static_cast<std::size_t>(k), 12) ? 1 : 0;
            }
        }
    }
    EXPECT_GT(n_unlike_greedy, 10);
}

TEST(TextSearch, tells_of_each_token_what_the_model_says) {
    for (const auto& settings : {beams(4), contrastive(0.5, 3)}) {
        const Ids prompt{1, 2};
        const auto text = found(prompt, settings, 9);
        ASSERT_FALSE(text.tokens.empty());
        ASSERT_EQ(text.traces.size(), text.tokens.size());
        Ids all = prompt;
        for (std::size_t i = 0; i < text.tokens.size(); ++i) {
            const auto share = shares(Made::row(all));
            const double truth = std::log(share[static_cast<std::size_t>(text.tokens[i])]);
            EXPECT_NEAR(text.traces[i].logprob_model, truth, 1e-5);
            EXPECT_NEAR(text.traces[i].logprob, truth, 1e-5);
            all.push_back(text.tokens[i]);
        }
    }
}

TEST(TextSearch, finds_a_likelier_text_with_more_beams) {
    double mean[2] = {};
    for (TokenId first = 0; first < 6; ++first) {
        for (const int i : {0, 1}) {
            auto settings = beams(i == 0 ? 2 : 32);
            settings.min_new_tokens = 8;  // all of one length
            const auto text = found({first}, settings, 8);
            ASSERT_EQ(text.tokens.size(), 8U);
            for (const auto& trace : text.traces)
                mean[i] += static_cast<double>(trace.logprob_model) / 48;
        }
    }
    EXPECT_LT(mean[0], mean[1]);
}

TEST(TextSearch, writes_only_what_may_follow_and_says_when_nothing_may) {
    // More beams than the model takes branches, and more likeliest tokens than it has.
    EXPECT_FALSE(found({2}, beams(40), 6).tokens.empty());
    EXPECT_FALSE(found({2}, contrastive(0.5, 100), 6).tokens.empty());
    for (const auto& settings : {beams(3), contrastive(0.5, 3)}) {
        const auto never_two = [](std::span<const TokenId>, TokenId token) { return token != 2; };
        const auto text = found({2}, settings, 20, never_two);
        EXPECT_EQ(std::ranges::count(text.tokens, 2), 0);
        EXPECT_FALSE(text.tokens.empty());
        auto endless = settings;
        endless.ignore_end = true;
        const auto nothing = found({2}, endless, 20, [](auto, auto) { return false; });
        EXPECT_TRUE(nothing.tokens.empty());
        EXPECT_TRUE(nothing.is_exhausted);
        const auto full = found({2}, endless, 100);
        EXPECT_EQ(full.tokens.size(), 39U);  // the window's room
    }
}

}  // namespace
}  // namespace fabula::model
