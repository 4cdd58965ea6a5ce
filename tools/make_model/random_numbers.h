// SPDX-License-Identifier: 0BSD
// Random weights by the million, named by a stream and an index as all random numbers here are. The
// same on every processor: nothing of them comes from a mathematical library.
#pragma once

#include "base/rng.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace fabula::make_model {

/// The stream of a tensor: of the seed and the tensor's name, so that the other tensors do not
/// matter.
Rng stream_of(std::uint64_t seed, std::string_view tensor);

/// Numbers first, first + 1, ... of the stream: normal, of mean 0.
void fill_normal(const Rng& stream, std::uint64_t first, double deviation, std::span<float> out);

/// The same, uniform in [low, high).
void fill_uniform(const Rng& stream, std::uint64_t first, double low, double high,
                  std::span<float> out);

/// Six different channels of n_embd >= 6, in rising order.
std::array<std::uint64_t, 6> outlier_channels(std::uint64_t seed, std::uint64_t n_embd);

}  // namespace fabula::make_model
