// SPDX-License-Identifier: 0BSD
// Does the peer do what it is timed for? Its chains keep what ours keep.
#include "model/llama/peer_sampler.h"

#include "base/rng.h"
#include "sample/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace fabula::model {
namespace {

constexpr std::size_t n_vocab = 600;

std::vector<float> some_row() {
    const Rng rng(3);
    std::vector<float> row(n_vocab);
    for (std::size_t i = 0; i < n_vocab; ++i)
        row[i] = static_cast<float>(9 * rng.uniform(i) * rng.uniform(i, 1));
    return row;
}

sample::Settings with(std::initializer_list<std::pair<const char*, double>> values) {
    sample::Settings settings;
    for (const auto& [name, value] : values)
        EXPECT_TRUE(sample::set(settings, name, value)) << name;
    return settings;
}

std::set<TokenId> tokens_drawn(const sample::Settings& settings,
                               const std::vector<TokenId>& history = {}) {
    const auto peer = make_peer_sampler(settings, n_vocab, history);
    EXPECT_NE(peer, nullptr);
    const auto row = some_row();
    std::set<TokenId> drawn;
    for (int i = 0; peer && i < 2000; ++i)
        drawn.insert(peer->draw(row));
    return drawn;
}

std::vector<TokenId> tokens_kept(const sample::Settings& settings) {
    std::vector<TokenId> tokens;
    const auto kept = sample::Sampler(settings).keep(some_row(), {});
    EXPECT_TRUE(kept);
    for (const auto& each : *kept)
        tokens.push_back(each.token);
    return tokens;
}

TEST(PeerSampler, draws_every_token_that_stays_and_no_other) {
    for (const auto& few : {with({{"top_k", 8}}), with({{"top_p", 0.06}}), with({{"min_p", 0.5}}),
                            with({{"top_k", 20}, {"top_p", 0.7}, {"min_p", 0.3}}),
                            with({{"temperature", 0.5}, {"typical_p", 0.07}})}) {
        const auto kept = tokens_kept(few);
        ASSERT_LT(kept.size(), 40U);
        EXPECT_EQ(tokens_drawn(few), std::set<TokenId>(kept.begin(), kept.end()));
    }
    for (const auto& many : {with({{"typical_p", 0.5}}), with({{"top_n_sigma", 1.5}}),
                             with({{"xtc_probability", 1}, {"xtc_threshold", 0.005}})}) {
        const auto kept = tokens_kept(many);
        ASSERT_LT(kept.size(), n_vocab);
        for (const auto token : tokens_drawn(many))
            EXPECT_TRUE(std::ranges::binary_search(kept, token)) << token;
    }
}

TEST(PeerSampler, takes_the_likeliest_that_the_history_leaves) {
    const auto row = some_row();
    const auto likeliest = static_cast<TokenId>(std::ranges::max_element(row) - row.begin());
    const auto greedy = with({{"temperature", 0}});
    EXPECT_EQ(tokens_drawn(greedy), std::set{likeliest});
    const TokenId other = likeliest == 1 ? 2 : 1;
    EXPECT_FALSE(
        tokens_drawn(with({{"temperature", 0}, {"repetition_penalty", 10}}), {likeliest, other})
            .contains(likeliest));
    // "other likeliest other likeliest other": the likeliest would go on with what stands there.
    const std::vector<TokenId> repeating{other, likeliest, other, likeliest, other};
    EXPECT_FALSE(tokens_drawn(with({{"temperature", 0}, {"dry_multiplier", 50}}), repeating)
                     .contains(likeliest));
}

TEST(PeerSampler, is_absent_where_llama_cpp_has_no_such_stage) {
    ASSERT_TRUE(has_peer_sampler());
    EXPECT_EQ(make_peer_sampler(with({{"epsilon_cutoff", 1e-3}}), n_vocab, {}), nullptr);
    EXPECT_EQ(make_peer_sampler(with({{"eta_cutoff", 1e-3}}), n_vocab, {}), nullptr);
    EXPECT_EQ(make_peer_sampler(with({{"no_repeat_ngram_size", 2}}), n_vocab, {}), nullptr);
    sample::Settings turned;
    std::ranges::reverse(turned.order);
    EXPECT_EQ(make_peer_sampler(turned, n_vocab, {}), nullptr);
}

}  // namespace
}  // namespace fabula::model
