// SPDX-License-Identifier: 0BSD
// Time of one draw over a row of 32,000 logits (Llama) and of 250,880 (BLOOM), a chain at a time.
// The rows look like a model's: a few likely tokens over a broad normal floor.
#include "base/rng.h"
#include "sample/reference.h"
#include "sample/repeats.h"
#include "sample/sampler.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

namespace {

using fabula::Rng;
using fabula::TokenId;
using namespace fabula::sample;

std::vector<float> model_like_row(std::size_t n_vocab) {
    const Rng rng(11);
    std::vector<float> row(n_vocab);
    for (std::size_t i = 0; i < n_vocab; ++i) {
        const double radius = std::sqrt(-2 * std::log(1 - rng.uniform(2 * i)));
        row[i] = static_cast<float>(2.5 * radius *
                                    std::cos(2 * std::numbers::pi * rng.uniform(2 * i + 1)));
        if (rng.uniform(i, 1) < 0.002) row[i] += 6;
    }
    return row;
}

void draw(benchmark::State& state, const Settings& settings) {
    const auto row = model_like_row(static_cast<std::size_t>(state.range(0)));
    std::vector<TokenId> history(500);
    for (std::size_t i = 0; i < history.size(); ++i)
        history[i] = static_cast<TokenId>(i * 31 % row.size());
    const auto kept = reference::kept(row, settings, {}, {.history = history});
    const Rng rng(5);
    Sampler sampler(settings);
    std::uint64_t position = 0;
    // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): Google Benchmark's idiom.
    for ([[maybe_unused]] auto _ : state) {
        const auto drawn =
            sampler.draw(row, {.history = history, .number = rng.uniform(position++)});
        const bool is_right =
            drawn &&
            std::binary_search(kept.begin(), kept.end(), reference::Entry{drawn->token, 0},
                               [](const auto& a, const auto& b) { return a.token < b.token; });
        if (!is_right) state.SkipWithError("a benchmark that is wrong is not fast");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.counters["kept"] = static_cast<double>(kept.size());
}

// A long story of words as frequent as in English (Zipf's law), a tenth of it in passages that
// come again.
std::vector<TokenId> story_of(std::size_t n_tokens) {
    const Rng rng(13);
    std::vector<TokenId> story;
    for (std::uint64_t i = 0; story.size() < n_tokens; ++i) {
        if (story.size() > 1000 && rng.uniform(i, 1) < 0.004) {
            const auto at = static_cast<std::size_t>(rng.uniform(i, 2) *
                                                     static_cast<double>(story.size() - 100));
            for (std::size_t k = 0; k < 30; ++k)
                story.push_back(story[at + k]);
        }
        story.push_back(static_cast<TokenId>(std::exp(std::log(30000.0) * rng.uniform(i))));
    }
    story.resize(n_tokens);
    return story;
}

// What DRY takes to look through a long story, at each of its last 500 places in turn.
void dry(benchmark::State& state, bool is_one_word) {
    auto story = story_of(static_cast<std::size_t>(state.range(0)));
    if (is_one_word) std::fill(story.begin(), story.end(), 1);
    Repeats repeats;
    std::size_t n_found = 0;
    for (std::size_t length = story.size() - 500; length < story.size(); ++length)
        n_found += repeats.of(std::span(story).first(length), {2, length}).size();
    if (n_found == 0) state.SkipWithError("nothing comes again in this story");
    std::size_t length = story.size();
    // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): Google Benchmark's idiom.
    for ([[maybe_unused]] auto _ : state) {
        length = length == story.size() ? story.size() - 500 : length + 1;
        benchmark::DoNotOptimize(repeats.of(std::span(story).first(length), {2, length}));
    }
    state.counters["followers"] = static_cast<double>(n_found) / 500;
}

Settings with(double temperature) {
    Settings settings;
    settings.temperature = temperature;
    return settings;
}

Settings with(const char* name, double value) {
    Settings settings;
    if (!set(settings, name, value)) settings.order.clear();  // the sampler then refuses it
    return settings;
}

BENCHMARK_CAPTURE(draw, greedy, with(0))->Arg(32000)->Arg(250880);
BENCHMARK_CAPTURE(draw, temperature, with(0.8))->Arg(32000)->Arg(250880);
BENCHMARK_CAPTURE(draw, top_k_50, with("top_k", 50))->Arg(32000)->Arg(250880);
BENCHMARK_CAPTURE(draw, top_p_0_9, with("top_p", 0.9))->Arg(32000)->Arg(250880);
BENCHMARK_CAPTURE(draw, typical_p_0_9, with("typical_p", 0.9))->Arg(32000)->Arg(250880);
BENCHMARK_CAPTURE(draw, min_p_0_05, with("min_p", 0.05))->Arg(32000)->Arg(250880);
BENCHMARK_CAPTURE(draw, repetition_1_1, with("repetition_penalty", 1.1))->Arg(32000)->Arg(250880);
BENCHMARK_CAPTURE(dry, story, false)->Arg(100000);
BENCHMARK_CAPTURE(dry, of_one_word, true)->Arg(100000);

}  // namespace
