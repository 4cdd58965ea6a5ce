// SPDX-License-Identifier: 0BSD
// The one word that the modules below and above the model share about its vocabulary.
#pragma once

#include <cstdint>

namespace fabula {

/// Index into a model's vocabulary: [0, n_vocab).
using TokenId = std::int32_t;

}  // namespace fabula
