// SPDX-License-Identifier: 0BSD
// `fabula bench sample`: what it takes to draw a token from a row of logits, a chain of samplers at
// a time, beside llama.cpp's chain where the build has it.
#pragma once

#include "base/result.h"
#include "base/token.h"
#include "sample/sampler.h"
#include "sample/settings.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fabula::app {

/// A row to draw from.
struct SampleRow {
    std::string name;  // "normal", "heavy_tailed", "flat", "model"
    std::vector<float> logits;
};

/// The made rows of `vocab` entries, seeded: normal (deviation 2.5, and some likely words above
/// it), heavy_tailed (Cauchy), flat.
std::vector<SampleRow> made_rows(std::size_t vocab);

/// A model's row as one of `vocab` entries: each entry repeated as often as it takes, with a normal
/// deviation of 0.1 so that no two tie. Requires logits that are not empty.
SampleRow stretched_row(std::span<const float> logits, std::size_t vocab);

struct SampleChain {
    std::string name;  // "top_p", "typical_p", ..., "all"
    sample::Settings settings;
};

/// One chain for each method, at usual strength; "all" of those that llama.cpp has, too, as people
/// combine them; and "every_method" together, so weak that each has much to look at. Each comes
/// with temperature 0.8, greedy aside.
std::vector<SampleChain> sample_chains();

struct SampleFigures {
    std::string chain;
    std::string row;
    std::size_t vocab = 0;
    std::size_t runs = 0;
    std::size_t kept = 0;  // tokens that stay in play
    double median_ms = 0;  // of one Sampler::draw: token, log-probabilities, entropy and rank
    double p95_ms = 0;
    std::optional<double> peer_median_ms;  // where llama.cpp has the chain, and the build has it
};

/// How many tokens stay in play, where they, the token drawn and all that is said of it are what
/// the float64 definitions have (sample/reference.h). Errors: those of Sampler::draw, and corrupt
/// where anything differs: a benchmark that is wrong is not fast.
Result<std::size_t> checked_kept(const SampleChain& chain, const SampleRow& row,
                                 const sample::Step& step);

/// Draws `runs` times, in turn with the peer, behind a history of 500 tokens, with numbers and
/// coins from a stream and mirostat's mu carried on. Errors: those of checked_kept(), which comes
/// first.
Result<SampleFigures> time_chain(const SampleChain& chain, const SampleRow& row, std::size_t runs);

std::string as_json(const SampleFigures& figures);
std::string as_text(const std::vector<SampleFigures>& figures);

/// A row of float32, little endian. Errors: invalid_input for a size that is no number of floats,
/// or an empty file.
Result<std::vector<float>> row_from(const std::string& bytes, const std::string& name);

/// The ids that stay in play, ascending, one a line. Errors: those of Sampler::keep.
Result<std::string> kept_ids(std::span<const float> row, const sample::Settings& settings,
                             const sample::Step& step);

/// A drawn token and what is said of it, in one line.
std::string as_json(const sample::Drawn& drawn);
std::string as_text(const sample::Drawn& drawn);

}  // namespace fabula::app
