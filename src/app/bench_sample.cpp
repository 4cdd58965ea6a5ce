// SPDX-License-Identifier: 0BSD
#include "app/bench_sample.h"

#include "base/rng.h"
#include "model/llama/peer_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <numbers>
#include <utility>

namespace fabula::app {
namespace {

constexpr std::size_t history_tokens = 500;

double normal_number(const Rng& rng, std::uint64_t at) {
    const double radius = std::sqrt(-2 * std::log(1 - rng.uniform(at, 0)));
    return radius * std::cos(2 * std::numbers::pi * rng.uniform(at, 1));
}

SampleRow made_row(const char* name, std::size_t vocab,
                   const std::function<double(std::uint64_t)>& logit) {
    SampleRow row{name, std::vector<float>(vocab)};
    for (std::size_t i = 0; i < vocab; ++i)
        row.logits[i] = static_cast<float>(logit(i));
    return row;
}

std::vector<TokenId> some_history(std::size_t vocab) {
    std::vector<TokenId> history(history_tokens);
    for (std::size_t i = 0; i < history.size(); ++i)
        history[i] = static_cast<TokenId>((i % 180) * 31 % vocab);
    return history;
}

double seconds_of(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double quantile_ms(std::vector<double> seconds, double share) {
    std::sort(seconds.begin(), seconds.end());
    const auto at = static_cast<std::size_t>(share * static_cast<double>(seconds.size()));
    return 1000 * seconds[std::min(at, seconds.size() - 1)];
}

}  // namespace

std::vector<SampleRow> made_rows(std::size_t vocab) {
    const Rng rng(11);
    return {made_row("normal", vocab,
                     [&](std::uint64_t i) {
                         return 2.5 * normal_number(rng, i) + (rng.uniform(i, 2) < 0.002 ? 6 : 0);
                     }),
            made_row("heavy_tailed", vocab,
                     [&](std::uint64_t i) {
                         return 2 * std::tan(std::numbers::pi * 0.99 * (rng.uniform(i, 3) - 0.5));
                     }),
            made_row("flat", vocab, [](std::uint64_t) { return 1.25; })};
}

SampleRow stretched_row(std::span<const float> logits, std::size_t vocab) {
    const Rng rng(12);
    return made_row("model", vocab, [&](std::uint64_t i) {
        const auto source = static_cast<std::size_t>(i * logits.size() / vocab);
        return static_cast<double>(logits[source]) + 0.1 * normal_number(rng, i);
    });
}

std::vector<SampleChain> sample_chains() {
    std::vector<SampleChain> chains;
    const auto add = [&](const char* name,
                         std::initializer_list<std::pair<const char*, double>> values) {
        SampleChain chain{name, {}};
        for (const auto& [setting, value] : values) {
            [[maybe_unused]] const auto set = sample::set(chain.settings, setting, value);
            assert(set.has_value());
        }
        chains.push_back(std::move(chain));
    };
    add("greedy", {{"temperature", 0}});
    add("temperature", {});
    add("dynatemp", {{"dynatemp_range", 0.5}});
    add("top_k", {{"top_k", 50}});
    add("top_p", {{"top_p", 0.95}});
    add("typical_p", {{"typical_p", 0.95}});
    add("min_p", {{"min_p", 0.05}});
    add("epsilon_cutoff", {{"epsilon_cutoff", 3e-4}});
    add("eta_cutoff", {{"eta_cutoff", 2e-3}});
    add("top_n_sigma", {{"top_n_sigma", 1}});
    add("xtc", {{"xtc_probability", 1}, {"xtc_threshold", 0.1}});
    add("mirostat", {{"mirostat_tau", 5}});
    add("repetition_penalty", {{"repetition_penalty", 1.1}});
    add("dry", {{"dry_multiplier", 0.8}});
    add("no_repeat_ngram_size", {{"no_repeat_ngram_size", 3}});
    add("all", {{"repetition_penalty", 1.1},
                {"dry_multiplier", 0.8},
                {"top_k", 2000},
                {"top_p", 0.98},
                {"min_p", 0.0005},
                {"typical_p", 0.95},
                {"top_n_sigma", 4},
                {"xtc_probability", 0.5},
                {"xtc_threshold", 0.1}});
    add("every_method", {{"repetition_penalty", 1.1},
                         {"frequency_penalty", 0.1},
                         {"presence_penalty", 0.1},
                         {"dry_multiplier", 0.8},
                         {"no_repeat_ngram_size", 3},
                         {"dynatemp_range", 0.3},
                         {"top_p", 0.9999},
                         {"top_k", 20000},
                         {"min_p", 1e-7},
                         {"typical_p", 0.999},
                         {"epsilon_cutoff", 1e-6},
                         {"eta_cutoff", 1e-6},
                         {"top_n_sigma", 6},
                         {"xtc_probability", 0.5},
                         {"xtc_threshold", 0.1},
                         {"mirostat_tau", 8}});
    return chains;
}

Result<SampleFigures> time_chain(const SampleChain& chain, const SampleRow& row, std::size_t runs) {
    const std::size_t vocab = row.logits.size();
    const auto history = some_history(vocab);
    // On no border between the equals of a flat row, whatever their number.
    sample::Step step{.history = history, .number = 0.6180339887498949};
    const auto kept = checked_kept(chain, row, step);
    if (!kept) return kept.error();

    sample::Sampler sampler(chain.settings);
    const auto peer = model::make_peer_sampler(chain.settings, vocab, history);
    const Rng rng(5);
    std::vector<double> ours;
    std::vector<double> theirs;
    for (std::size_t run = 0; run <= runs; ++run) {
        step.number = rng.uniform(run);
        step.coin = rng.uniform(run, 1);
        std::optional<Result<sample::Drawn>> drawn;
        const double seconds = seconds_of([&] { drawn = sampler.draw(row.logits, step); });
        if (!*drawn) return drawn->error();
        if (chain.settings.mirostat_tau > 0) step.mirostat_mu = (*drawn)->mirostat_mu;
        const double peer_seconds = peer ? seconds_of([&] { peer->draw(row.logits); }) : 0;
        if (run == 0) continue;  // the first makes room
        ours.push_back(seconds);
        theirs.push_back(peer_seconds);
    }
    SampleFigures figures;
    figures.chain = chain.name;
    figures.row = row.name;
    figures.vocab = vocab;
    figures.runs = runs;
    figures.kept = *kept;
    figures.median_ms = quantile_ms(ours, 0.5);
    figures.p95_ms = quantile_ms(ours, 0.95);
    if (peer) figures.peer_median_ms = quantile_ms(theirs, 0.5);
    return figures;
}

std::string as_text(const std::vector<SampleFigures>& figures) {
    std::string out = fmt::format("{:<14} {:<21} {:>8} {:>10} {:>10} {:>10} {:>7}\n", "row",
                                  "chain", "kept", "median ms", "p95 ms", "peer ms", "ratio");
    for (const auto& each : figures) {
        const auto& peer = each.peer_median_ms;
        out += fmt::format("{:<14} {:<21} {:>8} {:>10.3f} {:>10.3f} {:>10} {:>7}\n", each.row,
                           each.chain, each.kept, each.median_ms, each.p95_ms,
                           peer ? fmt::format("{:.3f}", *peer) : "-",
                           peer ? fmt::format("{:.1f}", *peer / each.median_ms) : "-");
    }
    return out;
}

Result<std::vector<float>> row_from(const std::string& bytes, const std::string& name) {
    static_assert(std::endian::native == std::endian::little);
    if (bytes.empty() || bytes.size() % sizeof(float) != 0)
        return Error{ErrorCode::invalid_input,
                     "logits '" + name + "': " + std::to_string(bytes.size()) +
                         " bytes are no row of float32 numbers, four bytes each"};
    std::vector<float> row(bytes.size() / sizeof(float));
    std::memcpy(row.data(), bytes.data(), bytes.size());
    return row;
}

Result<std::string> kept_ids(std::span<const float> row, const sample::Settings& settings,
                             const sample::Step& step) {
    const auto kept = sample::Sampler(settings).keep(row, step);
    if (!kept) return kept.error();
    std::string ids;
    for (const auto& each : *kept)
        ids += std::to_string(each.token) + "\n";
    return ids;
}

std::string as_text(const sample::Drawn& drawn) {
    return fmt::format(
        "token {}  log-probability {:.4f} (model {:.4f})  entropy {:.4f} nats  rank {}\n",
        drawn.token, drawn.logprob, drawn.logprob_model, drawn.entropy, drawn.rank);
}

}  // namespace fabula::app
