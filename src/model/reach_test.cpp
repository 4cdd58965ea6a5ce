// SPDX-License-Identifier: 0BSD
#include "model/reach.h"

#include "model/scripted.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace fabula::model {
namespace {

constexpr float never = -std::numeric_limits<float>::infinity();

// Logits of these probabilities.
std::vector<float> with_probabilities(const std::vector<double>& probabilities) {
    std::vector<float> logits;
    logits.reserve(probabilities.size());
    for (const double p : probabilities)
        logits.push_back(p > 0 ? static_cast<float>(std::log(p)) : never);
    return logits;
}

sample::Settings plain() {
    sample::Settings settings;
    settings.temperature = 1;
    return settings;
}

// A stream whose first number draws `token` from that row.
Rng stream_that_draws(TokenId token, std::span<const float> logits,
                      const sample::Settings& settings) {
    sample::Sampler sampler(settings);
    for (std::uint64_t seed = 0; seed < 10000; ++seed) {
        const Rng words(seed);
        if (sampler.draw(logits, {.number = words.uniform(0, 0)})->token == token) return words;
    }
    ADD_FAILURE() << "no stream draws token " << token;
    return Rng(0);
}

Reach reach_of(const std::vector<float>& logits, const sample::Settings& settings, TokenId taken,
               std::size_t n_likeliest = 3) {
    sample::Sampler sampler(settings);
    PlaceInRow place;
    place.taken = taken;
    place.n_likeliest = n_likeliest;
    place.words = stream_that_draws(taken, logits, settings);
    return reach_in(logits, sampler, place).value();
}

TEST(Reach, lists_the_likeliest_before_and_after_the_settings) {
    const auto logits = with_probabilities({0.1, 0.5, 0.3, 0.1});
    auto settings = plain();
    settings.top_k = 2;
    const auto reach = reach_of(logits, settings, 2);
    ASSERT_EQ(reach.alternatives.size(), 3U);
    EXPECT_EQ(reach.alternatives[0].id, 1);
    EXPECT_NEAR(reach.alternatives[0].probability_model, 0.5, 1e-6);
    EXPECT_NEAR(reach.alternatives[0].probability, 0.625, 1e-6);
    EXPECT_EQ(reach.alternatives[1].id, 2);
    EXPECT_NEAR(reach.alternatives[1].probability, 0.375, 1e-6);
    EXPECT_EQ(reach.alternatives[2].id, 0) << "the lower id of two that tie";
    EXPECT_EQ(reach.alternatives[2].probability, 0);
    EXPECT_EQ(reach.n_in_reach, 2U);
    EXPECT_NEAR(reach.share_cut, 0.2, 1e-6);
    EXPECT_TRUE(reach.was_drawn_again);
    EXPECT_EQ(reach.taken.rank, 1);
    EXPECT_NEAR(reach.taken.logprob_model, std::log(0.3), 1e-6);
    EXPECT_NEAR(reach.taken.logprob, std::log(0.375), 1e-6);
}

TEST(Reach, lists_the_token_that_was_taken_also_where_it_is_unlikely) {
    const auto logits = with_probabilities({0.4, 0.3, 0.2, 0.06, 0.04});
    const auto reach = reach_of(logits, plain(), 4, 2);
    ASSERT_EQ(reach.alternatives.size(), 3U);
    EXPECT_EQ(reach.alternatives[2].id, 4);
    EXPECT_EQ(reach.alternatives[2].rank, 4);
    EXPECT_NEAR(reach.alternatives[2].probability, 0.04, 1e-6);
    EXPECT_EQ(reach.share_cut, 0);
}

TEST(Reach, puts_what_was_refused_before_out_of_reach_as_it_was) {
    const auto logits = with_probabilities({0.6, 0.3, 0.1});
    sample::Sampler sampler(plain());
    const std::vector<TokenId> refused{0};
    PlaceInRow place;
    place.taken = 1;
    place.bans = refused;
    place.n_likeliest = 3;
    for (std::uint64_t seed = 0;; ++seed) {  // one that draws 0, and 1 once that is refused
        ASSERT_LT(seed, 10000U);
        place.words = Rng(seed);
        const auto first = sampler.draw(logits, {.number = place.words.uniform(0, 0)});
        const auto second =
            sampler.draw(logits, {.banned = refused, .number = place.words.uniform(0, 1)});
        if (first->token == 0 && second->token == 1) break;
    }
    const auto reach = reach_in(logits, sampler, place).value();
    EXPECT_TRUE(reach.was_drawn_again);
    EXPECT_EQ(reach.n_refused, 1U);
    EXPECT_EQ(reach.alternatives[0].probability, 0);
    EXPECT_NEAR(reach.alternatives[1].probability, 0.75, 1e-6);
    EXPECT_NEAR(reach.taken.logprob, std::log(0.75), 1e-6);
    EXPECT_NEAR(reach.share_cut, 0.6, 1e-6);
}

TEST(Reach, says_when_the_token_is_not_drawn_again) {
    const auto logits = with_probabilities({0.6, 0.4, 0});
    sample::Sampler sampler(plain());
    PlaceInRow place;
    place.taken = 2;
    place.n_likeliest = 3;
    const auto reach = reach_in(logits, sampler, place).value();
    EXPECT_FALSE(reach.was_drawn_again);
    EXPECT_EQ(reach.n_refused, 0U);
    EXPECT_EQ(reach.n_in_reach, 2U) << "what was drawn in vain is no ban";
    EXPECT_EQ(reach.taken.logprob, never);
    EXPECT_EQ(reach.taken.rank, 2);
    EXPECT_NEAR(reach.taken.entropy, -0.6 * std::log(0.6) - 0.4 * std::log(0.4), 1e-6);
}

TEST(Reach, refuses_a_row_with_what_is_no_number) {
    auto logits = with_probabilities({0.6, 0.4});
    logits[1] = std::numeric_limits<float>::quiet_NaN();
    sample::Sampler sampler(plain());
    const auto reach = reach_in(logits, sampler, {});
    ASSERT_FALSE(reach);
    EXPECT_EQ(reach.error().code, ErrorCode::corrupt);
}

class ReachOfCandidate : public ::testing::Test {
protected:
    // One candidate, and the request for its place `position`.
    PlaceRequest place(std::size_t position) {
        PlaceRequest made;
        made.prompt_ids = generated.prompt_ids;
        const auto& ids = generated.candidates[0].ids;
        made.tokens.assign(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(position) + 1);
        made.bans = generated.candidates[0].bans;
        made.draws = generated.candidates[0].draws;
        made.logprob = generated.candidates[0].trace[position].logprob;
        made.settings = request.settings;
        made.words = request.words;
        return made;
    }

    void generate() {
        request.settings.temperature = 1;
        request.settings.max_new_tokens = 20;
        Prompt prompt;
        prompt.blocks.push_back({"It was late.", {}});
        auto done = generator->generate(prompt, {&request, 1}, {}, {});
        ASSERT_TRUE(done) << done.error().message;
        generated = *std::move(done);
    }

    std::unique_ptr<Generator> generator = make_local(
        make_scripted(" Ada ran.\n---\n Ben ran.\n---\n Bob dug.\n---\n Cat sat.").value());
    CandidateRequest request{{}, Rng(3)};
    Generated generated;
};

TEST_F(ReachOfCandidate, has_the_numbers_that_it_was_kept_with_bit_for_bit) {
    request.settings.repetition_penalty = 1.2;
    request.settings.typical_p = 0.9;
    request.settings.bad_words = {"Ada", "Cat"};
    for (std::uint64_t stream = 0; stream < 8; ++stream) {
        request.words = Rng(stream);
        generate();
        const auto& candidate = generated.candidates[0];
        ASSERT_GE(candidate.ids.size(), 3U);
        for (std::size_t i = 0; i < candidate.ids.size(); ++i) {
            const auto reach = generator->reach(place(i), {});
            ASSERT_TRUE(reach) << reach.error().message;
            EXPECT_TRUE(reach->was_drawn_again) << stream << " at " << i;
            EXPECT_EQ(reach->taken, candidate.trace[i]) << stream << " at " << i;
        }
    }
}

TEST_F(ReachOfCandidate, knows_the_coin_and_the_surprise_that_each_draw_had) {
    request.settings.mirostat_tau = 1.5;
    request.settings.xtc_probability = 0.5;
    request.settings.xtc_threshold = 0.1;
    request.settings.bad_words = {"Ben ran"};
    for (std::uint64_t stream = 0; stream < 12; ++stream) {
        request.words = Rng(stream);
        generate();
        const auto& candidate = generated.candidates[0];
        for (std::size_t i = 0; i < candidate.ids.size(); ++i) {
            const auto reach = generator->reach(place(i), {});
            ASSERT_TRUE(reach) << reach.error().message;
            EXPECT_TRUE(reach->was_drawn_again) << stream << " at " << i;
            EXPECT_EQ(reach->taken, candidate.trace[i]) << stream << " at " << i;
        }
    }
}

TEST_F(ReachOfCandidate, tells_what_a_search_saw) {
    request.settings.num_beams = 3;
    generate();
    const auto& candidate = generated.candidates[0];
    const auto reach = generator->reach(place(1), {});
    ASSERT_TRUE(reach) << reach.error().message;
    EXPECT_EQ(reach->taken, candidate.trace[1]);
    EXPECT_EQ(reach->n_in_reach, 3U);
}

TEST_F(ReachOfCandidate, spells_what_could_have_stood_there) {
    generate();
    const auto reach = generator->reach(place(1), {});
    ASSERT_TRUE(reach) << reach.error().message;
    ASSERT_GE(reach->alternatives.size(), 3U);
    EXPECT_EQ(reach->alternatives[0].text, "B");
    EXPECT_NEAR(reach->alternatives[0].probability_model, 0.5, 1e-6);
    EXPECT_EQ(reach->alternatives[1].text, "A");
    EXPECT_EQ(reach->alternatives[2].text, "C");
    const std::vector<TokenId> letters{'B', 256};
    EXPECT_EQ(generator->spell(letters).value(), (std::vector<std::string>{"B", ""}));
}

TEST_F(ReachOfCandidate, refuses_tokens_that_the_model_does_not_have) {
    generate();
    auto wrong = place(1);
    wrong.tokens.back() = 257;
    EXPECT_EQ(generator->reach(wrong, {}).error().message,
              "the candidate has token 257, and model 'scripted' only 0 to 256");
    wrong = place(1);
    wrong.tokens[0] = -1;
    EXPECT_EQ(generator->reach(wrong, {}).error().code, ErrorCode::invalid_input);
    EXPECT_EQ(generator->spell(std::vector<TokenId>{999}).error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace fabula::model
