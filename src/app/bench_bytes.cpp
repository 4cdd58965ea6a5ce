// SPDX-License-Identifier: 0BSD
#include "app/bench_bytes.h"

#include <algorithm>
#include <string>

namespace fabula::app {
namespace {

/// The metadata `key` of the file's architecture.
std::uint64_t number_of(const model::GgufFile& file, const std::string& key,
                        std::uint64_t otherwise) {
    return file.number(file.text("general.architecture") + "." + key, otherwise);
}

bool is_matrix(const model::GgufTensor& tensor) {
    return std::ranges::count_if(tensor.shape, [](std::uint64_t n) { return n > 1; }) >= 2;
}

std::uint64_t read_bytes_of(const model::GgufFile& file, const model::GgufTensor& tensor) {
    const bool is_stack = tensor.name.find("_exps.") != std::string::npos;
    const std::uint64_t n_experts = number_of(file, "expert_count", 0);
    if (!is_stack || n_experts == 0) return tensor.size_bytes;
    return tensor.size_bytes / n_experts *
           std::min(n_experts, number_of(file, "expert_used_count", n_experts));
}

}  // namespace

std::uint64_t tensor_bytes(const model::GgufFile& file) {
    std::uint64_t n_bytes = 0;
    for (const auto& tensor : file.tensors)
        n_bytes += tensor.size_bytes;
    return n_bytes;
}

std::uint64_t step_bytes(const model::GgufFile& file) {
    const std::string head =
        file.tensor("output.weight") != nullptr ? "output.weight" : "token_embd.weight";
    std::uint64_t n_bytes = 0;
    for (const auto& tensor : file.tensors) {
        if (!is_matrix(tensor)) continue;
        if (tensor.name == head || tensor.name.starts_with("blk."))
            n_bytes += read_bytes_of(file, tensor);
    }
    return n_bytes;
}

std::uint64_t cache_bytes(const model::GgufFile& file, model::CacheType cache,
                          std::size_t n_positions) {
    const std::uint64_t n_heads =
        std::max<std::uint64_t>(1, number_of(file, "attention.head_count", 1));
    const std::uint64_t n_heads_kv = number_of(file, "attention.head_count_kv", n_heads);
    const std::uint64_t width = number_of(file, "embedding_length", 0) / n_heads;
    const std::uint64_t n_numbers = n_heads_kv * (number_of(file, "attention.key_length", width) +
                                                  number_of(file, "attention.value_length", width));
    const std::uint64_t number_bytes = cache == model::CacheType::f16 ? 2 : 4;
    return number_of(file, "block_count", 0) * n_numbers * n_positions * number_bytes;
}

}  // namespace fabula::app
