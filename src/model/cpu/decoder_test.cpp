// SPDX-License-Identifier: 0BSD
// What the decoder computes, against float64, and what a step says it has done. That bits do not
// depend on company is in decoder_bits_test.cpp.
#include "model/cpu/decoder.h"

#include "model/cpu/plain_model.h"
#include "model/cpu/plain_rows.h"
#include "model/cpu/tested_kernels.h"
#include "model/cpu/tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace fabula::model::cpu {
namespace {

using Tokens = std::vector<TokenId>;
using Branches = std::vector<std::span<const TokenId>>;

Tokens some_tokens(std::size_t n, std::size_t n_vocab, unsigned seed) {
    std::mt19937 random(seed);
    Tokens tokens(n);
    for (TokenId& token : tokens)
        token = static_cast<TokenId>(random() % n_vocab);
    return tokens;
}

struct Running {
    Running(const MadeShape& made, const DecoderOptions& options, std::size_t n_threads = 1)
        : pool(n_threads), decoder(make_weights(made, 7), options, pool) {}

    Result<StepCost> step(const Branches& branches, const std::stop_token& stop = {}) {
        logits.assign(branches.size() * decoder.shape().n_vocab, -7e30F);
        return decoder.step(branches, {logits, {}}, stop);
    }
    std::span<const float> row(std::size_t i) const {
        const std::size_t n = decoder.shape().n_vocab;
        return std::span(logits).subspan(i * n, n);
    }

    Pool pool;
    Decoder decoder;
    std::vector<float> logits;
};

DecoderOptions options_of(const Kernels& kernels, std::size_t cache_tokens = 4000,
                          std::size_t number_bytes = 4) {
    return {&kernels, 400, cache_tokens, number_bytes};
}

// What float64 makes of some tokens, to be held against.
class Expected {
public:
    explicit Expected(const MadeShape& made, std::size_t n_tokens = 70)
        : made_(made),
          tokens_(some_tokens(n_tokens, made.shape.n_vocab, 3)),
          logits_(PlainModel(made, 7).logits(tokens_)) {}

    /// Relative RMS distance of the logits of all positions.
    double error_of(const DecoderOptions& options) const {
        Running running(made_, options, 2);
        Branches prefixes;
        for (std::size_t n = 1; n <= tokens_.size(); ++n)
            prefixes.push_back(std::span(tokens_).first(n));
        EXPECT_TRUE(running.step(prefixes));
        double distance = 0;
        double size = 0;
        for (std::size_t i = 0; i < tokens_.size(); ++i) {
            for (std::size_t v = 0; v < made_.shape.n_vocab; ++v) {
                const double difference = static_cast<double>(running.row(i)[v]) - logits_[i][v];
                distance += difference * difference;
                size += logits_[i][v] * logits_[i][v];
            }
        }
        return std::sqrt(distance / size);
    }

private:
    MadeShape made_;
    Tokens tokens_;
    std::vector<std::vector<double>> logits_;
};

std::vector<MadeShape> shapes_of_every_kind() {
    std::vector<MadeShape> shapes;
    for (const Family family : {Family::bloom, Family::gpt2, Family::llama})
        shapes.push_back(small_shape(family));
    MadeShape bloom = small_shape(Family::bloom);  // heads that are no power of two
    bloom.shape.n_head = bloom.shape.n_head_kv = 6;
    bloom.shape.head_dim = 20;
    bloom.is_tied = true;
    shapes.push_back(bloom);
    MadeShape llama = small_shape(Family::llama);
    llama.shape.n_head = 6;
    llama.shape.n_head_kv = 2;
    llama.shape.head_dim = 24;
    llama.shape.rope_dims = 16;
    llama.shape.rope_scale = 4;
    llama.has_rope_factors = true;
    llama.has_biases = false;
    llama.is_tied = true;
    shapes.push_back(llama);
    MadeShape odd = small_shape(Family::gpt2);  // nothing a multiple of anything
    odd.shape.n_embd = 45;
    odd.shape.n_head = odd.shape.n_head_kv = 3;
    odd.shape.head_dim = 15;
    odd.shape.n_ff = 173;
    odd.shape.n_vocab = 33;
    shapes.push_back(odd);
    return shapes;
}

TEST(Decoder, logits_are_those_of_float64_for_every_family) {
    for (const MadeShape& made : shapes_of_every_kind()) {
        const Expected expected(made);
        for (const Kernels* const kernels : tested_kernels())
            EXPECT_LT(expected.error_of(options_of(*kernels)), 1e-6)
                << kernels->name << " family " << static_cast<int>(made.shape.family);
    }
}

TEST(Decoder, logits_are_close_with_a_cache_of_halves) {
    for (const Family family : {Family::bloom, Family::llama}) {
        const Expected expected(small_shape(family));
        for (const Kernels* const kernels : tested_kernels())
            EXPECT_LT(expected.error_of(options_of(*kernels, 4000, 2)), 4e-4) << kernels->name;
    }
}

TEST(Decoder, logits_are_close_for_every_format) {
    for (const Format format : all_formats) {
        MadeShape made = small_shape(Family::llama);
        made.shape.n_layer = 1;
        made.shape.n_embd = made.shape.n_ff = 256;
        made.shape.n_head = 8;
        made.shape.n_head_kv = 2;
        made.shape.head_dim = made.shape.rope_dims = 32;
        made.formats = {format};
        const Expected expected(made, 40);
        // Activations of integer formats are kept in 8 bits.
        const double bound = is_integer(format) ? 0.025 : 1e-6;
        for (const Kernels* const kernels : tested_kernels())
            EXPECT_LT(expected.error_of(options_of(*kernels)), bound)
                << kernels->name << " " << plain_type_of(format).name;
    }
}

TEST(Decoder, logits_are_close_for_formats_that_are_mixed) {
    for (const Family family : {Family::bloom, Family::llama}) {
        MadeShape made = small_shape(family);
        made.formats = {Format::q8_0, Format::f16, Format::q5_1, Format::bf16,
                        Format::q4_0, Format::f32, Format::q5_0};
        EXPECT_LT(Expected(made).error_of(options_of(best_kernels())), 0.02);
    }
}

TEST(Decoder, a_step_says_what_it_computed_and_what_it_had) {
    Running running(small_shape(Family::llama), options_of(best_kernels()));
    const Tokens trunk = some_tokens(50, 70, 1);
    Tokens left = trunk;
    Tokens right = trunk;
    left.insert(left.end(), {1, 2, 3});
    right.insert(right.end(), {1, 2, 4, 5});
    const auto expect = [&](const Branches& branches, std::size_t computed, std::size_t cached) {
        const auto cost = running.step(branches);
        ASSERT_TRUE(cost);
        EXPECT_EQ(cost->computed_tokens, computed);
        EXPECT_EQ(cost->cached_tokens, cached);
    };
    expect({trunk}, 50, 0);
    expect({trunk}, 1, 49);  // its last position again, for its logits
    expect({left, right}, 3 + 2, 50 + 52);
    expect({left, right, trunk}, 3, 52 + 53 + 49);
    expect({left, left}, 1, 52 + 53);
    const Tokens other = some_tokens(40, 70, 2);
    expect({other, std::span(other).first(10), other}, 40, 10 + 40);
    expect({std::span(other).first(10), other}, 2, 9 + 39);
}

TEST(Decoder, a_branch_that_comes_twice_gets_its_logits_twice) {
    Running running(small_shape(Family::bloom), options_of(best_kernels()));
    const Tokens tokens = some_tokens(45, 70, 4);
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(running.step({tokens, std::span(tokens).first(33), tokens, tokens}));
        EXPECT_TRUE(same_bits(running.row(0), running.row(2)));
        EXPECT_TRUE(same_bits(running.row(0), running.row(3)));
        EXPECT_FALSE(same_bits(running.row(0), running.row(1)));
    }
}

TEST(Decoder, a_place_that_is_held_costs_no_token_and_gives_the_same_bits) {
    for (const std::size_t n_states : {0U, 1U}) {
        const MadeShape made = small_shape(Family::llama);
        Running running(made, options_of(best_kernels()));
        const Tokens story = some_tokens(60, made.shape.n_vocab, 3);
        const auto end = std::span(story).first(40);
        ASSERT_TRUE(running.step({end}));
        const std::vector<float> expected(running.row(0).begin(), running.row(0).end());
        running.decoder.hold_ends();
        ASSERT_TRUE(running.step({std::span(story)}));
        // Twice, beside a branch that goes on, and with the states where they are wanted.
        const Branches branches{end, std::span(story).first(50), end};
        std::vector<float> states(n_states * branches.size() * made.shape.n_embd);
        std::vector<float> logits(branches.size() * made.shape.n_vocab);
        const auto cost = running.decoder.step(branches, {logits, states}, {});
        ASSERT_TRUE(cost);
        EXPECT_EQ(cost->computed_tokens, 1U);  // the end of the branch of 50, which nobody held
        EXPECT_TRUE(same_bits(std::span(logits).first(expected.size()), expected));
        EXPECT_TRUE(same_bits(std::span(logits).last(expected.size()), expected));
        if (n_states > 0) {
            EXPECT_TRUE(same_bits(std::span(states).first(made.shape.n_embd),
                                  std::span(states).last(made.shape.n_embd)));
        }
        const auto alone = running.step({end});
        ASSERT_TRUE(alone);
        EXPECT_EQ(alone->computed_tokens, 0U);
        EXPECT_TRUE(same_bits(running.row(0), expected));
    }
}

TEST(Decoder, a_place_is_held_no_longer_than_its_page) {
    const MadeShape made = small_shape(Family::bloom);
    Running running(made, options_of(best_kernels(), 48));
    const Tokens story = some_tokens(40, made.shape.n_vocab, 3);
    const Tokens other = some_tokens(40, made.shape.n_vocab, 4);
    ASSERT_TRUE(running.step({std::span(story)}));
    const std::vector<float> expected(running.row(0).begin(), running.row(0).end());
    running.decoder.hold_ends();
    ASSERT_TRUE(running.step({std::span(other)}));  // takes the pages
    const auto again = running.step({std::span(story)});
    ASSERT_TRUE(again);
    EXPECT_EQ(again->computed_tokens, 40U);
    EXPECT_TRUE(same_bits(running.row(0), expected));
}

TEST(Decoder, no_branches_are_no_work) {
    Running running(small_shape(Family::gpt2), options_of(best_kernels()));
    const auto cost = running.step({});
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->computed_tokens + cost->cached_tokens, 0U);
}

TEST(Decoder, a_branch_may_fill_the_window) {
    for (const Family family : {Family::gpt2, Family::llama}) {
        const MadeShape made = small_shape(family);
        Running running(made, options_of(best_kernels(), 416));
        const Tokens tokens = some_tokens(400, 70, 5);
        ASSERT_TRUE(running.step({tokens}));
        const auto expected = PlainModel(made, 7).logits(tokens).back();
        for (std::size_t v = 0; v < expected.size(); ++v)
            EXPECT_NEAR(static_cast<double>(running.row(0)[v]), expected[v], 2e-5);
    }
}

TEST(Decoder, branches_that_do_not_fit_the_cache_are_refused_and_the_next_step_runs) {
    const MadeShape made = small_shape(Family::llama);
    const Tokens trunk = some_tokens(60, 70, 6);
    Tokens fork(trunk.begin(), trunk.begin() + 50);
    fork.push_back(69);
    const Tokens large = some_tokens(200, 70, 7);
    Running ample(made, options_of(best_kernels()));
    ASSERT_TRUE(ample.step({trunk, fork}));
    Running tight(made, options_of(best_kernels(), 128));
    // The fork has the trunk computed before the third branch is found not to fit.
    const auto refused = tight.step({trunk, fork, large});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
    const auto cost = tight.step({trunk, fork});
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->computed_tokens, 2U);
    EXPECT_TRUE(same_bits(tight.row(0), ample.row(0)));
    EXPECT_TRUE(same_bits(tight.row(1), ample.row(1)));
}

TEST(Decoder, a_stop_before_the_step_leaves_the_cache_whole) {
    const MadeShape made = small_shape(Family::bloom);
    const Tokens tokens = some_tokens(100, 70, 8);
    Running never_stopped(made, options_of(best_kernels()));
    ASSERT_TRUE(never_stopped.step({tokens}));
    Running running(made, options_of(best_kernels()));
    ASSERT_TRUE(running.step({std::span(tokens).first(40)}));
    std::stop_source source;
    source.request_stop();
    const auto stopped = running.step({tokens, std::span(tokens).first(60)}, source.get_token());
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::unavailable);
    const auto cost = running.step({tokens});
    ASSERT_TRUE(cost);
    EXPECT_EQ(cost->computed_tokens, 60U);
    EXPECT_TRUE(same_bits(running.row(0), never_stopped.row(0)));
}

TEST(Decoder, a_stop_at_any_time_leaves_the_cache_whole) {
    const MadeShape made = small_shape(Family::llama);
    const Tokens tokens = some_tokens(400, 70, 9);
    Running never_stopped(made, options_of(best_kernels()));
    ASSERT_TRUE(never_stopped.step({tokens}));
    for (int round = 0; round < 12; ++round) {
        Running running(made, options_of(best_kernels()), 2);
        std::stop_source source;
        std::jthread stopper([&] {
            std::this_thread::sleep_for(std::chrono::microseconds(400 * round));
            source.request_stop();
        });
        const auto cost = running.step({tokens}, source.get_token());
        stopper.join();
        if (!cost) {
            EXPECT_EQ(cost.error().code, ErrorCode::unavailable);
            ASSERT_TRUE(running.step({tokens}));
        }
        EXPECT_TRUE(same_bits(running.row(0), never_stopped.row(0))) << round;
    }
}

// The product of a row of the head with a state.
double logit_of(const Weights& weights, std::span<const float> state, std::size_t word) {
    const Matrix& head = weights.output;
    std::vector<float> row(head.n_in);
    unpack_row(head.format, head.tiles + word / tile_rows * head.tile_bytes, word % tile_rows,
               head.n_in, row.data());
    double sum = 0;
    for (std::size_t d = 0; d < row.size(); ++d)
        sum += static_cast<double>(row[d]) * static_cast<double>(state[d]);
    return sum;
}

TEST(Decoder, gives_the_states_from_which_the_logits_come) {
    for (const MadeShape& made : shapes_of_every_kind()) {
        const auto tokens = some_tokens(40, made.shape.n_vocab, 5);
        Branches prefixes;
        for (std::size_t n = 1; n <= tokens.size(); ++n)
            prefixes.push_back(std::span(tokens).first(n));
        const std::size_t n_embd = made.shape.n_embd;
        const std::size_t n_vocab = made.shape.n_vocab;
        std::vector<float> states(prefixes.size() * n_embd);
        std::vector<float> logits(prefixes.size() * n_vocab);
        Running running(made, options_of(*tested_kernels().front()), 2);
        ASSERT_TRUE(running.decoder.step(prefixes, {logits, states}, {}));
        ASSERT_TRUE(running.step(prefixes));
        EXPECT_EQ(logits, running.logits);
        const Weights weights = make_weights(made, 7);
        for (std::size_t i = 0; i < prefixes.size(); i += 7) {
            const auto state = std::span<const float>(states).subspan(i * n_embd, n_embd);
            for (std::size_t word = 0; word < n_vocab; word += 5)
                EXPECT_NEAR(logit_of(weights, state, word), logits[i * n_vocab + word], 1e-4);
        }
        // The same bits where nothing else is wanted, one at a time, behind what is cached.
        std::vector<float> again(states.size());
        ASSERT_TRUE(running.decoder.step(prefixes, {{}, again}, {}));
        EXPECT_EQ(again, states);
        Running fresh(made, options_of(*tested_kernels().front()), 1);
        for (std::size_t i = 0; i < prefixes.size(); ++i) {
            const auto one = std::span(again).subspan(i * n_embd, n_embd);
            ASSERT_TRUE(fresh.decoder.step({&prefixes[i], 1}, {{}, one}, {}));
        }
        EXPECT_EQ(again, states);
    }
}

}  // namespace
}  // namespace fabula::model::cpu
