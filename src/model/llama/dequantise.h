// SPDX-License-Identifier: 0BSD
// Numbers of any type that ggml can read, for loaders that know few.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace fabula::model {

/// The numbers of `rows`, which are of the type that ggml calls `type` ("IQ2_XXS"; upper case).
/// False when ggml has no such type, cannot read it, or the sizes do not agree.
bool dequantise(const std::string& type, std::span<const std::byte> rows, std::span<float> numbers);

}  // namespace fabula::model
