// SPDX-License-Identifier: 0BSD
#include "preference/proposer.h"

#include "preference/automatic_proposer.h"
#include "preference/reader_fixture.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace fabula::preference {
namespace {

constexpr std::array<Policy, 3> learning{Policy::average, Policy::portfolio, Policy::automatic};

// Few values of top_k, so that a sum over the whole box is short.
RandomRanges small_ranges() {
    RandomRanges ranges;
    ranges.top_k_low = 12;
    ranges.top_k_high = 26;
    return ranges;
}

const History& some_history() {
    static const History history = [] {
        History stories;
        const Reader reader{{{0.65, 3.1, 0.95, 2.5, 1}, {1.05, 2.6, 0.7, 1, 2.5}}};
        const auto random = learn(Policy::random, {}, small_ranges()).value();
        read_stories(reader, *random, 0, 30, Rng(5), stories);
        return stories;
    }();
    return history;
}

std::shared_ptr<const Proposer> learned(Policy policy) {
    return learn(policy, some_history(), small_ranges()).value();
}

// The mass of the density in [low, high) of each direction, by the midpoint rule.
double mass(const Proposer& proposer, const Place& place, const std::array<double, 6>& box) {
    const auto ranges = small_ranges();
    const int n = 60;
    double sum = 0;
    for (int k = static_cast<int>(box[2]); k < static_cast<int>(box[3]); ++k) {
        // The ceiling of temperature is a border of the density: no cell lies across it.
        const double high = std::min(box[1], temperature_ceiling(ranges, k));
        if (high <= box[0]) continue;
        for (int i = 0; i < n; ++i) {
            for (int j = 0; j < n; ++j) {
                const SeenCandidate at{box[0] + (high - box[0]) * (i + 0.5) / n,
                                       k,
                                       box[4] + (box[5] - box[4]) * (j + 0.5) / n,
                                       0,
                                       {}};
                sum += proposer.density(place, at).value() * (high - box[0]) * (box[5] - box[4]) /
                       (n * n);
            }
        }
    }
    return sum;
}

TEST(Density, of_each_policy_sums_to_one) {
    for (const auto policy :
         {Policy::random, Policy::average, Policy::portfolio, Policy::automatic}) {
        const auto proposer = learned(policy);
        for (const auto& place : {Place{1, 0, 3}, Place{2, 1, 3}, Place{9, 2, 3}})
            EXPECT_NEAR(mass(*proposer, place, {0.5, 1.4, 10, 30, 0.6, 1}), 1, 2e-3)
                << name_of(policy);
    }
}

TEST(Density, of_a_proposal_is_its_propensity) {
    for (const auto policy : learning) {
        const auto proposer = learned(policy);
        for (std::uint64_t i = 0; i < 300; ++i) {
            const Place place{1 + i % 9, i % 3, 3};
            const auto proposal = proposer->propose(place, {}, Rng(2).child(i));
            ASSERT_EQ(proposer->density(place, seen(proposal.settings, {})), proposal.propensity);
            ASSERT_GT(proposal.propensity.value(), 0);
        }
    }
}

TEST(Density, is_how_often_the_policy_draws) {
    const int n = 100000;
    const std::array<double, 4> temperatures{0.5, 0.7, 0.95, 1.31};
    const std::array<double, 4> top_ks{12, 15, 20, 27};
    const std::array<double, 4> typical_ps{0.6, 0.75, 0.9, 1.0};
    const auto cell = [](double value, const std::array<double, 4>& borders) {
        return (value >= borders[1] ? 1 : 0) + (value >= borders[2] ? 1 : 0);
    };
    for (const auto policy : {Policy::average, Policy::portfolio}) {
        const auto proposer = learned(policy);
        const Place place{2, 1, 3};
        std::map<std::array<int, 3>, int> counts;
        for (std::uint64_t i = 0; i < n; ++i) {
            const auto drawn = proposer->propose(place, {}, Rng(11).child(i)).settings;
            ++counts[{cell(drawn.temperature, temperatures), cell(drawn.top_k, top_ks),
                      cell(drawn.typical_p, typical_ps)}];
        }
        for (std::size_t a = 0; a < 3; ++a) {
            for (std::size_t b = 0; b < 3; ++b) {
                for (std::size_t c = 0; c < 3; ++c) {
                    const double expected =
                        n * mass(*proposer, place,
                                 {temperatures[a], temperatures[a + 1], top_ks[b], top_ks[b + 1],
                                  typical_ps[c], typical_ps[c + 1]});
                    const int count =
                        counts[{static_cast<int>(a), static_cast<int>(b), static_cast<int>(c)}];
                    EXPECT_NEAR(count, expected, 4.5 * std::sqrt(expected) + 0.003 * expected + 1)
                        << name_of(policy) << ' ' << a << b << c;
                }
            }
        }
    }
}

TEST(Propose, stays_within_the_ranges_and_leaves_the_rest_as_it_was) {
    const auto ranges = small_ranges();
    sample::Settings base;
    base.max_new_tokens = 7;
    base.repetition_penalty = 1.1;
    for (const auto policy : learning) {
        const auto proposer = learned(policy);
        for (std::uint64_t i = 0; i < 1000; ++i) {
            auto drawn = proposer->propose({1 + i % 8, i % 3, 3}, base, Rng(3).child(i)).settings;
            ASSERT_TRUE(sample::validate(drawn).has_value());
            ASSERT_GE(drawn.top_k, ranges.top_k_low);
            ASSERT_LE(drawn.top_k, ranges.top_k_high);
            ASSERT_GE(drawn.temperature, ranges.temperature_low);
            ASSERT_LE(drawn.temperature, temperature_ceiling(ranges, drawn.top_k));
            ASSERT_GE(drawn.typical_p, ranges.typical_p_low);
            ASSERT_LE(drawn.typical_p, ranges.typical_p_high);
            drawn.temperature = base.temperature;
            drawn.top_k = base.top_k;
            drawn.typical_p = base.typical_p;
            ASSERT_EQ(drawn, base);
        }
        for (std::size_t step = 1; step < 30; ++step) {
            const auto best = proposer->best(step, base);
            ASSERT_LE(best.temperature, temperature_ceiling(ranges, best.top_k));
            ASSERT_TRUE(sample::validate(best).has_value());
            ASSERT_EQ(best.max_new_tokens, 7);
        }
    }
}

TEST(Propose, without_picks_is_random) {
    for (const auto policy : learning) {
        const auto proposer = learn(policy, {}, {}).value();
        EXPECT_EQ(proposer->policy(), policy);
        sample::Settings base;
        base.temperature = 0.123;
        EXPECT_EQ(proposer->best(1, base), base);
        for (std::uint64_t i = 0; i < 100; ++i) {
            const auto random = propose(Policy::random, base, {}, Rng(1).child(i));
            const auto proposal = proposer->propose({1, i % 3, 3}, base, Rng(1).child(i));
            ASSERT_EQ(proposal.settings, random.settings) << name_of(policy);
            ASSERT_NEAR(proposal.propensity.value(), random.propensity.value(), 1e-12);
        }
        const SeenOffer offer{1, 1, {{0.6, 20, 0.7, 0, {}}, {0.9, 100, 0.9, 0, {}}}, 0};
        EXPECT_NEAR(proposer->log_probabilities(offer)[0], -std::log(2), 1e-12);
        EXPECT_NE(proposer->in_words(1), "");
    }
}

TEST(Propose, is_a_function_of_the_stream) {
    for (const auto policy : learning) {
        const auto proposer = learned(policy);
        const auto first = proposer->propose({3, 1, 3}, {}, Rng(9).child(2));
        EXPECT_EQ(proposer->propose({3, 1, 3}, {}, Rng(9).child(2)).settings, first.settings);
        EXPECT_NE(proposer->propose({3, 1, 3}, {}, Rng(9).child(3)).settings, first.settings);
    }
}

// The distance between the settings of two candidates, in units of the box.
double distance(const sample::Settings& a, const sample::Settings& b) {
    const SettingsBox box{RandomRanges{}};
    const Point p = box.at(seen(a, {}));
    const Point q = box.at(seen(b, {}));
    return std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

double distance(const sample::Settings& a, const Bump& bump) {
    sample::Settings at;
    at.temperature = bump.temperature;
    at.top_k = static_cast<int>(std::lround(std::exp(bump.ln_top_k)));
    at.typical_p = bump.typical_p;
    return distance(a, at);
}

History stories_of(const Reader& reader, std::size_t n, std::uint64_t seed) {
    History history;
    read_stories(reader, *learn(Policy::random, {}, {}).value(), 0, n, Rng(seed), history);
    return history;
}

TEST(Portfolio, shows_each_of_two_peaks_and_now_and_then_anything) {
    const Reader reader{{{0.65, 4.4, 0.9, 3, 3}, {1.05, 3.0, 0.75, 3, 3}}};
    const auto portfolio = learn(Policy::portfolio, stories_of(reader, 300, 1), {}).value();
    std::array<std::array<int, 2>, 2> near{};
    const int n = 400;
    for (std::size_t index = 0; index < 2; ++index) {
        for (std::uint64_t i = 0; i < n; ++i) {
            const auto drawn =
                portfolio->propose({1, index, 3}, {}, Rng(4).child(index).child(i)).settings;
            for (std::size_t peak = 0; peak < 2; ++peak)
                near[index][peak] += distance(drawn, reader.bumps[peak]) < 0.4 ? 1 : 0;
        }
    }
    // One candidate keeps to one peak, the next to the other; which is first is a matter of chance.
    const std::size_t first = near[0][0] > near[0][1] ? 0 : 1;
    EXPECT_GT(near[0][first], n / 2);
    EXPECT_GT(near[1][1 - first], n / 2);
    EXPECT_LT(near[0][first], n * 0.95);
}

TEST(Average, lies_between_two_peaks) {
    const Reader reader{{{0.65, 4.4, 0.9, 3, 3}, {1.05, 3.0, 0.75, 3, 3}}};
    const auto average = learn(Policy::average, stories_of(reader, 300, 1), {}).value();
    EXPECT_GT(average->best(1, {}).temperature, 0.7);
    EXPECT_LT(average->best(1, {}).temperature, 1.0);
}

TEST(Policies, reach_a_reader_of_one_peak) {
    const Reader reader = one_peak();
    const History history = stories_of(reader, 300, 2);
    const auto average = learn(Policy::average, history, {}).value();
    const auto portfolio = learn(Policy::portfolio, history, {}).value();
    // 0 is the random policy, 1 the best there is.
    EXPECT_GT(share_of_oracle(reader, *average, {}), 0.2);
    EXPECT_GT(share_of_oracle(reader, *portfolio, {}), 0.85);
}

TEST(Policies, serve_two_peaks_by_a_portfolio_only) {
    const Reader reader = two_peaks();
    const History history = stories_of(reader, 300, 2);
    const double average =
        share_of_oracle(reader, *learn(Policy::average, history, {}).value(), {});
    const double portfolio =
        share_of_oracle(reader, *learn(Policy::portfolio, history, {}).value(), {});
    EXPECT_GT(portfolio, 0.6);
    EXPECT_GT(portfolio, average + 0.3);
}

TEST(Automatic, takes_what_explains_held_out_picks_and_says_how_well) {
    const History history = stories_of(two_peaks(), 100, 3);
    const auto automatic = learn(Policy::automatic, history, {}).value();
    const Selection* selection = selection_of(*automatic);
    ASSERT_NE(selection, nullptr);
    EXPECT_EQ(selection->policy, Policy::portfolio);
    ASSERT_EQ(selection->table.size(), 3U);
    EXPECT_EQ(selection->table[0].policy, Policy::random);
    EXPECT_EQ(selection->table[1].policy, Policy::average);
    EXPECT_EQ(selection->table[2].policy, Policy::portfolio);
    EXPECT_EQ(selection->table[0].n_offers, 800U);
    EXPECT_EQ(selection->table[2].behind, 0);
    EXPECT_GT(selection->table[0].behind, selection->table[0].noise);
    EXPECT_NEAR(selection->table[0].behind,
                selection->table[2].log_likelihood - selection->table[0].log_likelihood, 1e-12);
    const auto portfolio = learn(Policy::portfolio, history, {}).value();
    EXPECT_EQ(automatic->best(1, {}), portfolio->best(1, {}));
    EXPECT_EQ(selection_of(*portfolio), nullptr);
}

TEST(Automatic, takes_the_simpler_where_settings_make_no_difference) {
    int n_random = 0;
    for (std::uint64_t seed = 0; seed < 5; ++seed)
        n_random +=
            select_policy(stories_of(Reader{}, 50, seed), {}).value().policy == Policy::random ? 1
                                                                                               : 0;
    EXPECT_GE(n_random, 3);
}

TEST(Automatic, of_one_story_is_random) {
    const auto selection = select_policy(stories_of(one_peak(), 1, 1), {}).value();
    EXPECT_EQ(selection.policy, Policy::random);
    EXPECT_TRUE(selection.table.empty());
}

}  // namespace
}  // namespace fabula::preference
