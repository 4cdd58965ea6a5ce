// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/safetensors.h"

#include "model/hugging_face/json_value.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t longest_header = 100'000'000;  // the format's own limit
constexpr std::uint64_t most_tensors = 65536;
constexpr std::size_t most_dimensions = 8;

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 15> dtypes = {{{"F64", 8},
                                                                                {"F32", 4},
                                                                                {"F16", 2},
                                                                                {"BF16", 2},
                                                                                {"I64", 8},
                                                                                {"I32", 4},
                                                                                {"I16", 2},
                                                                                {"I8", 1},
                                                                                {"U64", 8},
                                                                                {"U32", 4},
                                                                                {"U16", 2},
                                                                                {"U8", 1},
                                                                                {"BOOL", 1},
                                                                                {"F8_E4M3", 1},
                                                                                {"F8_E5M2", 1}}};

/// Bytes of a tensor of this shape, or nothing when they cannot be counted.
std::optional<std::uint64_t> size_of(const std::vector<std::uint64_t>& shape,
                                     std::uint64_t number_bytes) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    std::uint64_t n = number_bytes;
    for (const std::uint64_t extent : shape) {
        if (extent != 0 && n > most / extent) return std::nullopt;
        n *= extent;
    }
    return n;
}

/// A list of numbers without sign or fraction.
std::optional<std::vector<std::uint64_t>> counts_of(const JsonValue* value) {
    const JsonArray* const array = value != nullptr ? value->array() : nullptr;
    if (array == nullptr || array->size() > most_dimensions) return std::nullopt;
    std::vector<std::uint64_t> counts;
    counts.reserve(array->size());
    for (const JsonValue& each : *array) {
        const auto count = each.count();
        if (!count) return std::nullopt;
        counts.push_back(*count);
    }
    return counts;
}

/// What is wrong, or "". `tensor` gets its offset from the end of the header.
std::string problem_of(const JsonValue& entry, std::uint64_t data_bytes,
                       SafetensorsTensor& tensor) {
    tensor.dtype = entry.text_at("dtype");
    const std::uint64_t number_bytes = dtype_bytes(tensor.dtype);
    if (number_bytes == 0) return "has dtype '" + tensor.dtype + "', which is not known";
    const auto shape = counts_of(entry.find("shape"));
    const auto offsets = counts_of(entry.find("data_offsets"));
    if (!shape) return "has no shape";
    if (!offsets || offsets->size() != 2) return "has no data_offsets";
    tensor.shape = *shape;
    const std::uint64_t begin = (*offsets)[0];
    const std::uint64_t end = (*offsets)[1];
    if (begin > end || end > data_bytes) {
        return "lies at bytes " + std::to_string(begin) + " to " + std::to_string(end) + " of " +
               std::to_string(data_bytes) + " (truncated?)";
    }
    const auto size = size_of(tensor.shape, number_bytes);
    if (!size) return "has more bytes than can be counted";
    if (*size != end - begin) {
        return "has a shape of " + std::to_string(*size) + " bytes and offsets of " +
               std::to_string(end - begin);
    }
    tensor.offset = begin;
    tensor.size_bytes = *size;
    return {};
}

std::string problem_of_metadata(const JsonValue& entry, SafetensorsHeader& header) {
    const JsonObject* const object = entry.object();
    if (object == nullptr) return "__metadata__ is no object";
    for (const auto& [key, value] : *object) {
        if (value.text() == nullptr) return "__metadata__ holds more than texts";
        header.metadata.emplace(key, *value.text());
    }
    return {};
}

std::string of_tensor(const std::string& name, const std::string& problem) {
    return "tensor '" + name + "' " + problem;
}

std::string problem_of_entries(const JsonObject& entries, std::uint64_t data_bytes,
                               SafetensorsHeader& header) {
    if (entries.size() > most_tensors)
        return "more than " + std::to_string(most_tensors) + " tensors";
    for (const auto& [name, entry] : entries) {
        if (name == "__metadata__") {
            if (auto problem = problem_of_metadata(entry, header); !problem.empty()) return problem;
            continue;
        }
        SafetensorsTensor tensor;
        tensor.name = name;
        if (auto problem = problem_of(entry, data_bytes, tensor); !problem.empty())
            return of_tensor(name, problem);
        header.tensors.push_back(std::move(tensor));
    }
    return {};
}

/// Tensors lie one behind the other and fill the file.
std::string problem_of_layout(const SafetensorsHeader& header, std::uint64_t data_bytes) {
    std::uint64_t expected = 0;
    for (const SafetensorsTensor& tensor : header.tensors) {
        if (tensor.offset != expected) {
            return "tensor '" + tensor.name + "' begins at byte " + std::to_string(tensor.offset) +
                   " of the weights, expected " + std::to_string(expected) +
                   (tensor.offset < expected ? " (an overlap)" : " (a hole)");
        }
        expected += tensor.size_bytes;
    }
    if (expected == data_bytes) return {};
    return "its tensors have " + std::to_string(expected) + " bytes, behind the header are " +
           std::to_string(data_bytes);
}

float half_to_float(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16U;
    const std::uint32_t exponent = (half >> 10U) & 31U;
    const std::uint32_t fraction = half & 1023U;
    if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13U));
    if (exponent != 0)
        return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (fraction << 13U));
    const float small = static_cast<float>(fraction) * 0x1p-24F;  // exact
    return sign == 0 ? small : -small;
}

template <typename Stored, typename Convert>
void convert(std::span<const std::byte> bytes, std::span<float> numbers, Convert to_float) {
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        Stored stored;
        std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
        numbers[i] = to_float(stored);
    }
}

}  // namespace

std::uint64_t dtype_bytes(std::string_view dtype) {
    const auto* const found =
        std::ranges::find(dtypes, dtype, &std::pair<std::string_view, std::uint64_t>::first);
    return found == dtypes.end() ? 0 : found->second;
}

bool is_weight_dtype(std::string_view dtype) {
    return dtype == "F64" || dtype == "F32" || dtype == "F16" || dtype == "BF16";
}

void to_floats(std::string_view dtype, std::span<const std::byte> bytes, std::span<float> numbers) {
    assert(is_weight_dtype(dtype));
    assert(bytes.size() >= numbers.size() * dtype_bytes(dtype));
    if (dtype == "F64") {
        convert<double>(bytes, numbers, [](double n) { return static_cast<float>(n); });
    } else if (dtype == "F32") {
        std::memcpy(numbers.data(), bytes.data(), numbers.size_bytes());
    } else if (dtype == "F16") {
        convert<std::uint16_t>(bytes, numbers, half_to_float);
    } else {
        convert<std::uint16_t>(bytes, numbers, [](std::uint16_t n) {
            return std::bit_cast<float>(static_cast<std::uint32_t>(n) << 16U);
        });
    }
}

Result<SafetensorsHeader> read_safetensors(std::span<const std::byte> bytes,
                                           std::uint64_t file_bytes, const std::string& who) {
    const auto corrupt = [&](const std::string& problem) {
        return Error{ErrorCode::corrupt, who + ": " + problem};
    };
    std::uint64_t n = 0;
    if (bytes.size() < length_bytes || file_bytes < bytes.size())
        return corrupt("not a safetensors file");
    std::memcpy(&n, bytes.data(), length_bytes);
    if (n > longest_header || n > bytes.size() - length_bytes) {
        return corrupt("a header of " + std::to_string(n) + " bytes, the file has " +
                       std::to_string(file_bytes) + " (no safetensors file, or truncated)");
    }
    const auto json = parse_json(
        {reinterpret_cast<const char*>(bytes.data() + length_bytes), static_cast<std::size_t>(n)});
    if (!json) return corrupt("its header: " + json.error().message);
    const JsonObject* const entries = json->object();
    if (entries == nullptr) return corrupt("its header is no object");
    const std::uint64_t data_bytes = file_bytes - length_bytes - n;
    SafetensorsHeader header;
    std::string problem = problem_of_entries(*entries, data_bytes, header);
    if (problem.empty()) {
        std::ranges::stable_sort(header.tensors, {}, [](const SafetensorsTensor& tensor) {
            return std::pair(tensor.offset, tensor.size_bytes);
        });
        problem = problem_of_layout(header, data_bytes);
    }
    if (!problem.empty()) return corrupt(problem);
    for (SafetensorsTensor& tensor : header.tensors)
        tensor.offset += length_bytes + n;
    return header;
}

}  // namespace fabula::model::hugging_face
