// SPDX-License-Identifier: 0BSD
#include "model/beam_search.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

namespace fabula::model {
namespace {

struct Beam {
    std::vector<TokenId> tokens;
    double logprob = 0;  // of all its tokens together
};

struct Extension {
    double logprob = 0;
    std::size_t beam = 0;
    TokenId token = 0;
};

class Search {
public:
    Search(const BeamSearch& options, std::span<const TokenId> ends)
        : options_(options), ends_(ends), beams_(1) {}

    // Follows every beam by one token. Nothing is left to follow once all have ended.
    Result<Unit> extend(const Followers& followers) {
        std::vector<std::vector<TokenId>> beginnings;
        for (const auto& beam : beams_)
            beginnings.push_back(beam.tokens);
        const auto found = followers(beginnings, 2 * options_.num_beams);
        if (!found) return found.error();
        std::vector<Extension> all;
        for (std::size_t i = 0; i < beams_.size(); ++i) {
            for (const auto& [token, logprob] : (*found)[i])
                all.push_back({beams_[i].logprob + logprob, i, token});
        }
        std::sort(all.begin(), all.end(), [](const Extension& a, const Extension& b) {
            return std::tuple(-a.logprob, a.beam, a.token) <
                   std::tuple(-b.logprob, b.beam, b.token);
        });
        if (all.size() > 2 * options_.num_beams) all.resize(2 * options_.num_beams);
        take(all);
        return Unit{};
    }

    bool is_over() const {
        if (beams_.empty()) return true;
        const std::size_t n_tokens = beams_.front().tokens.size();
        if (n_tokens >= options_.most_tokens) return true;
        if (n_tokens == 0 || kept_.size() < options_.num_beams) return false;
        return kept_.back().score >= score_of(best_logprob_, n_tokens);
    }

    // The best text, of those that have ended and those that were still followed.
    std::optional<Hypothesis> best() && {
        for (auto& beam : beams_) {
            if (!beam.tokens.empty())
                keep({beam.tokens, score_of(beam.logprob, beam.tokens.size()), false});
        }
        if (kept_.empty()) return {};
        return std::move(kept_.front());
    }

private:
    double score_of(double logprob, std::size_t n_tokens) const {
        return logprob / std::pow(static_cast<double>(n_tokens), options_.length_penalty);
    }

    bool is_end(TokenId token) const {
        return std::find(ends_.begin(), ends_.end(), token) != ends_.end();
    }

    void take(const std::vector<Extension>& best) {
        std::vector<Beam> next;
        for (std::size_t rank = 0; rank < best.size() && next.size() < options_.num_beams; ++rank) {
            const auto& [logprob, beam, token] = best[rank];
            const auto& before = beams_[beam].tokens;
            if (!is_end(token)) {
                next.push_back({before, logprob});
                next.back().tokens.push_back(token);
            } else if (rank < options_.num_beams) {
                keep({before, score_of(logprob, before.size() + 1), true});
            }
        }
        best_logprob_ = best.empty() ? 0 : best.front().logprob;
        beams_ = std::move(next);
    }

    // Behind those that are as good.
    void keep(Hypothesis hypothesis) {
        const auto at = std::upper_bound(
            kept_.begin(), kept_.end(), hypothesis,
            [](const Hypothesis& a, const Hypothesis& b) { return a.score > b.score; });
        kept_.insert(at, std::move(hypothesis));
        if (kept_.size() > options_.num_beams) kept_.pop_back();
    }

    BeamSearch options_;
    std::span<const TokenId> ends_;
    std::vector<Beam> beams_;       // best first, all of one length
    double best_logprob_ = 0;       // of the last extensions, ends included
    std::vector<Hypothesis> kept_;  // best first, at most num_beams
};

}  // namespace

Result<Hypothesis> beam_search(const BeamSearch& search, std::span<const TokenId> ends,
                               const Followers& followers, const std::stop_token& stop) {
    assert(search.num_beams >= 1 && search.most_tokens >= 1);
    Search work(search, ends);
    while (!work.is_over() && !stop.stop_requested()) {
        if (const auto done = work.extend(followers); !done) {
            if (stop.stop_requested()) break;
            return done.error();
        }
    }
    auto best = std::move(work).best();
    if (!best && !stop.stop_requested())
        return Error{ErrorCode::exhausted, "no text can begin here"};
    return best.value_or(Hypothesis{});
}

}  // namespace fabula::model
