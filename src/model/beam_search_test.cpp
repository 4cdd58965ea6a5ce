// SPDX-License-Identifier: 0BSD
// Against all texts there are, over a vocabulary of five words.
#include "model/beam_search.h"

#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace fabula::model {
namespace {

using Ids = std::vector<TokenId>;

constexpr std::size_t n_words = 5;
constexpr TokenId end = 4;

// A language in which what follows depends on all that came before.
class Language {
public:
    explicit Language(std::uint64_t seed) : rng_(seed) {}

    std::vector<double> logprobs(const Ids& text) const {
        Rng rng = rng_;
        for (const auto token : text)
            rng = rng.child(static_cast<std::uint64_t>(token));
        std::vector<double> logits;
        double sum = 0;
        for (std::size_t i = 0; i < n_words; ++i) {
            logits.push_back(4 * rng.uniform(i));
            sum += std::exp(logits[i]);
        }
        for (auto& logit : logits)
            logit -= std::log(sum);
        return logits;
    }

    Followers followers() const {
        return [this](std::span<const Ids> beginnings,
                      std::size_t n) -> Result<std::vector<std::vector<sample::Scored>>> {
            std::vector<std::vector<sample::Scored>> all;
            all.reserve(beginnings.size());
            for (const auto& text : beginnings) {
                std::vector<sample::Scored> best;
                best.reserve(n_words);
                const auto logprob = logprobs(text);
                for (TokenId token = 0; token < static_cast<TokenId>(n_words); ++token)
                    best.push_back({token, logprob[static_cast<std::size_t>(token)]});
                std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) {
                    return a.logprob > b.logprob;
                });
                best.resize(std::min(n, best.size()));
                all.push_back(std::move(best));
            }
            return all;
        };
    }

private:
    Rng rng_;
};

// The best of all texts of at most `most_tokens`, by trying each.
Hypothesis best_of_all(const Language& language, const BeamSearch& search, const Ids& text,
                       double logprob) {
    const auto score = [&](double sum, std::size_t n) {
        return sum / std::pow(static_cast<double>(n), search.length_penalty);
    };
    if (text.size() == search.most_tokens) return {text, score(logprob, text.size()), false};
    const auto next = language.logprobs(text);
    Hypothesis best{text, score(logprob + next[end], text.size() + 1), true};
    for (TokenId token = 0; token < end; ++token) {
        Ids longer = text;
        longer.push_back(token);
        auto found =
            best_of_all(language, search, longer, logprob + next[static_cast<std::size_t>(token)]);
        if (found.score > best.score) best = std::move(found);
    }
    return best;
}

Hypothesis found(const Language& language, const BeamSearch& search) {
    const Ids ends{end};
    return beam_search(search, ends, language.followers(), {}).value();
}

TEST(BeamSearch, finds_the_best_of_all_texts_where_it_follows_them_all) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        for (const double length_penalty : {0.0, 0.6, 1.0, 2.0}) {
            const Language language(seed);
            const BeamSearch search{1024, length_penalty, 1 + seed % 5};
            const auto truth = best_of_all(language, search, {}, 0);
            const auto best = found(language, search);
            ASSERT_EQ(best.tokens, truth.tokens) << seed;
            ASSERT_EQ(best.is_ended, truth.is_ended);
            ASSERT_NEAR(best.score, truth.score, 1e-12);
        }
    }
}

TEST(BeamSearch, gets_no_better_than_the_best_and_seldom_worse_with_more_beams) {
    double mean[4] = {};
    int n_found[4] = {};
    const int n = 200;
    for (int seed = 0; seed < n; ++seed) {
        const Language language(static_cast<std::uint64_t>(seed));
        const auto truth = best_of_all(language, {1, 1, 5}, {}, 0);
        const std::size_t beams[4] = {1, 2, 4, 16};
        for (int i = 0; i < 4; ++i) {
            const auto best = found(language, {beams[i], 1, 5});
            ASSERT_LE(best.score, truth.score + 1e-12);
            mean[i] += best.score / n;
            n_found[i] += best.tokens == truth.tokens ? 1 : 0;
        }
    }
    EXPECT_LT(mean[0], mean[1]);
    EXPECT_LT(mean[1], mean[2]);
    EXPECT_LE(mean[2], mean[3]);
    EXPECT_GT(n_found[3], n_found[0]);
}

TEST(BeamSearch, takes_the_likeliest_word_each_time_with_one_beam) {
    const Language language(3);
    const auto best = found(language, {1, 0, 6});
    Ids text;
    while (text.size() < best.tokens.size()) {
        const auto next = language.logprobs(text);
        text.push_back(
            static_cast<TokenId>(std::max_element(next.begin(), next.end()) - next.begin()));
    }
    EXPECT_EQ(best.tokens, text);
}

TEST(BeamSearch, writes_longer_texts_with_a_larger_length_penalty) {
    std::size_t n_short = 0;
    std::size_t n_long = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        n_short += found(Language(seed), {8, 0, 8}).tokens.size();
        n_long += found(Language(seed), {8, 2, 8}).tokens.size();
    }
    EXPECT_LT(n_short, n_long);
}

TEST(BeamSearch, says_exhausted_where_nothing_can_follow_and_passes_on_errors) {
    const Ids ends{end};
    const Followers none = [](std::span<const Ids> beginnings, std::size_t) {
        return Result(std::vector<std::vector<sample::Scored>>(beginnings.size()));
    };
    EXPECT_EQ(beam_search({4, 1, 8}, ends, none, {}).error().code, ErrorCode::exhausted);
    const Followers broken = [](std::span<const Ids>,
                                std::size_t) -> Result<std::vector<std::vector<sample::Scored>>> {
        return Error{ErrorCode::corrupt, "broken"};
    };
    EXPECT_EQ(beam_search({4, 1, 8}, ends, broken, {}).error().code, ErrorCode::corrupt);
}

TEST(BeamSearch, keeps_what_it_has_when_it_is_stopped) {
    const Ids ends{end};
    const Language language(5);
    std::stop_source source;
    int n_calls = 0;
    const Followers few = [&](std::span<const Ids> beginnings, std::size_t n) {
        if (++n_calls == 3) source.request_stop();
        return language.followers()(beginnings, n);
    };
    const auto best = beam_search({4, 1, 100}, ends, few, source.get_token());
    ASSERT_TRUE(best);
    EXPECT_LE(best->tokens.size(), 3U);
    EXPECT_FALSE(best->tokens.empty());
}

}  // namespace
}  // namespace fabula::model
