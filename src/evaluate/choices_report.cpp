// SPDX-License-Identifier: 0BSD
#include "evaluate/choices_report.h"

#include "evaluate/choices_breakdown.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace fabula::evaluate {
namespace {

const std::optional<Decision>& decision_of(const LoggedOffer& offer, Chooser chooser) {
    switch (chooser) {
        case Chooser::person:
            return offer.person;
        case Chooser::score:
            return offer.score;
        case Chooser::any:
            break;
    }
    return offer.last;
}

std::vector<Compared> compared_offers(const ChoicesLog& log, Chooser chooser) {
    std::vector<Compared> compared;
    for (const auto& offer : log.offers) {
        const auto& decision = decision_of(offer, chooser);
        if (decision && decision->picked && decision->shown.size() >= 2)
            compared.push_back({&offer, &*decision});
    }
    return compared;
}

std::vector<Counted> most_first(const std::map<std::string, std::size_t>& counts) {
    std::vector<Counted> counted;
    counted.reserve(counts.size());
    for (const auto& [name, n] : counts)
        counted.push_back({name, n});
    std::stable_sort(counted.begin(), counted.end(),
                     [](const Counted& a, const Counted& b) { return a.n > b.n; });
    return counted;
}

void count_who(ChoicesReport& report, const std::vector<Compared>& compared) {
    std::map<std::string, std::size_t> models;
    std::map<std::string, std::size_t> users;
    std::set<std::int64_t> stories;
    for (const auto& [offer, decision] : compared) {
        ++models[offer->model];
        ++users[decision->user];
        stories.insert(offer->story);
        report.n_shown += decision->shown.size();
    }
    report.n_compared = compared.size();
    report.n_compared_stories = stories.size();
    report.models = most_first(models);
    report.users = most_first(users);
}

void count_outcome(Outcomes& outcomes, const Decision& decision) {
    ++outcomes.n_decisions;
    if (decision.picked) {
        ++outcomes.n_picked;
        if (decision.is_edited) ++outcomes.n_edited;
    } else if (decision.is_written) {
        ++outcomes.n_written;
    } else {
        ++outcomes.n_refused;
    }
}

// Which of "coherence", "style", "turn", own words and none a person's reason names.
std::set<std::string> reasons_in(const std::string& reason) {
    std::set<std::string> named;
    std::size_t begin = 0;
    while (begin <= reason.size()) {
        const std::size_t end = std::min(reason.find(',', begin), reason.size());
        std::string part = reason.substr(begin, end - begin);
        const std::size_t first = part.find_first_not_of(' ');
        part = first == std::string::npos
                   ? ""
                   : part.substr(first, part.find_last_not_of(' ') + 1 - first);
        begin = end + 1;
        if (part.empty()) continue;
        const bool is_known = part == "coherence" || part == "style" || part == "turn";
        named.insert(is_known ? part : "own words");
    }
    if (named.empty()) named.insert("none");
    return named;
}

void count_decisions(ChoicesReport& report, const ChoicesLog& log) {
    std::map<std::string, std::size_t> reasons;
    for (const auto& offer : log.offers) {
        report.n_by_person += offer.person ? 1 : 0;
        report.n_by_score += offer.score ? 1 : 0;
        const auto& decision = decision_of(offer, report.chooser);
        if (!decision) continue;
        count_outcome(report.outcomes, *decision);
        const auto time = decision->created;
        if (!report.first || time < *report.first) report.first = time;
        if (!report.last || time > *report.last) report.last = time;
        if (!decision->is_person) continue;  // the score's reason is its figures
        ++report.n_person_decisions;
        for (const auto& reason : reasons_in(decision->reason))
            ++reasons[reason];
    }
    for (const char* name : {"coherence", "style", "turn", "own words", "none"})
        report.reasons.push_back({name, reasons[name]});
}

void count_ratings(RatingCounts& counts, const ChoicesLog& log) {
    for (const auto& rating : log.ratings) {
        if (rating.rating > 0)
            ++(rating.is_picked ? counts.up_picked : counts.up_others);
        else
            ++(rating.is_picked ? counts.down_picked : counts.down_others);
    }
}

std::vector<preference::ComparedOffer> values_of(const std::vector<Compared>& compared,
                                                 std::size_t feature) {
    std::vector<preference::ComparedOffer> offers;
    for (const auto& [offer, decision] : compared) {
        preference::ComparedOffer values{offer->story, {}, *decision->picked};
        for (const std::size_t place : decision->shown)
            values.values.push_back(double{offer->candidates[place].features[feature]});
        const bool is_known = std::all_of(values.values.begin(), values.values.end(),
                                          [](double value) { return std::isfinite(value); });
        if (is_known) offers.push_back(std::move(values));
    }
    return offers;
}

std::vector<FeatureEffect> effects_of(const std::vector<Compared>& compared) {
    const auto table = preference::features();
    std::vector<FeatureEffect> effects;
    std::vector<double> p_values;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto unit =
            table[i].is_yes_or_no() ? preference::OddsUnit::one : preference::OddsUnit::deviation;
        // The same numbers for all, so that the figures of a feature do not hang on the table.
        const auto effect = preference::paired_effect(values_of(compared, i), unit, Rng(0));
        effects.push_back({&table[i], effect, {}});
        if (effect.is_known) p_values.push_back(effect.p);
    }
    const auto adjusted = preference::adjusted_p_values(p_values);
    std::size_t next = 0;
    for (auto& effect : effects) {
        if (effect.effect.is_known) effect.adjusted_p = adjusted[next++];
    }
    std::stable_sort(effects.begin(), effects.end(), [](const auto& a, const auto& b) {
        if (a.effect.is_known != b.effect.is_known) return a.effect.is_known;
        return std::abs(a.effect.size) > std::abs(b.effect.size);
    });
    return effects;
}

bool has_compared(const ChoicesLog& log, Chooser chooser) {
    return std::any_of(log.offers.begin(), log.offers.end(), [&](const LoggedOffer& offer) {
        return decision_of(offer, chooser).has_value();
    });
}

}  // namespace

const char* name_of(Chooser chooser) {
    switch (chooser) {
        case Chooser::person:
            return "person";
        case Chooser::score:
            return "score";
        case Chooser::any:
            break;
    }
    return "any";
}

Result<Chooser> chooser_named(std::string_view name) {
    for (const auto chooser : {Chooser::person, Chooser::score, Chooser::any}) {
        if (name == name_of(chooser)) return chooser;
    }
    return Error{ErrorCode::invalid_input,
                 "chooser '" + std::string(name) + "' is none of person, score, any"};
}

ChoicesReport report_choices(const ChoicesLog& log, std::optional<Chooser> asked) {
    ChoicesReport report;
    report.chooser = asked.value_or(Chooser::person);
    if (!asked && !has_compared(log, Chooser::person) && has_compared(log, Chooser::score)) {
        report.chooser = Chooser::score;
        report.is_fallback = true;
    }
    report.n_stories = log.n_stories;
    count_decisions(report, log);
    count_ratings(report.ratings, log);
    const auto compared = compared_offers(log, report.chooser);
    count_who(report, compared);
    report.settings = settings_by_step(compared);
    report.plane = plane_of(compared);
    report.policies = rates_by_policy(compared);
    report.typical_ps = rates_by_typical_p(compared);
    report.effects = effects_of(compared);
    report.first_words = rates_by_first_word(compared, report.n_different_first_words);
    report.places = rates_by_place(compared);
    report.times = first_place_by_time(compared);
    report.median_seconds = median_seconds(compared);
    return report;
}

}  // namespace fabula::evaluate
