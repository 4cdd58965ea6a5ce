// SPDX-License-Identifier: 0BSD
#include "evaluate/choices_breakdown.h"

#include "evaluate/round_numbers.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <map>
#include <set>

namespace fabula::evaluate {
namespace {

constexpr std::size_t most_first_words = 16;
constexpr std::size_t most_single_values = 8;

using See = std::function<void(const LoggedCandidate&, bool is_picked, std::size_t n_candidates)>;

void each_candidate(const Compared& compared, const See& see) {
    const auto& [offer, decision] = compared;
    for (std::size_t place = 0; place < decision->shown.size(); ++place)
        see(offer->candidates[decision->shown[place]], place == *decision->picked,
            decision->shown.size());
}

void each_candidate(const std::vector<Compared>& compared, const See& see) {
    for (const auto& each : compared)
        each_candidate(each, see);
}

struct Setting {
    const char* name;
    std::optional<double> (*of)(const preference::SeenCandidate&);
};

constexpr std::array settings{
    Setting{"temperature",
            [](const preference::SeenCandidate& seen) { return std::optional(seen.temperature); }},
    Setting{"top_k",
            [](const preference::SeenCandidate& seen) {
                return seen.top_k > 0 ? std::optional(double(seen.top_k)) : std::nullopt;
            }},
    Setting{"typical_p",
            [](const preference::SeenCandidate& seen) { return std::optional(seen.typical_p); }},
    Setting{"max_new_tokens",
            [](const preference::SeenCandidate& seen) {
                return std::optional(double(seen.max_new_tokens));
            }},
};

// The lowest and the highest of some numbers.
struct Span {
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void add(double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    bool is_empty() const { return low > high; }
};

std::vector<RateRow> rows_of(const std::map<std::string, preference::WinRate>& rates) {
    std::vector<RateRow> rows;
    rows.reserve(rates.size());
    for (const auto& [label, rate] : rates)
        rows.push_back({label, rate});
    return rows;
}

}  // namespace

std::vector<SettingMeans> settings_by_step(const std::vector<Compared>& compared) {
    std::vector<SettingMeans> all;
    for (const auto& setting : settings) {
        std::map<std::size_t, StepMeans> steps;
        for (const auto& each : compared) {
            auto& means = steps[each.offer->step];
            means.step = each.offer->step;
            each_candidate(each,
                           [&](const LoggedCandidate& candidate, bool is_picked, std::size_t) {
                               const auto value = setting.of(candidate.settings);
                               if (!value) return;
                               means.shown.add(each.offer->story, *value);
                               if (is_picked) means.picked.add(each.offer->story, *value);
                           });
        }
        SettingMeans out{setting.name, {}};
        for (auto& [step, means] : steps)
            out.steps.push_back(std::move(means));
        all.push_back(std::move(out));
    }
    return all;
}

Plane plane_of(const std::vector<Compared>& compared) {
    Plane plane;
    Span temperature;
    Span top_k;
    each_candidate(compared, [&](const LoggedCandidate& candidate, bool, std::size_t) {
        temperature.add(candidate.settings.temperature);
        if (candidate.settings.top_k > 0)
            top_k.add(candidate.settings.top_k);
        else
            plane.has_all = true;
    });
    if (temperature.is_empty()) return plane;
    plane.temperatures = round_numbers(temperature.low, temperature.high, 6);
    if (!top_k.is_empty()) plane.top_ks = round_numbers_by_ratio(top_k.low, top_k.high);
    plane.cells.resize(plane.n_rows() * plane.n_columns());
    each_candidate(
        compared, [&](const LoggedCandidate& candidate, bool is_picked, std::size_t n_candidates) {
            const std::size_t row = class_of(candidate.settings.temperature, plane.temperatures);
            const std::size_t column = candidate.settings.top_k > 0
                                           ? class_of(candidate.settings.top_k, plane.top_ks)
                                           : plane.n_columns() - 1;
            plane.cells[row * plane.n_columns() + column].add(is_picked, n_candidates);
        });
    return plane;
}

std::vector<RateRow> rates_by_policy(const std::vector<Compared>& compared) {
    std::map<std::string, preference::WinRate> rates;
    each_candidate(compared,
                   [&](const LoggedCandidate& candidate, bool is_picked, std::size_t n_candidates) {
                       const auto& name = candidate.policy.empty() ? "not kept" : candidate.policy;
                       rates[name].add(is_picked, n_candidates);
                   });
    return rows_of(rates);
}

std::vector<RateRow> rates_by_typical_p(const std::vector<Compared>& compared) {
    std::set<double> values;
    each_candidate(compared, [&](const LoggedCandidate& candidate, bool, std::size_t) {
        if (values.size() <= most_single_values) values.insert(candidate.settings.typical_p);
    });
    const bool is_single = values.size() <= most_single_values;
    Span span;
    each_candidate(compared, [&](const LoggedCandidate& candidate, bool, std::size_t) {
        span.add(candidate.settings.typical_p);
    });
    if (span.is_empty()) return {};
    const auto edges = round_numbers(span.low, span.high, 7);
    std::map<double, RateRow> rows;
    each_candidate(
        compared, [&](const LoggedCandidate& candidate, bool is_picked, std::size_t n_candidates) {
            const double value = candidate.settings.typical_p;
            const std::size_t i = class_of(value, edges);
            auto& row = rows[is_single ? value : edges[i]];
            row.label = is_single ? short_number(value)
                                  : short_number(edges[i]) + " to " + short_number(edges[i + 1]);
            row.rate.add(is_picked, n_candidates);
        });
    std::vector<RateRow> sorted;
    sorted.reserve(rows.size());
    for (auto& [low, row] : rows)
        sorted.push_back(std::move(row));
    return sorted;
}

std::vector<RateRow> rates_by_first_word(const std::vector<Compared>& compared,
                                         std::size_t& n_different) {
    std::map<std::string, preference::WinRate> rates;
    each_candidate(compared,
                   [&](const LoggedCandidate& candidate, bool is_picked, std::size_t n_candidates) {
                       if (!candidate.first_word.empty())
                           rates[candidate.first_word].add(is_picked, n_candidates);
                   });
    n_different = rates.size();
    auto rows = rows_of(rates);
    std::erase_if(rows, [](const RateRow& row) { return !row.rate.is_known(); });
    std::stable_sort(rows.begin(), rows.end(), [](const RateRow& a, const RateRow& b) {
        return a.rate.n_shown > b.rate.n_shown;
    });
    if (rows.size() > most_first_words) rows.resize(most_first_words);
    std::stable_sort(rows.begin(), rows.end(), [](const RateRow& a, const RateRow& b) {
        return a.rate.rate() > b.rate.rate();
    });
    return rows;
}

std::vector<RateRow> rates_by_place(const std::vector<Compared>& compared) {
    std::vector<RateRow> rows;
    for (const auto& [offer, decision] : compared) {
        if (!decision->is_order_kept) continue;
        while (rows.size() < decision->shown.size())
            rows.push_back({std::to_string(rows.size() + 1), {}});
        for (std::size_t place = 0; place < decision->shown.size(); ++place)
            rows[place].rate.add(place == *decision->picked, decision->shown.size());
    }
    return rows;
}

std::vector<TimeRow> first_place_by_time(const std::vector<Compared>& compared) {
    constexpr std::array ends{3.0, 6.0, 12.0, 30.0, 60.0, std::numeric_limits<double>::infinity()};
    std::vector<TimeRow> rows;
    double from = 0;
    for (const double to : ends) {
        rows.push_back({from, to, {}});
        from = to;
    }
    bool has_any = false;
    for (const auto& [offer, decision] : compared) {
        if (!decision->seconds || !decision->is_order_kept) continue;
        has_any = true;
        for (auto& row : rows) {
            if (*decision->seconds >= row.from && *decision->seconds < row.to)
                row.first.add(*decision->picked == 0, decision->shown.size());
        }
    }
    if (!has_any) rows.clear();
    return rows;
}

std::optional<double> median_seconds(const std::vector<Compared>& compared) {
    std::vector<double> seconds;
    for (const auto& [offer, decision] : compared) {
        if (decision->seconds) seconds.push_back(*decision->seconds);
    }
    if (seconds.empty()) return {};
    std::sort(seconds.begin(), seconds.end());
    const std::size_t half = seconds.size() / 2;
    return seconds.size() % 2 == 1 ? seconds[half] : (seconds[half - 1] + seconds[half]) / 2;
}

}  // namespace fabula::evaluate
