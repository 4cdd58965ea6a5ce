// SPDX-License-Identifier: 0BSD
// The headers of safetensors files: what is let through lies in the file, without overlaps, and has
// as many bytes as its shape says.
#include "model/hugging_face/safetensors.h"

#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace hugging_face = fabula::model::hugging_face;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
    const auto header = hugging_face::read_safetensors(bytes, size, "fuzz");
    if (!header) return 0;
    std::uint64_t end = 0;
    std::vector<float> numbers;
    for (const auto& tensor : header->tensors) {
        if (end != 0 && tensor.offset != end) std::abort();
        end = tensor.offset + tensor.size_bytes;
        if (end > size) std::abort();
        std::uint64_t n_bytes = hugging_face::dtype_bytes(tensor.dtype);
        for (const std::uint64_t extent : tensor.shape)
            n_bytes *= extent;
        if (n_bytes != tensor.size_bytes) std::abort();
        if (!hugging_face::is_weight_dtype(tensor.dtype)) continue;
        numbers.resize(n_bytes / hugging_face::dtype_bytes(tensor.dtype));
        hugging_face::to_floats(tensor.dtype, bytes.subspan(tensor.offset, n_bytes), numbers);
    }
    if (!header->tensors.empty() && end != size) std::abort();
    return 0;
}
