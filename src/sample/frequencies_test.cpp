// SPDX-License-Identifier: 0BSD
// How often each token is drawn, against the probabilities of the float64 definitions: a million
// draws for every method, by Pearson's chi-square.
#include "sample/reference.h"
#include "sample/sampler.h"
#include "sample/test_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>
#include <ostream>
#include <string>

namespace fabula::sample {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t n_draws = 30000;
#else
constexpr std::uint64_t n_draws = 1000000;
#endif

struct Method {
    const char* name;
    std::function<void(Settings&)> turn_on;
};

std::ostream& operator<<(std::ostream& out, const Method& method) {
    return out << method.name;
}

const Method methods[] = {
    {"temperature", [](Settings& s) { s.temperature = 0.7; }},
    {"dynatemp", [](Settings& s) { s.dynatemp_range = 0.6; }},
    {"top_k", [](Settings& s) { s.top_k = 9; }},
    {"top_p", [](Settings& s) { s.top_p = 0.9; }},
    {"min_p", [](Settings& s) { s.min_p = 0.05; }},
    {"typical_p", [](Settings& s) { s.typical_p = 0.8; }},
    {"epsilon_cutoff", [](Settings& s) { s.epsilon_cutoff = 0.02; }},
    {"eta_cutoff", [](Settings& s) { s.eta_cutoff = 0.02; }},
    {"top_n_sigma", [](Settings& s) { s.top_n_sigma = 1; }},
    {"xtc",
     [](Settings& s) {
         s.xtc_probability = 0.4;
         s.xtc_threshold = 0.05;
     }},
    {"mirostat", [](Settings& s) { s.mirostat_tau = 2; }},
    {"repetition_penalty", [](Settings& s) { s.repetition_penalty = 1.5; }},
    {"frequency_penalty", [](Settings& s) { s.frequency_penalty = 0.5; }},
    {"presence_penalty", [](Settings& s) { s.presence_penalty = 0.8; }},
    {"dry",
     [](Settings& s) {
         s.dry_multiplier = 0.8;
         s.dry_allowed_length = 1;
     }},
    {"no_repeat_ngram_size", [](Settings& s) { s.no_repeat_ngram_size = 2; }},
    {"logit_bias",
     [](Settings& s) {
         s.logit_bias = {{4, 2.5}, {7, -100}, {50, 1}};
     }},
};

void turn_on_all(Settings& settings) {
    for (const auto& method : methods)
        method.turn_on(settings);
    settings.min_p = 0.01;
    settings.epsilon_cutoff = settings.eta_cutoff = 0.001;
    settings.top_n_sigma = 2;
    settings.top_k = 40;
    settings.mirostat_tau = 4;
}

class Frequencies : public testing::TestWithParam<Method> {};

using Share = std::map<TokenId, double>;

void add_shares(const std::vector<float>& row, const Settings& settings, const Step& step,
                double part, Share& share) {
    const auto list = reference::kept(row, settings, {}, step);
    const auto probability = reference::probabilities(list);
    for (std::size_t i = 0; i < list.size(); ++i)
        share[list[i].token] += part * probability[i];
}

TEST_P(Frequencies, are_those_of_the_definition) {
    Settings settings;
    settings.temperature = 1;
    GetParam().turn_on(settings);
    const auto row = row_of(Shape::normal, 60, Rng(61));
    const std::vector<TokenId> history{3, 9, 17, 9, 21, 40, 3, 9};

    Share share;
    Step step{.history = history};
    step.coin = 0;
    add_shares(row, settings, step, settings.xtc_probability, share);
    step.coin = std::nextafter(1.0, 0.0);
    add_shares(row, settings, step, 1 - settings.xtc_probability, share);

    Sampler sampler(settings);
    std::map<TokenId, double> counts;
    const Rng numbers(62);
    const Rng coins = numbers.child(1);
    for (std::uint64_t i = 0; i < n_draws; ++i) {
        step.number = numbers.uniform(i);
        step.coin = coins.uniform(i);
        ++counts[sampler.draw(row, step)->token];
    }
    double chi_square = 0;
    double n_expected = 0;
    double freedom = -1;
    double rest = 0;  // expected of tokens too rare to be tested one by one
    double n_rest = 0;
    for (const auto& [token, probability] : share) {
        const double expected = probability * static_cast<double>(n_draws);
        n_expected += counts[token];
        if (expected < 10) {
            rest += expected;
            n_rest += counts[token];
            continue;
        }
        chi_square += (counts[token] - expected) * (counts[token] - expected) / expected;
        freedom += 1;
    }
    EXPECT_EQ(n_expected, static_cast<double>(n_draws));  // nothing that the definition leaves out
    EXPECT_NEAR(n_rest, rest, 5 * std::sqrt(rest) + 1);
    ASSERT_GE(freedom, 2);
    // Far beyond the 99.9th percentile.
    EXPECT_LT(chi_square, freedom + 4 * std::sqrt(2 * freedom));
    EXPECT_GT(chi_square, 0);
}

INSTANTIATE_TEST_SUITE_P(OfEachMethod, Frequencies, testing::ValuesIn(methods),
                         [](const auto& tested) { return std::string(tested.param.name); });
INSTANTIATE_TEST_SUITE_P(OfAllMethodsTogether, Frequencies,
                         testing::Values(Method{"all", turn_on_all}));

}  // namespace
}  // namespace fabula::sample
