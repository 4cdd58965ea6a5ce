// SPDX-License-Identifier: 0BSD
#include "sample/reference.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <numbers>
#include <set>

namespace fabula::sample::reference {
namespace {

double largest(const List& list) {
    double top = -std::numeric_limits<double>::infinity();
    for (const auto& entry : list)
        top = std::max(top, entry.logit);
    return top;
}

std::vector<std::size_t> by(const std::vector<double>& costs) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < costs.size(); ++i)
        order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return costs[a] < costs[b]; });
    return order;
}

List only(const List& list, std::vector<std::size_t> indices) {
    std::sort(indices.begin(), indices.end());
    List some;
    for (const auto i : indices)
        some.push_back(list[i]);
    return some;
}

// The smallest prefix, by (cost ascending, id ascending), whose mass reaches p.
List cheapest(const List& list, const std::vector<double>& costs, double p) {
    const auto share = probabilities(list);
    std::vector<std::size_t> prefix;
    double mass = 0;
    for (const auto i : by(costs)) {
        prefix.push_back(i);
        mass += share[i];
        if (mass >= p - reach_slack) break;
    }
    return only(list, prefix);
}

std::vector<double> negated_logits(const List& list) {
    std::vector<double> costs;
    for (const auto& entry : list)
        costs.push_back(-entry.logit);
    return costs;
}

List where(const List& list, const std::function<bool(const Entry&)>& stays) {
    List some;
    std::copy_if(list.begin(), list.end(), std::back_inserter(some), stays);
    return some;
}

// What stands at the end of `history` and, n tokens long, also before place `at`.
bool is_repeated(std::span<const TokenId> history, std::size_t at, std::size_t n) {
    return n <= at && std::equal(history.end() - static_cast<std::ptrdiff_t>(n), history.end(),
                                 history.begin() + static_cast<std::ptrdiff_t>(at - n));
}

std::set<TokenId> ending_an_old_ngram(std::span<const TokenId> history, int size) {
    std::set<TokenId> tokens;
    const auto n = static_cast<std::size_t>(size);
    for (std::size_t at = 0; n > 0 && at < history.size(); ++at) {
        if (n - 1 <= history.size() && is_repeated(history, at, n - 1)) tokens.insert(history[at]);
    }
    return tokens;
}

List after(Stage stage, List list, const Settings& settings, const Spelling& spelling,
           const Step& step) {
    switch (stage) {
        case Stage::penalties:
            return penalised(std::move(list), settings, step.history);
        case Stage::dry:
            return dry(std::move(list), settings, spelling.dry_breakers, step.history);
        case Stage::temperature: {
            const double temperature = dynamic_temperature(list, settings);
            return tempered(std::move(list), temperature);
        }
        case Stage::top_k:
            return top_k(list, settings.top_k);
        case Stage::top_p:
            return top_p(list, settings.top_p);
        case Stage::min_p:
            return min_p(list, settings.min_p);
        case Stage::typical_p:
            return typical_p(list, settings.typical_p);
        case Stage::epsilon_cutoff:
            return epsilon_cutoff(list, settings.epsilon_cutoff);
        case Stage::eta_cutoff:
            return eta_cutoff(list, settings.eta_cutoff);
        case Stage::top_n_sigma:
            return top_n_sigma(list, settings.top_n_sigma);
        case Stage::xtc:
            return step.coin < settings.xtc_probability ? xtc(list, settings.xtc_threshold) : list;
    }
    return list;
}

}  // namespace

List in_play(std::span<const float> logits, const Settings& settings, const Step& step) {
    std::set<TokenId> banned = ending_an_old_ngram(step.history, settings.no_repeat_ngram_size);
    banned.insert(step.banned.begin(), step.banned.end());
    for (const auto& [token, bias] : settings.logit_bias) {
        if (bias <= -100) banned.insert(token);
    }
    List list;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const auto token = static_cast<TokenId>(i);
        if (!std::isinf(logits[i]) && !banned.contains(token)) list.push_back({token, logits[i]});
    }
    return list;
}

std::vector<double> probabilities(const List& list) {
    const double top = largest(list);
    double sum = 0;
    for (const auto& entry : list)
        sum += std::exp(entry.logit - top);
    std::vector<double> shares;
    for (const auto& entry : list)
        shares.push_back(std::exp(entry.logit - top) / sum);
    return shares;
}

double entropy(const List& list) {
    double mean = 0;
    for (const double p : probabilities(list))
        mean += p > 0 ? -p * std::log(p) : 0;
    return mean;
}

List penalised(List list, const Settings& settings, std::span<const TokenId> history) {
    if (settings.penalty_window >= 0) {
        const auto window = static_cast<std::size_t>(settings.penalty_window);
        history = history.last(std::min(window, history.size()));
    }
    for (auto& [token, logit] : list) {
        const auto count = std::count(history.begin(), history.end(), token);
        if (count > 0) {
            logit = logit > 0 ? logit / settings.repetition_penalty
                              : logit * settings.repetition_penalty;
            logit -= settings.frequency_penalty * static_cast<double>(count);
            logit -= settings.presence_penalty;
        }
        const auto bias = settings.logit_bias.find(token);
        if (bias != settings.logit_bias.end()) logit += bias->second;
    }
    return list;
}

List dry(List list, const Settings& settings, std::span<const TokenId> breakers,
         std::span<const TokenId> history) {
    if (settings.dry_multiplier == 0) return list;
    if (settings.dry_window >= 0) {
        const auto window = static_cast<std::size_t>(settings.dry_window);
        history = history.last(std::min(window, history.size()));
    }
    const std::set<TokenId> breaks(breakers.begin(), breakers.end());
    std::map<TokenId, std::size_t> longest;
    for (std::size_t at = 0; at < history.size(); ++at) {
        for (std::size_t n = 1; is_repeated(history, at, n); ++n) {
            if (breaks.contains(history[history.size() - n])) break;
            longest[history[at]] = std::max(longest[history[at]], n);
        }
    }
    for (auto& [token, logit] : list) {
        const auto repeated = longest.find(token);
        if (repeated == longest.end() || breaks.contains(token)) continue;
        if (repeated->second >= static_cast<std::size_t>(settings.dry_allowed_length))
            logit -= dry_penalty(settings, repeated->second);
    }
    return list;
}

double dynamic_temperature(const List& list, const Settings& settings) {
    if (settings.dynatemp_range == 0 || list.empty()) return settings.temperature;
    const double lowest =
        std::max(lowest_temperature, settings.temperature - settings.dynatemp_range);
    if (list.size() == 1) return lowest;
    const double highest = settings.temperature + settings.dynatemp_range;
    const double share = std::min(1.0, entropy(list) / std::log(static_cast<double>(list.size())));
    return lowest + (highest - lowest) * std::pow(share, settings.dynatemp_exponent);
}

List tempered(List list, double temperature) {
    assert(temperature >= lowest_temperature);
    for (auto& entry : list)
        entry.logit *= 1 / temperature;
    return list;
}

List top_k(const List& list, int k) {
    if (k == 0 || static_cast<std::size_t>(k) >= list.size()) return list;
    auto order = by(negated_logits(list));
    order.resize(static_cast<std::size_t>(k));
    return only(list, order);
}

List top_p(const List& list, double p) {
    return p < 1 && !list.empty() ? cheapest(list, negated_logits(list), p) : list;
}

List min_p(const List& list, double ratio) {
    const auto share = probabilities(list);
    std::vector<std::size_t> likely;
    const double top = list.empty() ? 0 : *std::max_element(share.begin(), share.end());
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (share[i] >= ratio * top) likely.push_back(i);
    }
    return only(list, likely);
}

List typical_p(const List& list, double p) {
    if (p >= 1 || list.empty()) return list;
    const double mean = entropy(list);
    const double top = largest(list);
    double sum = 0;
    for (const auto& entry : list)
        sum += std::exp(entry.logit - top);
    std::vector<double> costs;
    for (const auto& entry : list) {
        // -ln probability by the logit: also where the probability itself is too small for a
        // double.
        const double surprise = std::log(sum) - (entry.logit - top);
        costs.push_back(on_surprise_grid(std::abs(surprise - mean)));
    }
    return cheapest(list, costs, p);
}

List epsilon_cutoff(const List& list, double epsilon) {
    if (epsilon == 0 || list.empty()) return list;
    const double top = largest(list);
    double sum = 0;
    for (const auto& entry : list)
        sum += std::exp(entry.logit - top);
    return where(list, [&](const Entry& entry) {
        const double logprob = entry.logit - top - std::log(sum);
        return entry.logit == top || logprob >= std::log(epsilon) - reach_slack;
    });
}

List eta_cutoff(const List& list, double epsilon) {
    if (epsilon == 0 || list.empty()) return list;
    return epsilon_cutoff(list, std::min(epsilon, std::sqrt(epsilon) * std::exp(-entropy(list))));
}

List top_n_sigma(const List& list, double n) {
    if (n == 0 || list.empty()) return list;
    const auto size = static_cast<double>(list.size());
    const double top = largest(list);
    double mean = 0;
    for (const auto& entry : list)
        mean += (entry.logit - top) / size;
    double variance = 0;
    for (const auto& entry : list)
        variance += (entry.logit - top - mean) * (entry.logit - top - mean) / size;
    const double distance = n * std::sqrt(variance) * (1 + sigma_slack);
    return where(list, [&](const Entry& entry) { return entry.logit >= top - distance; });
}

List xtc(const List& list, double threshold) {
    if (list.empty()) return list;
    const double top = largest(list);
    double sum = 0;
    for (const auto& entry : list)
        sum += std::exp(entry.logit - top);
    const auto is_expected = [&](const Entry& entry) {
        return entry.logit - top - std::log(sum) >= std::log(threshold) - reach_slack;
    };
    const List expected = where(list, is_expected);
    if (expected.empty()) return list;
    const Entry last = expected[by(negated_logits(expected)).back()];
    return where(list, [&](const Entry& entry) { return !is_expected(entry) || entry == last; });
}

List mirostat(const List& list, double mu) {
    if (list.empty()) return list;
    const double top = largest(list);
    double sum = 0;
    for (const auto& entry : list)
        sum += std::exp(entry.logit - top);
    return where(list, [&](const Entry& entry) {
        const double surprise = std::log(sum) - (entry.logit - top);
        return entry.logit == top || surprise <= mu * std::numbers::ln2 + reach_slack;
    });
}

List greedy(const List& list) {
    if (list.empty()) return list;
    return {list[by(negated_logits(list)).front()]};
}

List staged(std::span<const float> logits, const Settings& settings, const Spelling& spelling,
            const Step& step) {
    List list = in_play(logits, settings, step);
    if (settings.temperature < lowest_temperature) {
        list = penalised(std::move(list), settings, step.history);
        return greedy(dry(std::move(list), settings, spelling.dry_breakers, step.history));
    }
    for (const auto stage : settings.order)
        list = after(stage, std::move(list), settings, spelling, step);
    return list;
}

List kept(std::span<const float> logits, const Settings& settings, const Spelling& spelling,
          const Step& step) {
    List list = staged(logits, settings, spelling, step);
    if (settings.mirostat_tau == 0 || settings.temperature < lowest_temperature) return list;
    return mirostat(list, step.mirostat_mu.value_or(2 * settings.mirostat_tau));
}

std::size_t drawn(const List& list, double number) {
    const auto share = probabilities(list);
    double mass = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
        mass += share[i];
        if (mass > number) return i;
        if (share[i] > 0) last = i;
    }
    return last;  // where rounding left the sum below the number
}

std::int32_t rank(std::span<const float> logits, TokenId token) {
    std::int32_t before = 0;
    const float logit = logits[static_cast<std::size_t>(token)];
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const bool ties_lower = logits[i] == logit && i < static_cast<std::size_t>(token);
        if (logits[i] > logit || ties_lower) ++before;
    }
    return before;
}

}  // namespace fabula::sample::reference
