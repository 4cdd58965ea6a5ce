// SPDX-License-Identifier: 0BSD
// In a build without the peer (the usual one) there is nothing to compare with.
#include "model/llama/peer_sampler.h"

namespace fabula::model {

bool has_peer_sampler() {
    return false;
}

std::unique_ptr<PeerSampler> make_peer_sampler(const sample::Settings& /*settings*/,
                                               std::size_t /*n_vocab*/,
                                               std::span<const TokenId> /*history*/) {
    return nullptr;
}

}  // namespace fabula::model
