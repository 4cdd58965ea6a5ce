// SPDX-License-Identifier: 0BSD
// The fast path against the definitions in reference.h, over seeded rows, and what a caller is
// promised.
#include "sample/sampler.h"

#include "sample/reference.h"
#include "sample/row_kernels.h"
#include "sample/test_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace fabula::sample {
namespace {

using Ids = std::vector<TokenId>;

// The stage alone, at a random place in its range; temperature is 1 so that no other stage acts.
Settings single_stage(Stage stage, const Rng& rng) {
    const double u = rng.uniform(0);
    Settings settings;
    settings.temperature = 1;
    if (stage == Stage::penalties) {
        settings.repetition_penalty = 0.5 + 1.5 * u;
        settings.frequency_penalty = 4 * rng.uniform(1) - 2;
        settings.presence_penalty = 4 * rng.uniform(2) - 2;
        settings.penalty_window = static_cast<int>(rng.uniform(3) * 60) - 1;
        for (TokenId token = 0; token < 4; ++token)
            settings.logit_bias[token * 5] =
                200 * rng.uniform(4, static_cast<std::uint32_t>(token)) - 100;
    }
    if (stage == Stage::temperature) settings.temperature = 0.05 + 3 * u;
    if (stage == Stage::top_k) settings.top_k = 1 + static_cast<int>(std::exp(7 * u));
    if (stage == Stage::top_p) settings.top_p = 0.02 + 0.97 * u;
    if (stage == Stage::min_p) settings.min_p = std::pow(u, 3);
    if (stage == Stage::typical_p) settings.typical_p = 0.02 + 0.97 * u;
    if (stage == Stage::dry) {
        settings.dry_multiplier = 2 * u;
        settings.dry_base = 1 + 2 * rng.uniform(1);
        settings.dry_allowed_length = 1 + static_cast<int>(rng.uniform(2) * 4);
        settings.dry_window = static_cast<int>(rng.uniform(3) * 90) - 1;
    }
    if (stage == Stage::epsilon_cutoff) settings.epsilon_cutoff = std::pow(u, 6);
    if (stage == Stage::eta_cutoff) settings.eta_cutoff = std::pow(u, 6);
    if (stage == Stage::top_n_sigma) settings.top_n_sigma = 3 * u;
    if (stage == Stage::xtc) {
        settings.xtc_probability = 0.8;
        settings.xtc_threshold = u < 0.1 ? 0 : std::pow(u, 4);
    }
    return settings;
}

// What is no stage.
void mix_in_others(Settings& settings, const Rng& rng) {
    if (rng.uniform(0) < 0.3) {
        settings.dynatemp_range = 2 * rng.uniform(1);
        settings.dynatemp_exponent = 0.2 + 2 * rng.uniform(2);
    }
    if (rng.uniform(3) < 0.3) settings.mirostat_tau = 0.1 + 8 * rng.uniform(4);
    if (rng.uniform(5) < 0.3)
        settings.no_repeat_ngram_size = 1 + static_cast<int>(rng.uniform(6) * 4);
    if (rng.uniform(7) < 0.1) settings.temperature = 0;
}

void mix_in(Settings& settings, Stage stage, const Rng& rng) {
    const Settings one = single_stage(stage, rng);
    if (stage == Stage::penalties) {
        settings.repetition_penalty = one.repetition_penalty;
        settings.frequency_penalty = one.frequency_penalty;
        settings.presence_penalty = one.presence_penalty;
        settings.penalty_window = one.penalty_window;
        settings.logit_bias = one.logit_bias;
    }
    if (stage == Stage::temperature) settings.temperature = one.temperature;
    if (stage == Stage::top_k) settings.top_k = one.top_k;
    if (stage == Stage::top_p) settings.top_p = one.top_p;
    if (stage == Stage::min_p) settings.min_p = one.min_p;
    if (stage == Stage::typical_p) settings.typical_p = one.typical_p;
    if (stage == Stage::dry) {
        settings.dry_multiplier = one.dry_multiplier;
        settings.dry_base = one.dry_base;
        settings.dry_allowed_length = one.dry_allowed_length;
        settings.dry_window = one.dry_window;
    }
    if (stage == Stage::epsilon_cutoff) settings.epsilon_cutoff = one.epsilon_cutoff;
    if (stage == Stage::eta_cutoff) settings.eta_cutoff = one.eta_cutoff;
    if (stage == Stage::top_n_sigma) settings.top_n_sigma = one.top_n_sigma;
    if (stage == Stage::xtc) {
        settings.xtc_probability = one.xtc_probability;
        settings.xtc_threshold = one.xtc_threshold;
    }
}

// Any stages, in any order.
Settings random_chain(const Rng& rng) {
    Settings settings;
    settings.temperature = 1;
    for (std::size_t i = settings.order.size(); i > 1; --i) {
        const auto other = static_cast<std::size_t>(rng.uniform(i) * static_cast<double>(i));
        std::swap(settings.order[i - 1], settings.order[other]);
    }
    for (std::size_t i = 0; i < settings.order.size(); ++i) {
        const Stage stage = settings.order[i];
        if (rng.uniform(50 + i) < 0.5) mix_in(settings, stage, rng.child(i));
    }
    mix_in_others(settings, rng.child(100));
    return settings;
}

struct Case {
    std::vector<float> row;
    Ids history;
    Ids banned;
    Spelling spelling;
    double coin = 0;
    std::optional<double> mirostat_mu;

    Step step(double number = 0) const {
        return {.history = history,
                .banned = banned,
                .number = number,
                .coin = coin,
                .mirostat_mu = mirostat_mu};
    }
};

Case random_case(Shape shape, std::size_t n_vocab, const Rng& rng) {
    Case made;
    made.row = row_of(shape, n_vocab, rng.child(0));
    const auto token = [&](std::uint64_t at) {
        return static_cast<TokenId>(rng.uniform(at, 7) * static_cast<double>(n_vocab));
    };
    for (std::uint64_t i = 0; i < 60; ++i)
        made.history.push_back(token(i));
    // The end has been there before, with other tokens behind it.
    const std::size_t n_again = 1 + static_cast<std::size_t>(rng.uniform(105) * 30);
    for (std::size_t i = 0; i < n_again; ++i)
        made.history.push_back(made.history[10 + i]);
    if (n_vocab > 4) {
        made.banned = {token(100), token(101), -1, 1 << 30};
        made.spelling.dry_breakers = {made.history[made.history.size() - 5]};
    }
    made.coin = rng.uniform(106);
    if (rng.uniform(107) < 0.7) made.mirostat_mu = 12 * rng.uniform(108) - 1;
    return made;
}

std::vector<std::size_t> sizes() {
    return {1, 2, 3, 7, 64, 65, 100, 333, 1000, 2000};
}

void expect_same_kept(const Case& made, const Settings& settings, const std::string& where) {
    const Step step = made.step();
    const auto truth = reference::kept(made.row, settings, made.spelling, step);
    const auto share = reference::probabilities(truth);
    Sampler sampler(settings, made.spelling);
    const auto kept = sampler.keep(made.row, step);
    if (truth.empty()) {
        ASSERT_FALSE(kept.has_value()) << where;
        ASSERT_EQ(kept.error().code, ErrorCode::exhausted) << where;
        return;
    }
    ASSERT_TRUE(kept.has_value()) << where;
    ASSERT_EQ(kept->size(), truth.size()) << where;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        ASSERT_EQ((*kept)[i].token, truth[i].token) << where;
        ASSERT_NEAR((*kept)[i].probability, share[i], 1e-12 + 1e-9 * share[i]) << where;
    }
}

// The promise is looser (1e-6 of the cut); these rows, seeds and both sums are fixed, and agree
// exactly.
void hold_against_reference(const std::vector<Stage>& alone, std::uint64_t seed,
                            const std::vector<std::size_t>& vocabularies, int rounds) {
    for (int round = 0; round < rounds; ++round) {
        for (const std::size_t n_vocab : vocabularies) {
            for (const Shape shape : shapes) {
                const Rng rng = Rng(seed)
                                    .child(static_cast<std::uint64_t>(round))
                                    .child(n_vocab)
                                    .child(static_cast<std::uint64_t>(shape));
                const Case made = random_case(shape, n_vocab, rng);
                const std::string where = "round " + std::to_string(round) + ", vocabulary " +
                                          std::to_string(n_vocab) + ", shape " +
                                          std::to_string(static_cast<int>(shape));
                for (const Stage stage : alone)
                    expect_same_kept(made, single_stage(stage, rng.child(1)),
                                     where + name_of(stage));
                expect_same_kept(made, random_chain(rng.child(2)), where + ", chain");
            }
        }
    }
}

TEST(Sampler, keeps_what_the_reference_keeps_for_every_stage_and_chain) {
    hold_against_reference(Settings{}.order, 31, sizes(), 12);
}

TEST(Sampler, keeps_what_the_reference_keeps_at_32000_tokens) {
    hold_against_reference(Settings{}.order, 32, {32000}, 2);
}

TEST(Sampler, keeps_what_the_reference_keeps_for_many_random_chains) {
    hold_against_reference({}, 33, {5, 50, 500, 1500}, 80);
}

TEST(Sampler, keeps_what_the_reference_keeps_of_bloom_s_vocabulary) {
    for (std::uint64_t i = 0; i < 2 * std::size(shapes); ++i) {
        const Rng rng = Rng(34).child(i);
        const Case made = random_case(shapes[i % std::size(shapes)], 250880, rng);
        expect_same_kept(made, random_chain(rng.child(2)), "case " + std::to_string(i));
    }
}

TEST(Sampler, keeps_what_the_reference_keeps_of_a_peak_before_a_tail_that_counts) {
    for (std::uint64_t i = 0; i < 60; ++i) {
        const Rng rng = Rng(36).child(i);
        Case made = random_case(Shape::normal, 20000, rng);
        // A word at the top, 200 near it, and all others, a fourth of the mass, far below.
        const double temperature = 0.7 + 0.6 * rng.uniform(1);
        for (std::size_t token = 0; token < made.row.size(); ++token) {
            const double distance = token % 100 == 7 ? 7 + normal_number(rng, 100 + token)
                                                     : 12.1 + 0.5 * rng.uniform(token, 1);
            made.row[token] = static_cast<float>(3 - distance * temperature);
        }
        Settings settings;
        settings.temperature = temperature;
        settings.top_p = 0.4 + 0.4 * rng.uniform(2);
        if (i % 3 == 0) settings.repetition_penalty = 1.3;
        made.row[500] = 3;
        expect_same_kept(made, settings, "case " + std::to_string(i));
    }
}

TEST(Sampler, keeps_what_the_reference_keeps_where_probabilities_are_tiny) {
    for (std::uint64_t i = 0; i < 6 * std::size(shapes); ++i) {
        const Rng rng = Rng(35).child(i);
        const Case made = random_case(shapes[i % std::size(shapes)], 5000, rng);
        Settings settings = random_chain(rng.child(2));
        settings.temperature = i % 2 == 0 ? 0.01 : 9;
        settings.min_p = i % 3 == 0 ? 1e-300 : 0;
        settings.top_p = i % 5 == 0 ? 1e-9 : 1 - 1e-9;
        settings.typical_p = i % 7 == 0 ? 1e-9 : 1 - 1e-7;
        expect_same_kept(made, settings, "case " + std::to_string(i));
    }
}

TEST(Sampler, draws_the_same_bits_with_every_kernel) {
    const RowKernels& usual = row_kernels();
    for (std::uint64_t i = 0; i < 120; ++i) {
        const Rng rng = Rng(42).child(i);
        const Shape shape = shapes[i % std::size(shapes)];
        const Case made = random_case(shape, i % 10 == 0 ? 33000 : 2 + i * 40, rng);
        const Step step = made.step(rng.uniform(9));
        Sampler sampler(random_chain(rng.child(2)), made.spelling);
        use_row_kernels(portable_row_kernels());
        const auto plain = sampler.draw(made.row, step);
        for (const char* const name : {"avx2", "avx512"}) {
            const RowKernels* const kernels = row_kernels_named(name);
            if (!kernels) continue;
            use_row_kernels(*kernels);
            const auto drawn = sampler.draw(made.row, step);
            ASSERT_EQ(drawn.has_value(), plain.has_value());
            if (!drawn) continue;
            ASSERT_EQ(drawn->token, plain->token) << i << name;
            ASSERT_EQ(drawn->logprob, plain->logprob) << i << name;
            ASSERT_EQ(drawn->logprob_model, plain->logprob_model) << i << name;
            ASSERT_EQ(drawn->entropy, plain->entropy) << i << name;
            ASSERT_EQ(drawn->mirostat_mu, plain->mirostat_mu) << i << name;
        }
        use_row_kernels(usual);
    }
}

TEST(Sampler, draws_what_the_reference_draws) {
    int differing = 0;
    for (std::uint64_t i = 0; i < 400; ++i) {
        const Rng rng = Rng(41).child(i);
        const Case made = random_case(shapes[i % std::size(shapes)], 1 + i * 3, rng);
        const Settings settings = random_chain(rng.child(2));
        const Step step = made.step(rng.uniform(9));
        const auto truth = reference::kept(made.row, settings, made.spelling, step);
        Sampler sampler(settings, made.spelling);
        const auto drawn = sampler.draw(made.row, step);
        ASSERT_EQ(drawn.has_value(), !truth.empty());
        if (!drawn) continue;
        const auto token = truth[reference::drawn(truth, step.number)].token;
        differing += drawn->token == token ? 0 : 1;
    }
    EXPECT_EQ(differing, 0);  // a number within 1e-12 of a border could differ; these are not
}

TEST(Sampler, traces_each_token_as_float64_would) {
    for (std::uint64_t i = 0; i < 300; ++i) {
        const Rng rng = Rng(51).child(i);
        const Shape shape = shapes[i % std::size(shapes)];
        const Case made = random_case(shape, i % 10 == 0 ? 32000 : 2 + i * 5, rng);
        const Settings settings = random_chain(rng.child(2));
        const Step step = made.step(rng.uniform(9));
        Sampler sampler(settings, made.spelling);
        const auto drawn = sampler.draw(made.row, step);
        if (!drawn) continue;

        const auto model = reference::in_play(made.row, Settings{}, {});
        const auto share = reference::probabilities(model);
        const auto at = std::find_if(model.begin(), model.end(), [&](const auto& entry) {
            return entry.token == drawn->token;
        });
        ASSERT_NE(at, model.end());
        const double p = share[static_cast<std::size_t>(at - model.begin())];
        if (p > 1e-300) {
            ASSERT_NEAR(drawn->logprob_model, std::log(p), 1e-6 + 1e-6 * std::abs(std::log(p)))
                << i;
        }
        const double entropy = reference::entropy(model);
        ASSERT_NEAR(drawn->entropy, entropy, 1e-6 + 1e-6 * entropy) << i;
        ASSERT_EQ(drawn->rank, reference::rank(made.row, drawn->token)) << i;

        const auto kept = reference::kept(made.row, settings, made.spelling, step);
        const auto kept_share = reference::probabilities(kept);
        const double own = kept_share[reference::drawn(kept, step.number)];
        ASSERT_NEAR(drawn->logprob, std::log(own), 1e-6 + 1e-6 * std::abs(std::log(own))) << i;
    }
}

TEST(Sampler, at_temperature_0_takes_the_likeliest_after_penalties_and_the_lower_id_of_equals) {
    Settings settings;
    settings.temperature = 0;
    settings.top_k = 1;
    settings.order = completed_order({Stage::top_k, Stage::temperature});
    const std::vector<float> row{1, 4, 3, 4};
    EXPECT_EQ(Sampler(settings).draw(row, {.number = 0.999})->token, 1);
    settings.presence_penalty = 2;
    const Ids history{1, 3};
    const auto drawn = Sampler(settings).draw(row, {.history = history}).value();
    EXPECT_EQ(drawn.token, 2);
    EXPECT_EQ(drawn.rank, 2);
    EXPECT_EQ(drawn.logprob, 0);
    EXPECT_LT(drawn.logprob_model, 0);
}

TEST(Sampler, never_keeps_a_banned_token_whatever_the_order) {
    Settings settings;
    settings.top_k = 1;
    settings.order = completed_order({Stage::top_k, Stage::temperature});
    settings.logit_bias[2] = -100;
    const std::vector<float> row{1, 5, 9, 3};
    const auto kept = Sampler(settings).keep(row, {.banned = Ids{1}}).value();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].token, 3);
}

TEST(Sampler, steers_the_surprise_as_the_reference_says) {
    for (std::uint64_t i = 0; i < 200; ++i) {
        const Rng rng = Rng(45).child(i);
        const Case made = random_case(shapes[i % std::size(shapes)], 3 + i * 9, rng);
        Settings settings = random_chain(rng.child(2));
        settings.mirostat_tau = 4;
        settings.mirostat_eta = 0.3;
        const Step step = made.step(rng.uniform(9));
        const auto before = reference::staged(made.row, settings, made.spelling, step);
        const auto drawn = Sampler(settings, made.spelling).draw(made.row, step);
        ASSERT_EQ(drawn.has_value(), !before.empty());
        if (!drawn) continue;
        if (settings.temperature < lowest_temperature) {
            ASSERT_EQ(drawn->mirostat_mu, 0);
            continue;
        }
        const auto share = reference::probabilities(before);
        std::size_t at = 0;
        while (before[at].token != drawn->token)
            ++at;
        if (share[at] < 1e-300) continue;
        const double truth = made.mirostat_mu.value_or(8) - 0.3 * (-std::log2(share[at]) - 4);
        ASSERT_NEAR(drawn->mirostat_mu, truth, 1e-6) << i;
    }
}

TEST(Sampler, has_a_text_with_the_surprise_that_mirostat_is_set_to) {
    Settings settings;
    settings.temperature = 1;
    settings.mirostat_tau = 6;
    Sampler sampler(settings);
    const Rng rng(46);
    const auto row = row_of(Shape::normal, 5000, Rng(47));
    std::optional<double> mu;
    double bits = 0;
    const int n = 4000;
    for (int i = 0; i < n; ++i) {
        const auto drawn = sampler
                               .draw(row, {.number = rng.uniform(static_cast<std::uint64_t>(i)),
                                           .mirostat_mu = mu})
                               .value();
        mu = drawn.mirostat_mu;
        bits -= static_cast<double>(drawn.logprob_model) / std::numbers::ln2;
    }
    EXPECT_NEAR(bits / n, 6, 0.05);
}

TEST(Sampler, leaves_out_the_expected_as_often_as_the_coin_falls) {
    Settings settings;
    settings.temperature = 1;
    settings.xtc_probability = 0.3;
    settings.xtc_threshold = 0.1;
    const std::vector<float> row{std::log(0.5F), std::log(0.3F), std::log(0.15F), std::log(0.05F)};
    EXPECT_EQ(Sampler(settings).draw(row, {.number = 0, .coin = 0.29})->token, 2);
    EXPECT_EQ(Sampler(settings).draw(row, {.number = 0, .coin = 0.3})->token, 0);
}

TEST(Sampler, names_the_likeliest_after_penalties_and_dry_and_traces_each) {
    for (std::uint64_t i = 0; i < 150; ++i) {
        const Rng rng = Rng(48).child(i);
        const Case made = random_case(shapes[i % std::size(shapes)], 3 + i * 29, rng);
        const Settings settings = random_chain(rng.child(2));
        const auto step = made.step();
        auto list = reference::in_play(made.row, settings, step);
        list = reference::penalised(std::move(list), settings, step.history);
        list = reference::dry(std::move(list), settings, made.spelling.dry_breakers, step.history);
        Sampler sampler(settings, made.spelling);
        const auto n = static_cast<int>(1 + i % 20);
        const auto found = sampler.likeliest(made.row, step, static_cast<std::size_t>(n));
        ASSERT_EQ(found.has_value(), !list.empty());
        if (!found) continue;
        const auto best = reference::top_k(list, n);
        const double top =
            std::max_element(list.begin(), list.end(), [](const auto& a, const auto& b) {
                return a.logit < b.logit;
            })->logit;
        double sum = 0;
        for (const auto& entry : list)
            sum += std::exp(entry.logit - top);
        ASSERT_EQ(found->size(), best.size()) << i;
        for (std::size_t k = 0; k < best.size(); ++k) {
            ASSERT_EQ((*found)[k].token, best[k].token) << i;
            const double truth = best[k].logit - top - std::log(sum);
            ASSERT_NEAR((*found)[k].logprob, truth, 1e-9 * (1 + std::abs(truth))) << i;
            const auto traced = sampler.trace(made.row, step, best[k].token).value();
            ASSERT_NEAR(traced.logprob, truth, 1e-6 * (1 + std::abs(truth))) << i;
            ASSERT_EQ(traced.rank, reference::rank(made.row, best[k].token));
        }
    }
}

TEST(Sampler, says_exhausted_when_every_token_is_banned) {
    const float none = -std::numeric_limits<float>::infinity();
    Sampler sampler{Settings{}};
    const std::vector<float> row{1, 2};
    EXPECT_EQ(sampler.draw(row, {.banned = Ids{0, 1}}).error().code, ErrorCode::exhausted);
    EXPECT_EQ(sampler.draw(std::vector<float>{none, none}, {}).error().code, ErrorCode::exhausted);
    EXPECT_EQ(sampler.draw({}, {}).error().code, ErrorCode::exhausted);
    EXPECT_EQ(sampler.draw(row, {.banned = Ids{1}})->token, 0);
}

TEST(Sampler, says_corrupt_for_a_logit_that_is_no_number_or_infinite) {
    for (const float broken :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        for (const std::size_t at : {0U, 5U, 16U}) {
            std::vector<float> row(17, 0.5F);
            row[at] = broken;
            const auto drawn = Sampler(Settings{}).draw(row, {});
            ASSERT_FALSE(drawn.has_value());
            EXPECT_EQ(drawn.error().code, ErrorCode::corrupt);
            EXPECT_NE(drawn.error().message.find("token " + std::to_string(at) + " "),
                      std::string::npos);
        }
    }
}

TEST(Sampler, is_a_function_of_row_step_and_settings_whatever_it_drew_before) {
    const auto row = row_of(Shape::normal, 3000, Rng(71));
    const auto other = row_of(Shape::tied, 500, Rng(72));
    Settings settings;
    settings.typical_p = 0.8;
    settings.repetition_penalty = 1.2;
    const Ids history{5, 7, 7, 2999};
    Sampler used(settings);
    for (int i = 0; i < 20; ++i) {
        const Step step{.history = history, .number = i / 20.0};
        Sampler fresh(settings);
        ASSERT_TRUE(used.draw(other, {.history = history, .number = 0.5}).has_value());
        const auto first = used.draw(row, step).value();
        const auto second = fresh.draw(row, step).value();
        EXPECT_EQ(first.token, second.token);
        EXPECT_EQ(first.logprob, second.logprob);
        EXPECT_EQ(first.logprob_model, second.logprob_model);
    }
}

TEST(Sampler, keeps_one_token_at_least_when_every_stage_is_at_its_tightest) {
    Settings settings;
    settings.top_k = 1;
    settings.top_p = 1e-12;
    settings.min_p = 1;
    settings.typical_p = 1e-12;
    settings.temperature = lowest_temperature;
    for (const Shape shape : shapes)
        EXPECT_EQ(Sampler(settings).keep(row_of(shape, 700, Rng(81)), {})->size(), 1U);
}

TEST(Sampler, keeps_one_token_of_a_long_row_when_next_to_no_mass_is_asked_for) {
    for (const double p : {1e-20, 1e-11, 1e-10, 1e-9}) {
        for (const bool is_typical : {false, true}) {
            Settings settings;
            settings.temperature = 1;
            (is_typical ? settings.typical_p : settings.top_p) = p;
            for (const Shape shape : shapes) {
                Case made;
                made.row = row_of(shape, 5000, Rng(82));
                expect_same_kept(made, settings,
                                 "shape " + std::to_string(static_cast<int>(shape)));
            }
        }
    }
}

// Biases lift a few words above all others, a cut keeps those alone, and then they are pressed down
// again: nothing that is left comes near the largest float of the row.
TEST(Sampler, keeps_what_the_reference_keeps_when_only_changed_words_are_left) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const Rng rng = Rng(83).child(seed);
        Settings settings;
        settings.temperature = 1;
        settings.typical_p = 0.02 + 0.3 * rng.uniform(0);
        settings.dry_multiplier = 20 * rng.uniform(1);
        settings.dry_base = 10;
        settings.dry_allowed_length = 1;
        settings.order = {
            Stage::penalties,   Stage::typical_p,   Stage::dry,   Stage::top_p,
            Stage::temperature, Stage::top_k,       Stage::min_p, Stage::epsilon_cutoff,
            Stage::eta_cutoff,  Stage::top_n_sigma, Stage::xtc};
        settings.top_p = 0.5;
        Case made;
        made.row = row_of(shapes[seed % std::size(shapes)], 3000, rng.child(1));
        for (TokenId token = 0; token < 7; ++token) {
            settings.logit_bias[token * 11] = 20 + 80 * rng.uniform(2);
            made.history.insert(made.history.end(), {1, 2, 3, token * 11});
        }
        made.history.insert(made.history.end(), {1, 2, 3});
        expect_same_kept(made, settings, "seed " + std::to_string(seed));
        const auto drawn = Sampler(settings).draw(made.row, made.step());
        ASSERT_TRUE(drawn);
        EXPECT_TRUE(std::isfinite(drawn->logprob)) << "seed " << seed;
    }
}

}  // namespace
}  // namespace fabula::sample
