// SPDX-License-Identifier: 0BSD
#include "preference/adaptive.h"

#include "base/sentences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

namespace fabula::preference {
namespace {

constexpr std::size_t run_words = 6;

// The words of a run, as one key; words have no spaces in them.
std::string run_at(const std::vector<std::string>& words, std::size_t begin) {
    std::string key;
    for (std::size_t i = begin; i < begin + run_words; ++i) {
        key += words[i];
        key += ' ';
    }
    return key;
}

// Of words[n_before..], the share that lies in a run which ended earlier in the text, too.
double repeated_share(const std::vector<std::string>& words, std::size_t n_before) {
    if (words.size() == n_before || words.size() < run_words) return 0;
    std::unordered_set<std::string> seen;
    std::vector<bool> is_repeated(words.size(), false);
    for (std::size_t begin = 0; begin + run_words <= words.size(); ++begin) {
        if (seen.insert(run_at(words, begin)).second) continue;
        for (std::size_t i = begin; i < begin + run_words; ++i)
            is_repeated[i] = true;
    }
    const auto newest = is_repeated.begin() + static_cast<std::ptrdiff_t>(n_before);
    return static_cast<double>(std::count(newest, is_repeated.end(), true)) /
           static_cast<double>(words.size() - n_before);
}

double new_words_share(const std::vector<std::string>& words, std::size_t n_before) {
    if (n_before == 0 || n_before == words.size()) return 1;
    const auto middle = words.begin() + static_cast<std::ptrdiff_t>(n_before);
    const std::unordered_set<std::string> before(words.begin(), middle);
    const std::unordered_set<std::string> newest(middle, words.end());
    const auto n_new = std::count_if(newest.begin(), newest.end(), [&](const std::string& word) {
        return !before.contains(word);
    });
    return static_cast<double>(n_new) / static_cast<double>(newest.size());
}

void lower_temperature(sample::Settings& settings, double factor) {
    settings.temperature = std::max(settings.temperature * factor,
                                    std::min(settings.temperature, sample::lowest_temperature));
}

// DRY (settings.h names its source): the shorter the runs, and the heavier, the more urgent it is.
void forbid_runs(sample::Settings& settings, double urgency) {
    const int allowed = static_cast<int>(std::lround(std::lerp(6.0, 3.0, urgency)));
    const bool is_off = settings.dry_multiplier <= 0;
    settings.dry_allowed_length = is_off ? allowed : std::min(settings.dry_allowed_length, allowed);
    settings.dry_multiplier = std::max(settings.dry_multiplier, 0.8 + urgency);
}

constexpr double most_top_k = 1'000'000;  // the range of the setting

// Of a choice that was cut, more.
void widen(sample::Settings& settings, double urgency) {
    if (settings.top_k > 0)
        settings.top_k =
            static_cast<int>(std::lround(std::min(settings.top_k * (1 + 3 * urgency), most_top_k)));
    settings.typical_p += (1 - settings.typical_p) * urgency;
}

// 0 at `from`, 1 at `to` and beyond, straight between.
double ramp(double value, double from, double to) {
    return std::clamp((value - from) / (to - from), 0.0, 1.0);
}

}  // namespace

Watch watch(std::string_view story, std::size_t newest_bytes, std::span<const float> logprobs) {
    Watch found;
    const auto before =
        words_of(story.substr(0, story.size() - std::min(newest_bytes, story.size())));
    const auto words = words_of(story);
    const std::size_t n_before = std::min(before.size(), words.size());
    found.repeated_share = repeated_share(words, n_before);
    found.new_words_share = new_words_share(words, n_before);
    if (!logprobs.empty())
        found.mean_logprob = std::accumulate(logprobs.begin(), logprobs.end(), 0.0) /
                             static_cast<double>(logprobs.size());
    found.stagnation =
        std::max(ramp(found.repeated_share, 0.02, 0.15), ramp(-found.new_words_share, -0.08, 0));
    if (found.mean_logprob) found.drift = ramp(-*found.mean_logprob, 2.0, 3.5);
    return found;
}

Proposal adapted(Proposal proposal, const Watch& watch, const Place& place) {
    const sample::Settings before = proposal.settings;
    auto& settings = proposal.settings;
    forbid_runs(settings, watch.stagnation);
    if (watch.drift > 0) lower_temperature(settings, 1 - 0.4 * watch.drift);
    if (watch.stagnation > 0 && place.index % 3 == 0)
        lower_temperature(settings, 1 - 0.3 * watch.stagnation);
    if (watch.stagnation > 0 && place.index % 3 == 1) widen(settings, watch.stagnation);
    if (settings.temperature != before.temperature || settings.top_k != before.top_k ||
        settings.typical_p != before.typical_p)
        proposal.propensity.reset();
    return proposal;
}

std::string in_words(const Watch& watch) {
    return watch.stagnation > 0
               ? fmt::format("{:.0f} % of the newest words came before", 100 * watch.repeated_share)
               : "";
}

}  // namespace fabula::preference
