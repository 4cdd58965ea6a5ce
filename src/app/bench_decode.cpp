// SPDX-License-Identifier: 0BSD
#include "app/bench_decode.h"

#include "app/bench.h"
#include "app/bench_bytes.h"
#include "app/open_model.h"
#include "app/progress.h"
#include "app/read_bandwidth.h"
#include "base/rng.h"
#include "model/memory.h"
#include "sample/sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace fabula::app {
namespace {

using Clock = std::chrono::steady_clock;
using Tokens = std::vector<TokenId>;

constexpr std::size_t warm_up_tokens = 16;  // as llama-batched-bench has
constexpr std::size_t n_passes = 5;
constexpr double gib = 1U << 30U;
constexpr std::uint64_t prefix_stream = 0;  // the candidates' streams count from 1

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

/// `n` seeded tokens that stand for bytes and do not end the text.
Result<Tokens> ordinary_tokens(const model::Model& model, const Rng& stream, std::size_t n) {
    constexpr std::uint32_t most_attempts = 1000;
    const std::size_t n_vocab = model.info().n_vocab;
    Tokens tokens;
    for (std::uint32_t attempt = 0; tokens.size() < n;) {
        const double number = stream.uniform(tokens.size(), attempt);
        const auto token = static_cast<TokenId>(number * static_cast<double>(n_vocab));
        if (!model.is_end(token) && !model.piece(token).empty()) {
            tokens.push_back(token);
            attempt = 0;
        } else if (++attempt == most_attempts) {
            return Error{ErrorCode::invalid_input,
                         "model '" + model.info().name + "' has no ordinary tokens"};
        }
    }
    return tokens;
}

Tokens end_tokens(const model::Model& model) {
    Tokens ends;
    for (std::size_t i = 0; i < model.info().n_vocab; ++i) {
        const auto token = static_cast<TokenId>(i);
        if (model.is_end(token)) ends.push_back(token);
    }
    return ends;
}

struct Candidate {
    Tokens tokens;  // the prefix and its own
    sample::Sampler sampler;
    Rng stream;
};

/// The candidates of one run and the logits behind each.
class Candidates {
public:
    Candidates(const model::Model& model, const Tokens& prefix, std::size_t n, const Rng& stream)
        : n_vocab_(model.info().n_vocab),
          n_prefix_(prefix.size()),
          banned_(end_tokens(model)),
          logits_(n * n_vocab_) {
        for (std::size_t i = 0; i < n; ++i) {
            all_.push_back({prefix, sample::Sampler(sample::Settings{}), stream.child(i + 1)});
        }
    }

    Result<Unit> prefill(model::Model& model, const std::stop_token& stop) {
        const std::span<const TokenId> prefix = all_.front().tokens;
        const auto row = std::span(logits_).first(n_vocab_);
        const auto done = model.step({&prefix, 1}, row, stop);
        if (!done) return done.error();
        for (std::size_t i = 1; i < all_.size(); ++i)
            std::ranges::copy(row, logits_.begin() + static_cast<std::ptrdiff_t>(i * n_vocab_));
        return Unit{};
    }

    // The first token of each differs from those of the others, so that they part at once.
    Result<Unit> draw(const model::Model& model) {
        if (all_.front().tokens.size() == n_prefix_) return draw_first();
        std::vector<std::optional<Error>> errors(all_.size());
        model.each(all_.size(), [&](std::size_t i) {
            const auto drawn = draw_one(i, banned_);
            if (!drawn) errors[i] = drawn.error();
        });
        for (const auto& error : errors) {
            if (error) return *error;
        }
        return Unit{};
    }

    Result<Unit> step(model::Model& model, const std::stop_token& stop) {
        branches_.assign(all_.size(), {});
        std::ranges::transform(all_, branches_.begin(), &Candidate::tokens);
        const auto done = model.step(branches_, logits_, stop);
        if (!done) return done.error();
        return Unit{};
    }

private:
    Result<Unit> draw_first() {
        Tokens banned = banned_;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            if (const auto drawn = draw_one(i, banned); !drawn) return drawn.error();
            banned.push_back(all_[i].tokens.back());
        }
        return Unit{};
    }

    Result<Unit> draw_one(std::size_t index, std::span<const TokenId> banned) {
        Candidate& each = all_[index];
        const auto row = std::span<const float>(logits_).subspan(index * n_vocab_, n_vocab_);
        const sample::Step step{each.tokens, banned, each.stream.uniform(each.tokens.size())};
        const auto drawn = each.sampler.draw(row, step);
        if (!drawn) return drawn.error();
        each.tokens.push_back(drawn->token);
        return Unit{};
    }

    std::size_t n_vocab_;
    std::size_t n_prefix_;
    Tokens banned_;              // end tokens
    std::vector<float> logits_;  // [n_candidates, n_vocab]
    std::vector<Candidate> all_;
    std::vector<std::span<const TokenId>> branches_;
};

/// Touches the weights and starts the threads, as the peers do before they measure.
Result<Unit> warm_up(model::Model& model, const DecodeOptions& options,
                     const std::stop_token& stop) {
    const std::size_t n_tokens = std::min(warm_up_tokens, options.prefix);
    const auto prefix = ordinary_tokens(model, Rng(options.seed), n_tokens);
    if (!prefix) return prefix.error();
    return Candidates(model, *prefix, 1, Rng(options.seed)).prefill(model, stop);
}

Result<std::unique_ptr<model::Model>> load(const std::string& path, const DecodeOptions& options,
                                           const std::stop_token& stop) {
    Progress progress("loading " + std::filesystem::path(path).filename().string(), 1, "");
    model::LoadOptions load;
    load.n_branches = options.candidates;
    load.window_tokens = options.prefix + options.tokens;
    load.cache = options.cache;
    load.flash_attention = options.flash_attention;
    load.kernel = options.kernel;
    load.n_threads = options.n_threads;
    load.on_progress = [&](float share) {
        progress.update(static_cast<double>(share));
        return !stop.stop_requested();
    };
    return model::load_model(path, options.backend, load);
}

/// The part of the figures that needs the model in memory; the rest comes when it is gone.
Result<DecodeFigures> decode(const std::string& path, const DecodeOptions& options,
                             const std::stop_token& stop) {
    auto loaded = load(path, options, stop);
    if (!loaded) return loaded.error();
    model::Model& model = **loaded;
    if (const auto warm = warm_up(model, options, stop); !warm) return warm.error();
    const std::size_t n_steps = options.n_runs * options.tokens;
    Progress progress("decoding", static_cast<double>(n_steps), "steps");
    std::size_t n_done = 0;
    const auto on_step = [&] { progress.update(static_cast<double>(++n_done)); };
    std::vector<double> prefills;
    std::vector<double> steps;
    std::vector<double> loops;
    for (std::size_t run = 0; run < options.n_runs; ++run) {
        const auto times = time_decode(model, options, run, on_step, stop);
        if (!times) return times.error();
        prefills.push_back(times->prefill);
        steps.push_back(times->steps);
        loops.push_back(times->loop);
    }
    DecodeFigures figures;
    figures.options = options;
    figures.model = model.info().name;
    figures.backend = model.info().backend;
    figures.arithmetic = model.info().arithmetic;
    figures.seconds = {median(prefills), median(steps), median(loops)};
    figures.peak_rss = peak_rss_bytes();
    return figures;
}

}  // namespace

Result<Unit> check_decode(const DecodeOptions& options, const model::GgufFile& file,
                          const std::string& name) {
    if (options.backend != model::Backend::llama && !options.flash_attention)
        return Error{ErrorCode::invalid_input, "--flash-attention off goes with --backend llama"};
    if (options.backend != model::Backend::cpu && !options.kernel.empty())
        return Error{ErrorCode::invalid_input, "--kernel goes with --backend cpu"};
    const std::string key = file.text("general.architecture") + ".context_length";
    const std::uint64_t window = file.number(key, UINT64_MAX);
    if (options.prefix + options.tokens <= window) return Unit{};
    return Error{
        ErrorCode::invalid_input,
        fmt::format("model '{}': a prefix of {} and {} tokens behind it are {}, its "
                    "window holds {}",
                    name, options.prefix, options.tokens, options.prefix + options.tokens, window)};
}

Result<DecodeTimes> time_decode(model::Model& model, const DecodeOptions& options, std::size_t run,
                                const std::function<void()>& on_step, const std::stop_token& stop) {
    const Rng stream = Rng(options.seed).child(run);
    const auto prefix = ordinary_tokens(model, stream.child(prefix_stream), options.prefix);
    if (!prefix) return prefix.error();
    Candidates candidates(model, *prefix, options.candidates, stream);
    DecodeTimes seconds;
    const auto start = Clock::now();
    if (const auto done = candidates.prefill(model, stop); !done) return done.error();
    seconds.prefill = seconds_since(start);
    const auto loop_start = Clock::now();
    for (std::size_t i = 0; i < options.tokens; ++i) {
        if (const auto drawn = candidates.draw(model); !drawn) return drawn.error();
        const auto step_start = Clock::now();
        if (const auto done = candidates.step(model, stop); !done) return done.error();
        seconds.steps += seconds_since(step_start);
        if (on_step) on_step();
    }
    seconds.loop = seconds_since(loop_start);
    return seconds;
}

Result<DecodeFigures> bench_decode(const DecodeOptions& options, const std::stop_token& stop) {
    const auto path = find_model(options.model);
    if (!path) return path.error();
    const auto file = model::inspect_gguf(*path);
    if (!file) return file.error();
    const std::string name = std::filesystem::path(*path).filename().string();
    if (const auto checked = check_decode(options, *file, name); !checked) return checked.error();
    auto figures = decode(*path, options, stop);
    if (!figures) return figures.error();
    const auto n_steps = static_cast<double>(options.tokens);
    figures->tensor_bytes = tensor_bytes(*file);
    figures->step_bytes = step_bytes(*file);
    figures->cache_bytes =
        cache_bytes(*file, options.cache, options.prefix + options.candidates * options.tokens);
    figures->tokens_per_second =
        n_steps * static_cast<double>(options.candidates) / figures->seconds.steps;
    figures->prefill_tokens_per_second =
        static_cast<double>(options.prefix) / figures->seconds.prefill;
    figures->weight_gib_per_second =
        static_cast<double>(figures->step_bytes) * n_steps / figures->seconds.loop / gib;
    if (!options.measures_read) return figures;
    const auto free = model::free_memory_bytes();
    const auto read = read_bandwidth(read_buffer_bytes(free.value_or(UINT64_MAX)), n_passes);
    if (!read) return read.error();
    figures->read_buffer_bytes = read->buffer_bytes;
    figures->read_gib_per_second = std::max(read->gib_per_second, figures->weight_gib_per_second);
    return figures;
}

std::string as_text(const DecodeFigures& figures) {
    const DecodeOptions& options = figures.options;
    std::string read;
    if (options.measures_read)
        read = fmt::format(" of {:.2f} that this machine reads ({:.0f} %)",
                           figures.read_gib_per_second,
                           100 * figures.weight_gib_per_second / figures.read_gib_per_second);
    return fmt::format(
        "{} on {}: {} x {} tokens behind a prefix of {}, {} threads, median of {}\n"
        "  {:.1f} tokens a second (all candidates together), prefix {:.0f} a second\n"
        "  weights {:.2f} GiB a second{}\n"
        "  peak memory {}: tensors of the file {}, keys and values {}\n",
        figures.model, figures.arithmetic.empty() ? figures.backend : figures.arithmetic,
        options.candidates, options.tokens, options.prefix, options.n_threads, options.n_runs,
        figures.tokens_per_second, figures.prefill_tokens_per_second, figures.weight_gib_per_second,
        read, model::readable_size(figures.peak_rss), model::readable_size(figures.tensor_bytes),
        model::readable_size(figures.cache_bytes));
}

}  // namespace fabula::app
