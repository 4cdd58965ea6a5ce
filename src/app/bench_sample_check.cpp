// SPDX-License-Identifier: 0BSD
// Is what is timed right? One draw held against the definitions in float64.
#include "app/bench_sample.h"
#include "sample/reference.h"

#include <algorithm>
#include <cmath>

namespace fabula::app {
namespace {

namespace reference = sample::reference;

// What a draw says is in single precision: Sampler promises a relative error near 1e-7.
bool is_near(float found, double truth) {
    return std::abs(static_cast<double>(found) - truth) <= 1e-6 + 1e-6 * std::abs(truth);
}

bool is_right(const sample::Drawn& drawn, const SampleRow& row, const reference::List& truth,
              double number) {
    const auto at = reference::drawn(truth, number);
    if (drawn.token != truth[at].token) return false;
    const auto model = reference::in_play(row.logits, {}, {});
    const auto share = reference::probabilities(model);
    const auto own = std::ranges::find(model, drawn.token, &reference::Entry::token);
    const double logprob_model = std::log(share[static_cast<std::size_t>(own - model.begin())]);
    return is_near(drawn.logprob, std::log(reference::probabilities(truth)[at])) &&
           is_near(drawn.logprob_model, logprob_model) &&
           is_near(drawn.entropy, reference::entropy(model)) &&
           drawn.rank == reference::rank(row.logits, drawn.token);
}

}  // namespace

Result<std::size_t> checked_kept(const SampleChain& chain, const SampleRow& row,
                                 const sample::Step& step) {
    sample::Sampler sampler(chain.settings);
    const auto kept = sampler.keep(row.logits, step);
    if (!kept) return kept.error();
    const auto drawn = sampler.draw(row.logits, step);
    if (!drawn) return drawn.error();
    const auto truth = reference::kept(row.logits, chain.settings, {}, step);
    const std::string where = "chain " + chain.name + " over the row " + row.name;
    const bool is_same = std::ranges::equal(
        *kept, truth, [](const auto& a, const auto& b) { return a.token == b.token; });
    if (!is_same)
        return Error{ErrorCode::corrupt, where + " keeps " + std::to_string(kept->size()) +
                                             " tokens, its definition " +
                                             std::to_string(truth.size()) + " or others"};
    if (!is_right(*drawn, row, truth, step.number))
        return Error{ErrorCode::corrupt, where + " draws token " + std::to_string(drawn->token) +
                                             ", its definition another, or says otherwise of it"};
    return kept->size();
}

}  // namespace fabula::app
