// SPDX-License-Identifier: 0BSD
// What a machine and a model do together: measured through the same engine that writes stories.
#pragma once

#include "base/result.h"
#include "engine/offer.h"
#include "model/generator.h"

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace fabula::app {

/// The most memory that this process ever held, as the kernel counts it.
std::uint64_t peak_rss_bytes();

/// The middle of `values`, the mean of the two middle ones where their number is even; 0 of none.
double median(std::vector<double> values);

/// `fabula bench load`: medians over `n_runs` loads.
struct LoadFigures {
    std::string model;
    std::size_t n_runs = 0;
    double load_ms = 0;
    double first_token_ms = 0;  // one token behind a prompt of eight words, after the load
    std::uint64_t peak_rss = 0;
};
Result<LoadFigures> bench_load(const std::string& model, std::size_t n_runs, int n_threads);
std::string as_json(const LoadFigures& figures);
std::string as_text(const LoadFigures& figures);

struct BenchOptions {
    std::size_t n_stories = 1;
    std::size_t steps = 8;
    std::uint64_t seed = 1;  // of the first story; the next ones count up
    engine::OfferOptions offer;
};

/// `fabula bench write` and `bench stories`: whole stories, unattended, in a database of their own
/// that is thrown away.
struct WriteFigures {
    std::string model;
    std::size_t n_stories = 0;
    std::size_t candidates = 0;
    double seconds = 0;
    double tokens_per_second = 0;  // all candidates together
    double first_token_ms = 0;     // median over the stories
    std::size_t tokens = 0;
    std::size_t words = 0;
    double ended_share = 0;     // stories that the model ended
    double repeated_share = 0;  // of all words, in a 12-gram that occurs again in its story (S0.24)
    double worst_repeated_share = 0;  // of one story
    double mean_logprob = 0;  // nats a token under the model, of the candidates that were taken
    std::uint64_t peak_rss = 0;
};
Result<WriteFigures> bench_write(model::Generator& generator, const BenchOptions& options,
                                 const std::stop_token& stop);
std::string as_json(const WriteFigures& figures);
std::string as_text(const WriteFigures& figures);

}  // namespace fabula::app
