// SPDX-License-Identifier: 0BSD
// The header of a safetensors file as a value: which tensor lies where. Foreign bytes: every length
// and offset is held against the file's size before it is believed.
//
// Source: huggingface/safetensors, "Format" of its README: a 64-bit length, that many bytes of
// JSON, then the tensors one behind the other without holes.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model::hugging_face {

struct SafetensorsTensor {
    std::string name;
    std::string dtype;                 // "F32", "BF16", ... as the file writes it
    std::vector<std::uint64_t> shape;  // slowest axis first
    std::uint64_t offset = 0;          // of its first byte, from the start of the file
    std::uint64_t size_bytes = 0;
};

struct SafetensorsHeader {
    std::vector<SafetensorsTensor> tensors;       // by offset
    std::map<std::string, std::string> metadata;  // "__metadata__"
};

/// Reads the header of a file of `file_bytes` bytes whose first ones are `bytes` (all of the header
/// is among them). `who` begins each message: "file 'model.safetensors'". Errors: corrupt: a header
/// that does not fit, is no such JSON, names a dtype that the format does not have, or lays out its
/// tensors with holes, overlaps or sizes that are not those of their shapes.
Result<SafetensorsHeader> read_safetensors(std::span<const std::byte> bytes,
                                           std::uint64_t file_bytes, const std::string& who);

/// Bytes of a number of this dtype, 0 for a dtype that the format does not have.
std::uint64_t dtype_bytes(std::string_view dtype);

/// Whether weights of this dtype are read: F64, F32, F16, BF16.
bool is_weight_dtype(std::string_view dtype);

/// `numbers` become those at the front of `bytes`, which lie at any address. Requires a weight
/// dtype and as many bytes as the numbers take.
void to_floats(std::string_view dtype, std::span<const std::byte> bytes, std::span<float> numbers);

}  // namespace fabula::model::hugging_face
