// SPDX-License-Identifier: 0BSD
#include "app/bench.h"

#include <nlohmann/json.hpp>

namespace fabula::app {

using Json = nlohmann::ordered_json;

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
                {"worst_repeated_share", figures.worst_repeated_share}}
               .dump() +
           "\n";
}

}  // namespace fabula::app
