// SPDX-License-Identifier: 0BSD
#include "serve/metrics.h"

#include <fmt/format.h>

#include <utility>

namespace fabula::serve {
namespace {

void add(std::string& out, std::string_view name, std::string_view help, std::uint64_t value) {
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} counter\n{0} {2}\n", name, help, value);
}

void add_gauge(std::string& out, std::string_view name, std::string_view help, double value) {
    out += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name, help, value);
}

}  // namespace

void Durations::add(double seconds) {
    std::size_t bucket = 0;
    while (bucket < bounds.size() && seconds > bounds[bucket])
        ++bucket;
    const std::lock_guard lock(mutex_);
    ++counts_[bucket];
    sum_ += seconds;
}

std::string Durations::text(std::string_view name, std::string_view help) const {
    const std::lock_guard lock(mutex_);
    std::string out = fmt::format("# HELP {0} {1}\n# TYPE {0} histogram\n", name, help);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        sum += counts_[i];
        out += fmt::format("{}_bucket{{le=\"{}\"}} {}\n", name, bounds[i], sum);
    }
    sum += counts_.back();
    out +=
        fmt::format("{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", name, sum, sum_);
    return out;
}

void Metrics::count_answer(std::string_view route, int status) {
    const std::lock_guard lock(mutex_);
    ++answers_[{std::string(route), status}];
}

std::string Metrics::text(const Now& now) const {
    std::string out;
    add(out, "fabula_offers_total", "Offers drawn for somebody and kept.", offers);
    add(out, "fabula_candidates_total", "Candidates of these.", candidates);
    add(out, "fabula_tokens_total", "Tokens of these.", tokens);
    add(out, "fabula_prompt_tokens_total", "Prompt tokens computed, not cached.", prompt_tokens);
    add(out, "fabula_failed_requests_total", "Offers that could not be drawn.", failed_requests);
    add(out, "fabula_completions_total", "Choices of /v1 completions.", completions);
    add(out, "fabula_completion_tokens_total", "Tokens of these.", completion_tokens);
    add(out, "fabula_read_ahead_offers_total", "Offers drawn ahead.", ahead_offers);
    add(out, "fabula_read_ahead_tokens_total", "Tokens drawn ahead.", ahead_tokens);
    add(out, "fabula_read_ahead_shown_total", "Offers drawn ahead and asked for.", ahead_shown);
    add(out, "fabula_read_ahead_broken_off_total", "Offers broken off for somebody's work.",
        ahead_broken_off);
    out += first_token.text("fabula_first_token_seconds", "From a request to its first words.");
    out += waiting.text("fabula_waiting_seconds", "From a request to its turn.");
    add_gauge(out, "fabula_readers", "Readers of events.", static_cast<double>(now.readers));
    add_gauge(out, "fabula_open_requests", "Requests that wait or are drawn.",
              static_cast<double>(now.open_requests));
    add_gauge(out, "fabula_uptime_seconds", "Since the start.", now.uptime_seconds);
    out +=
        "# HELP fabula_http_answers_total Answers by route and status.\n"
        "# TYPE fabula_http_answers_total counter\n";
    const std::lock_guard lock(mutex_);
    for (const auto& [key, n] : answers_)
        out += fmt::format("fabula_http_answers_total{{route=\"{}\",status=\"{}\"}} {}\n",
                           key.first, key.second, n);
    return out;
}

}  // namespace fabula::serve
