// SPDX-License-Identifier: 0BSD
// `fabula bench decode`: what a decoder does with several candidates behind one prefix, measured
// at model::Model, without stories, files and scores around it.
#pragma once

#include "base/result.h"
#include "model/gguf_file.h"
#include "model/load.h"
#include "model/model.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace fabula::app {

struct DecodeOptions {
    std::string model;  // a name or a file, as everywhere
    model::Backend backend = model::Backend::automatic;
    model::CacheType cache = model::CacheType::f16;
    std::string kernel;           // cpu only; "": the best here
    bool flash_attention = true;  // llama only
    std::size_t prefix = 512;     // tokens that all candidates share
    std::size_t tokens = 64;      // steps, each of which gives every candidate a token
    std::size_t candidates = 3;
    int n_threads = 2;
    std::size_t n_runs = 1;  // each with other tokens; the figures are medians
    std::uint64_t seed = 1;
    bool measures_read = true;  // what the machine reads, with a buffer of 2 GiB
};

/// The times of one run, in seconds.
struct DecodeTimes {
    double prefill = 0;  // Model::step on the prefix alone
    double steps = 0;    // Model::step of all decode steps
    double loop = 0;     // the same with the drawing of every token between them
};

struct DecodeFigures {
    DecodeOptions options;
    std::string model;
    std::string backend;
    std::string arithmetic;        // as ModelInfo says it; "" where bits are not promised
    double tokens_per_second = 0;  // all candidates together, in Model::step alone
    double prefill_tokens_per_second = 0;
    double weight_gib_per_second = 0;  // step_bytes x steps over the time of the whole loop
    double read_gib_per_second =
        0;  // what the machine reads, at least the line above; 0: not asked
    DecodeTimes seconds;
    std::uint64_t peak_rss = 0;  // load and decode; without the buffer of the line before
    std::uint64_t tensor_bytes = 0;
    std::uint64_t step_bytes = 0;
    std::uint64_t cache_bytes = 0;  // of the prefix once and each candidate's own tokens
    std::uint64_t read_buffer_bytes = 0;
};

/// Errors: invalid_input when an option belongs to the other backend, or when the prefix and the
/// tokens together are longer than the window that the file states.
Result<Unit> check_decode(const DecodeOptions& options, const model::GgufFile& file,
                          const std::string& name);

/// Run number `run` (its number names its random tokens): a step on a prefix of ordinary tokens,
/// then `options.tokens` times a token for each candidate, drawn as the product draws (temperature
/// 0.8, nothing cut, no end of text), and a step on all candidates. No two candidates have the same
/// first token, so that none is computed for two. `on_step` hears of each step.
/// Errors: those of Model::step; those of Sampler::draw, exhausted where the model knows fewer ways
/// to go on than there are candidates; invalid_input for a vocabulary without ordinary tokens.
Result<DecodeTimes> time_decode(model::Model& model, const DecodeOptions& options, std::size_t run,
                                const std::function<void()>& on_step, const std::stop_token& stop);

/// Loads, decodes, frees, reads. Errors: those of find_model, model::load_model and the above.
Result<DecodeFigures> bench_decode(const DecodeOptions& options, const std::stop_token& stop);

std::string as_json(const DecodeFigures& figures);
std::string as_text(const DecodeFigures& figures);

}  // namespace fabula::app
