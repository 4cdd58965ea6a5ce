// SPDX-License-Identifier: 0BSD
#include "app/bench.h"
#include "app/bench_decode.h"

#include <nlohmann/json.hpp>

namespace fabula::app {

using Json = nlohmann::ordered_json;

namespace {

/// The second word of "cpu avx512 f16", or nothing where no bits are promised.
std::string kernel_of(const std::string& arithmetic) {
    const auto first = arithmetic.find(' ');
    if (first == std::string::npos) return "";
    return arithmetic.substr(first + 1, arithmetic.find(' ', first + 1) - first - 1);
}

}  // namespace

std::string as_json(const LoadFigures& figures) {
    return Json{{"bench", "load"},
                {"model", figures.model},
                {"runs", figures.n_runs},
                {"load_ms", figures.load_ms},
                {"first_token_ms", figures.first_token_ms},
                {"peak_rss_bytes", figures.peak_rss}}
               .dump() +
           "\n";
}

std::string as_json(const WriteFigures& figures) {
    return Json{{"bench", "write"},
                {"model", figures.model},
                {"stories", figures.n_stories},
                {"candidates", figures.candidates},
                {"tokens_per_second", figures.tokens_per_second},
                {"first_token_ms", figures.first_token_ms},
                {"peak_rss_bytes", figures.peak_rss},
                {"seconds", figures.seconds},
                {"tokens", figures.tokens},
                {"words", figures.words},
                {"ended_share", figures.ended_share},
                {"repeated_share", figures.repeated_share},
                {"worst_repeated_share", figures.worst_repeated_share},
                {"mean_logprob", figures.mean_logprob}}
               .dump() +
           "\n";
}

std::string as_json(const DecodeFigures& figures) {
    const DecodeOptions& options = figures.options;
    Json json{{"bench", "decode"},
              {"model", figures.model},
              {"backend", figures.backend},
              {"kernel", kernel_of(figures.arithmetic)},
              {"arithmetic", figures.arithmetic},
              {"cache_type", model::name_of(options.cache)},
              {"prefix", options.prefix},
              {"tokens", options.tokens},
              {"candidates", options.candidates},
              {"threads", options.n_threads},
              {"runs", options.n_runs},
              {"tokens_per_second", figures.tokens_per_second},
              {"prefill_tokens_per_second", figures.prefill_tokens_per_second},
              {"weight_gib_per_second", figures.weight_gib_per_second},
              {"read_gib_per_second", nullptr},
              {"peak_rss_bytes", figures.peak_rss},
              {"model_tensor_bytes", figures.tensor_bytes},
              {"step_bytes", figures.step_bytes},
              {"cache_bytes", figures.cache_bytes},
              {"prefill_seconds", figures.seconds.prefill},
              {"step_seconds", figures.seconds.steps},
              {"loop_seconds", figures.seconds.loop},
              {"read_buffer_bytes", figures.read_buffer_bytes}};
    if (options.measures_read) json["read_gib_per_second"] = figures.read_gib_per_second;
    if (figures.backend == "llama") json["flash_attention"] = options.flash_attention;
    return json.dump() + "\n";
}

}  // namespace fabula::app
