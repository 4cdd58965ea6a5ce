// SPDX-License-Identifier: 0BSD
#include "app/bench_journey.h"

#include <nlohmann/json.hpp>

namespace fabula::app {

using Json = nlohmann::ordered_json;

// A line for each offer, then one for the whole.
std::string as_json(const JourneyFigures& figures) {
    std::string lines;
    std::size_t n_steps = 0;
    std::size_t computed_by_steps = 0;
    std::size_t computed = 0;
    bool has_all_notes = true;
    for (const auto& offer : figures.offers) {
        lines += Json{{"bench", "journey_offer"},
                      {"kind", offer.kind},
                      {"step", offer.step},
                      {"prompt_tokens", offer.prompt_tokens},
                      {"computed_tokens", offer.computed_tokens},
                      {"omitted_bytes", offer.omitted_bytes},
                      {"passage_tokens", offer.passage_tokens},
                      {"has_all_notes", offer.has_all_notes},
                      {"first_token_seconds", offer.first_token_seconds},
                      {"seconds", offer.seconds}}
                     .dump() +
                 "\n";
        const bool is_step = offer.kind == "step";
        n_steps += is_step ? 1 : 0;
        computed_by_steps += is_step ? offer.computed_tokens : 0;
        computed += offer.computed_tokens;
        has_all_notes = has_all_notes && offer.has_all_notes;
    }
    const auto& options = figures.options;
    const double n = n_steps > 0 ? static_cast<double>(n_steps) : 1;
    lines += Json{{"bench", "journey"},
                  {"model", figures.model},
                  {"arithmetic", figures.arithmetic},
                  {"window_tokens", figures.window_tokens},
                  {"steps", n_steps},
                  {"candidates", options.candidates},
                  {"memory_tokens", options.memory_tokens},
                  {"changed_tokens", options.changed_tokens},
                  {"lore_tokens", options.lore_tokens},
                  {"wanders", options.wanders},
                  {"computed_per_step", static_cast<double>(computed_by_steps) / n},
                  {"computed_tokens", computed},
                  {"has_all_notes", has_all_notes},
                  {"seconds", figures.seconds},
                  {"cache_bytes", figures.cache_bytes},
                  {"peak_rss_bytes", figures.peak_rss}}
                 .dump() +
             "\n";
    return lines;
}

std::string as_json(const ReopenFigures& figures) {
    return Json{{"bench", "reopen"},
                {"model", figures.model},
                {"prefix_tokens", figures.prefix_tokens},
                {"cold_seconds", figures.cold_seconds},
                {"reopened_seconds", figures.reopened_seconds},
                {"reopened_computed_tokens", figures.reopened_computed},
                {"disk_bytes", figures.disk_bytes},
                {"peak_rss_bytes", figures.peak_rss}}
               .dump() +
           "\n";
}

}  // namespace fabula::app
