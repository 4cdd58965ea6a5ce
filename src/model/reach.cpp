// SPDX-License-Identifier: 0BSD
#include "model/reach.h"

#include "model/branch.h"
#include "model/text_search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace fabula::model {
namespace {

using Row = std::span<const float>;

std::vector<double> softmax(Row logits) {
    const double top = *std::max_element(logits.begin(), logits.end());
    std::vector<double> weights;
    weights.reserve(logits.size());
    for (const float logit : logits)
        weights.push_back(std::exp(static_cast<double>(logit) - top));
    const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (auto& weight : weights)
        weight /= sum;
    return weights;
}

constexpr std::uint64_t most_attempts = 4096;  // that are tried again

std::vector<TokenId> banned_at(const sample::Settings& settings, const PlaceInRow& place) {
    std::vector<TokenId> banned(place.bans.begin(), place.bans.end());
    const bool may_not_end =
        settings.ignore_end || place.position < static_cast<std::size_t>(settings.min_new_tokens);
    if (may_not_end) banned.insert(banned.end(), place.ends.begin(), place.ends.end());
    return banned;
}

sample::Step step_of(const PlaceInRow& place, std::span<const TokenId> banned,
                     std::uint32_t attempt) {
    return {.history = place.history,
            .banned = banned,
            .number = place.words.uniform(place.position, attempt),
            .coin = coins_of(place.words).uniform(place.position, attempt),
            .mirostat_mu = place.mirostat_mu};
}

struct Again {
    std::uint32_t attempt = 0;
    sample::Drawn drawn;
};

std::optional<Again> find_again(Row logits, sample::Sampler& sampler, const PlaceInRow& place,
                                std::span<const TokenId> banned) {
    std::optional<Again> first;
    const auto n =
        static_cast<std::uint32_t>(std::clamp<std::uint64_t>(place.draws, 1, most_attempts));
    for (std::uint32_t attempt = 0; attempt < n; ++attempt) {
        const auto drawn = sampler.draw(logits, step_of(place, banned, attempt));
        if (!drawn) return {};
        if (drawn->token != place.taken) continue;
        const bool is_same = !place.logprob || std::bit_cast<std::uint32_t>(*place.logprob) ==
                                                   std::bit_cast<std::uint32_t>(drawn->logprob);
        if (is_same) return Again{attempt, *drawn};
        if (!first) first = Again{attempt, *drawn};
    }
    return first;
}

double natural_log(double probability) {
    return probability > 0 ? std::log(probability) : -std::numeric_limits<double>::infinity();
}

// The tokens by falling probability under the model, the lower id first where they tie: the first
// `n`.
std::vector<TokenId> likeliest(Row logits, std::size_t n) {
    std::vector<TokenId> ids(logits.size());
    std::iota(ids.begin(), ids.end(), TokenId{0});
    n = std::min(n, ids.size());
    const auto is_likelier = [&](TokenId a, TokenId b) {
        const float left = logits[static_cast<std::size_t>(a)];
        const float right = logits[static_cast<std::size_t>(b)];
        return left > right || (left == right && a < b);
    };
    std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(n), ids.end(),
                      is_likelier);
    ids.resize(n);
    return ids;
}

std::int32_t rank_of(Row logits, TokenId token) {
    const float own = logits[static_cast<std::size_t>(token)];
    std::int32_t rank = 0;
    for (std::size_t i = 0; i < logits.size(); ++i)
        rank +=
            logits[i] > own || (logits[i] == own && i < static_cast<std::size_t>(token)) ? 1 : 0;
    return rank;
}

double entropy_of(const std::vector<double>& probabilities) {
    double sum = 0;
    for (const double p : probabilities)
        sum -= p > 0 ? p * std::log(p) : 0;
    return sum;
}

}  // namespace

std::optional<sample::Drawn> drawn_again(std::span<const float> logits, sample::Sampler& sampler,
                                         const PlaceInRow& place) {
    const auto banned = banned_at(sampler.settings(), place);
    const auto again = find_again(logits, sampler, place, banned);
    if (!again) return {};
    return again->drawn;
}

namespace {

// What the settings leave in play there, with probabilities.
struct InReach {
    std::vector<std::pair<TokenId, double>> tokens;
    std::optional<sample::Drawn> drawn;
};

Result<InReach> searched(Row logits, sample::Sampler& sampler, const PlaceInRow& place,
                         std::span<const TokenId> banned) {
    InReach found;
    const sample::Step step{.history = place.history, .banned = banned};
    const auto all = sampler.likeliest(logits, step, logits.size());
    if (!all) return all.error();
    for (const auto& [token, logprob] : *all) {
        found.tokens.emplace_back(token, std::exp(logprob));
        if (token != place.taken) continue;
        const auto traced = sampler.trace(logits, step, token);
        if (!traced) return traced.error();
        found.drawn = *traced;
    }
    return found;
}

Result<InReach> drawn(Row logits, sample::Sampler& sampler, const PlaceInRow& place,
                      std::span<const TokenId> banned) {
    InReach found;
    const auto again = find_again(logits, sampler, place, banned);
    if (again) found.drawn = again->drawn;
    const auto kept = sampler.keep(logits, step_of(place, banned, again ? again->attempt : 0));
    if (!kept && kept.error().code != ErrorCode::exhausted) return kept.error();
    if (!kept) return found;
    for (const auto& [token, probability] : *kept)
        found.tokens.emplace_back(token, probability);
    return found;
}

}  // namespace

Result<Reach> reach_in(std::span<const float> logits, sample::Sampler& sampler,
                       const PlaceInRow& place) {
    const auto banned = banned_at(sampler.settings(), place);
    const auto found = is_searched(sampler.settings()) ? searched(logits, sampler, place, banned)
                                                       : drawn(logits, sampler, place, banned);
    if (!found) return found.error();
    const auto of_model = softmax(logits);
    std::vector<double> of_settings(logits.size());
    auto out_of_reach = of_model;
    for (const auto& [token, probability] : found->tokens) {
        of_settings[static_cast<std::size_t>(token)] = probability;
        out_of_reach[static_cast<std::size_t>(token)] = 0;
    }
    Reach reach;
    reach.was_drawn_again = found->drawn.has_value();
    reach.n_refused = place.bans.size();
    reach.n_in_reach = found->tokens.size();
    reach.share_cut = std::accumulate(out_of_reach.begin(), out_of_reach.end(), 0.0);

    const auto list = [&](TokenId id, std::int32_t rank) {
        const auto at = static_cast<std::size_t>(id);
        reach.alternatives.push_back({id, "", of_model[at], of_settings[at], rank});
    };
    const std::int32_t rank = rank_of(logits, place.taken);
    for (const TokenId id : likeliest(logits, place.n_likeliest))
        list(id, static_cast<std::int32_t>(reach.alternatives.size()));
    if (static_cast<std::size_t>(rank) >= place.n_likeliest) list(place.taken, rank);

    const auto taken = static_cast<std::size_t>(place.taken);
    if (const auto& again = found->drawn)
        reach.taken = {again->logprob_model, again->logprob, again->entropy, again->rank};
    else
        reach.taken = {static_cast<float>(natural_log(of_model[taken])),
                       static_cast<float>(natural_log(of_settings[taken])),
                       static_cast<float>(entropy_of(of_model)), rank};
    return reach;
}

}  // namespace fabula::model
