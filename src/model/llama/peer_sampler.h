// SPDX-License-Identifier: 0BSD
// llama.cpp's own sampler chain over a row of logits, for the bench to compare with. Only where the
// build has it (-DFABULA_PEER_SAMPLER=ON); nothing that users do goes through it.
#pragma once

#include "base/token.h"
#include "sample/settings.h"

#include <cstddef>
#include <memory>
#include <span>

namespace fabula::model {

class PeerSampler {
public:
    PeerSampler(const PeerSampler&) = delete;
    PeerSampler& operator=(const PeerSampler&) = delete;
    virtual ~PeerSampler() = default;

    /// What llama_sampler_sample() does with a row: fill a list of tokens and logits, apply the
    /// chain, which draws at its end.
    virtual TokenId draw(std::span<const float> row) = 0;

protected:
    PeerSampler() = default;
};

/// Whether this build has llama.cpp's samplers to compare with.
bool has_peer_sampler();

/// The chain of `settings` for rows of `n_vocab` logits, whose stages come in the order in which
/// llama.cpp and Fabula both have them by default, behind `history`; null where llama.cpp lacks one
/// of them, or the build has no peer.
std::unique_ptr<PeerSampler> make_peer_sampler(const sample::Settings& settings,
                                               std::size_t n_vocab,
                                               std::span<const TokenId> history);

}  // namespace fabula::model
