// SPDX-License-Identifier: 0BSD
// How many bytes of a model file a decoder must move, counted from what the file says of itself.
#pragma once

#include "model/gguf_file.h"
#include "model/load.h"

#include <cstddef>
#include <cstdint>

namespace fabula::app {

/// The bytes of all tensors of the file.
std::uint64_t tensor_bytes(const model::GgufFile& file);

/// The bytes of the file that one step reads whatever its tokens are: the matrices of the layers
/// (`blk.*`, two axes and more) and of the head. The token embedding counts once where it is also
/// the head and not at all where rows of it are only looked up, as the positions are; norms and
/// biases do not count. Of a stack of experts the share that one token uses counts.
std::uint64_t step_bytes(const model::GgufFile& file);

/// The bytes of keys and values of `n_positions` tokens in numbers of `cache`, at the least.
std::uint64_t cache_bytes(const model::GgufFile& file, model::CacheType cache,
                          std::size_t n_positions);

}  // namespace fabula::app
