// SPDX-License-Identifier: 0BSD
#include "app/bench_sample.h"

#include <nlohmann/json.hpp>

namespace fabula::app {

std::string as_json(const SampleFigures& figures) {
    nlohmann::ordered_json json{{"bench", "sample"},
                                {"chain", figures.chain},
                                {"row", figures.row},
                                {"vocab", figures.vocab},
                                {"runs", figures.runs},
                                {"kept", figures.kept},
                                {"median_ms", figures.median_ms},
                                {"p95_ms", figures.p95_ms},
                                {"peer_median_ms", nullptr},
                                {"ratio", nullptr}};
    if (figures.peer_median_ms) {
        json["peer_median_ms"] = *figures.peer_median_ms;
        json["ratio"] = *figures.peer_median_ms / figures.median_ms;
    }
    return json.dump() + "\n";
}

std::string as_json(const sample::Drawn& drawn) {
    const nlohmann::ordered_json json{{"token", drawn.token},
                                      {"logprob", drawn.logprob},
                                      {"logprob_model", drawn.logprob_model},
                                      {"entropy", drawn.entropy},
                                      {"rank", drawn.rank},
                                      {"mirostat_mu", drawn.mirostat_mu}};
    return json.dump() + "\n";
}

}  // namespace fabula::app
