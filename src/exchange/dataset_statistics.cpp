// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_statistics.h"

#include <algorithm>

namespace fabula::exchange {
namespace {

void count_policies(const OfferLine& offer, std::map<std::string, PolicyCounts>& policies) {
    for (const auto& candidate : offer.candidates)
        ++policies[candidate.policy].candidates;
    if (!offer.decision || !offer.decision->index) return;
    const auto shown = order_shown(offer);
    for (const auto& candidate : offer.candidates) {
        if (std::find(shown.begin(), shown.end(), candidate.index) == shown.end()) continue;
        auto& counts = policies[candidate.policy];
        ++counts.shown;
        counts.expected += 1 / static_cast<double>(shown.size());
        if (candidate.index == *offer.decision->index) ++counts.picked;
    }
}

void widen(const sample::Settings& settings, std::map<std::string, Range>& ranges) {
    for (const auto& field : sample::fields()) {
        const double value = field.of(settings);
        const auto [found, is_new] = ranges.try_emplace(field.name, Range{value, value});
        if (is_new) continue;
        found->second.low = std::min(found->second.low, value);
        found->second.high = std::max(found->second.high, value);
    }
}

}  // namespace

void Statistics::add(const OfferLine& offer) {
    auto& step = steps[offer.step];
    ++step.offers;
    for (const auto& candidate : offer.candidates) {
        ++candidates;
        tokens += candidate.n_tokens;
        redacted += candidate.is_redacted ? 1U : 0U;
        widen(candidate.settings, settings);
    }
    if (offer.decision) {
        ++decisions[static_cast<std::size_t>(offer.decision->kind)];
        ++choosers[offer.decision->chooser];
        ++by_user[offer.decision->user.value_or("")];
        step.decided += offer.decision->index ? 1U : 0U;
    } else {
        ++undecided;
    }
    count_policies(offer, policies);
    ratings += offer.ratings.size();
    auto& model = models[offer.model];
    model.hash = offer.model_hash;
    model.backend = offer.backend;
    ++model.offers;
    if (first.empty() || offer.created < first) first = offer.created;
    if (last.empty() || offer.created > last) last = offer.created;
}

void Statistics::add(const PairLine& pair) {
    ++pairs;
    equal_pairs += pair.chosen == pair.rejected ? 1U : 0U;
}

}  // namespace fabula::exchange
