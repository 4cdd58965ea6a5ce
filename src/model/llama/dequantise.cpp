// SPDX-License-Identifier: 0BSD
#include "model/llama/dequantise.h"

#include <ggml.h>

#include <algorithm>
#include <optional>

namespace fabula::model {
namespace {

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

std::optional<ggml_type> type_named(const std::string& name) {
    for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
        const auto type = static_cast<ggml_type>(i);
        if (ggml_blck_size(type) != 0 && upper(ggml_type_name(type)) == name) return type;
    }
    return std::nullopt;
}

}  // namespace

bool dequantise(const std::string& type, std::span<const std::byte> rows,
                std::span<float> numbers) {
    const auto found = type_named(type);
    if (!found) return false;
    const auto block = static_cast<std::size_t>(ggml_blck_size(*found));
    if (numbers.size() % block != 0 ||
        rows.size() != numbers.size() / block * ggml_type_size(*found))
        return false;
    const auto to_float = ggml_get_type_traits(*found)->to_float;
    if (to_float == nullptr) return false;
    to_float(rows.data(), numbers.data(), static_cast<std::int64_t>(numbers.size()));
    return true;
}

}  // namespace fabula::model
