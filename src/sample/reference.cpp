// SPDX-License-Identifier: 0BSD
#include "sample/reference.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
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

List after(Stage stage, List list, const Settings& settings, std::span<const TokenId> history) {
    switch (stage) {
        case Stage::penalties:
            return penalised(std::move(list), settings, history);
        case Stage::temperature:
            return tempered(std::move(list), settings.temperature);
        case Stage::top_k:
            return top_k(list, settings.top_k);
        case Stage::top_p:
            return top_p(list, settings.top_p);
        case Stage::min_p:
            return min_p(list, settings.min_p);
        case Stage::typical_p:
            return typical_p(list, settings.typical_p);
    }
    return list;
}

}  // namespace

List in_play(std::span<const float> logits, const Settings& settings,
             std::span<const std::vector<TokenId>> bad_sequences, const Step& step) {
    const auto bad = completing(bad_sequences, step.history);
    std::set<TokenId> banned(bad.begin(), bad.end());
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

std::vector<TokenId> completing(std::span<const std::vector<TokenId>> sequences,
                                std::span<const TokenId> history) {
    std::set<TokenId> last;
    for (const auto& sequence : sequences) {
        if (sequence.empty() || sequence.size() - 1 > history.size()) continue;
        const std::vector<TokenId> end(history.end() - (std::ssize(sequence) - 1), history.end());
        if (std::equal(end.begin(), end.end(), sequence.begin())) last.insert(sequence.back());
    }
    return {last.begin(), last.end()};
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

List greedy(const List& list) {
    if (list.empty()) return list;
    return {list[by(negated_logits(list)).front()]};
}

List kept(std::span<const float> logits, const Settings& settings,
          std::span<const std::vector<TokenId>> bad_sequences, const Step& step) {
    List list = in_play(logits, settings, bad_sequences, step);
    if (settings.temperature < lowest_temperature)
        return greedy(penalised(std::move(list), settings, step.history));
    for (const auto stage : settings.order)
        list = after(stage, std::move(list), settings, step.history);
    return list;
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
