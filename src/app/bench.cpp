// SPDX-License-Identifier: 0BSD
#include "app/bench.h"

#include "app/bench_folder.h"
#include "app/open_model.h"
#include "app/progress.h"
#include "base/sentences.h"
#include "engine/write.h"
#include "model/memory.h"
#include "preference/score.h"
#include "store/store.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace fabula::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array<const char*, 10> openings{
    "Once upon a time, a lighthouse keeper found a door under the sea.",
    "Once upon a time, there was a little girl named Lily.",
    "One day, a small fox lost its way in the snow.",
    "Tom and his dog went to the big hill behind the house.",
    "There was an old clock in the kitchen that could talk.",
    "Mia wanted to build a boat, but she had no wood.",
    "In a quiet village, a boy named Ben found a shiny key.",
    "The rain would not stop, and the little bird was cold.",
    "Anna and Max were best friends, but today they were angry.",
    "A bear wanted to learn how to bake a cake."};

double ms_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

}  // namespace

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::uint64_t peak_rss_bytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

Result<LoadFigures> bench_load(const std::string& model, std::size_t n_runs, int n_threads) {
    std::vector<double> loads;
    std::vector<double> tokens;
    LoadFigures figures;
    for (std::size_t run = 0; run < n_runs; ++run) {
        auto start = Clock::now();
        auto opened = open_model(model, {1, n_threads});
        if (!opened) return opened.error();
        loads.push_back(ms_since(start));
        figures.model = (*opened)->info().name;
        const auto generator = model::make_local(*std::move(opened));
        model::CandidateRequest request{{}, Rng(run)};
        request.settings.max_new_tokens = 1;
        model::Prompt prompt;
        prompt.blocks.push_back({openings[0], {}});
        const auto generated = generator->generate(prompt, {&request, 1}, {}, {});
        if (!generated) return generated.error();
        tokens.push_back(1000 * generated->first_token_seconds);
    }
    figures.n_runs = n_runs;
    figures.load_ms = median(loads);
    figures.first_token_ms = median(tokens);
    figures.peak_rss = peak_rss_bytes();
    return figures;
}

namespace {

struct TokenSum {
    double sum = 0;
    std::size_t n = 0;
};

// Of the candidates that became passages, under the model.
TokenSum taken_logprobs(const store::Story& story) {
    TokenSum taken;
    for (const auto& choice : story.choices) {
        for (const auto& offer : story.offers) {
            if (offer.id != choice.offer) continue;
            for (const auto& candidate : offer.candidates) {
                if (candidate.index != choice.index) continue;
                for (const auto& token : candidate.tokens)
                    taken.sum += static_cast<double>(token.logprob_model);
                taken.n += candidate.tokens.size();
            }
        }
    }
    return taken;
}

}  // namespace

Result<WriteFigures> bench_write(model::Generator& generator, const BenchOptions& options,
                                 const std::stop_token& stop) {
    const BenchFolder folder;
    auto store = store::open_sqlite(folder.at("bench.db"));
    if (!store) return store.error();
    WriteFigures figures;
    figures.model = generator.info().name;
    figures.candidates = options.offer.candidates;
    std::vector<double> first_tokens;
    double repeated_words = 0;
    double logprobs = 0;
    std::size_t n_taken = 0;
    std::size_t n_ended = 0;
    Progress progress("writing", static_cast<double>(options.n_stories), "stories");
    const auto start = Clock::now();
    for (std::size_t i = 0; i < options.n_stories && !stop.stop_requested(); ++i) {
        store::StoryRecord record;
        record.seed = options.seed + i;
        const engine::WriteOptions write{options.steps, options.offer};
        auto story =
            engine::begin(**store, generator, record, openings[i % openings.size()], write);
        if (!story) return story.error();
        const auto done = engine::write({**store, generator, *story}, write, {}, stop);
        if (!done) return done.error();
        const auto n_words = words_of(done->text).size();
        const double repeated = preference::repeated_share(done->text);
        repeated_words += repeated * static_cast<double>(n_words);
        figures.worst_repeated_share = std::max(figures.worst_repeated_share, repeated);
        figures.words += n_words;
        figures.tokens += done->tokens;
        figures.n_stories += 1;
        first_tokens.push_back(1000 * done->first_token_seconds);
        n_ended += done->finish == engine::Finish::end_of_text ? 1 : 0;
        const auto taken = taken_logprobs(*story);
        logprobs += taken.sum;
        n_taken += taken.n;
        progress.update(static_cast<double>(i + 1));
    }
    if (n_taken > 0) figures.mean_logprob = logprobs / static_cast<double>(n_taken);
    figures.seconds = ms_since(start) / 1000;
    figures.tokens_per_second = static_cast<double>(figures.tokens) / figures.seconds;
    figures.first_token_ms = median(first_tokens);
    if (figures.words > 0)
        figures.repeated_share = repeated_words / static_cast<double>(figures.words);
    if (figures.n_stories > 0)
        figures.ended_share = static_cast<double>(n_ended) / static_cast<double>(figures.n_stories);
    figures.peak_rss = peak_rss_bytes();
    return figures;
}

std::string as_text(const LoadFigures& figures) {
    return fmt::format(
        "{}: loaded in {:.0f} ms, first token {:.1f} ms later (medians of {}), peak memory {}\n",
        figures.model, figures.load_ms, figures.first_token_ms, figures.n_runs,
        model::readable_size(figures.peak_rss));
}

std::string as_text(const WriteFigures& figures) {
    return fmt::format(
        "{}: {} stories, {} words, {} candidates a step\n"
        "  {:.0f} tokens a second (all candidates together), first token after {:.1f} ms, peak "
        "memory {}\n"
        "  {:.0f} % ended by the model; {:.1f} % of the words lie in a repeated 12-gram (worst "
        "story {:.1f} %); mean log-probability {:.2f} a token\n",
        figures.model, figures.n_stories, figures.words, figures.candidates,
        figures.tokens_per_second, figures.first_token_ms, model::readable_size(figures.peak_rss),
        100 * figures.ended_share, 100 * figures.repeated_share, 100 * figures.worst_repeated_share,
        figures.mean_logprob);
}

}  // namespace fabula::app
