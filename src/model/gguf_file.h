// SPDX-License-Identifier: 0BSD
// What a GGUF file says of itself: its metadata and tensor list, bounds checked, without loading
// it. Foreign bytes: every length is held against the file's size before it is believed.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace fabula::model {

struct GgufTensor {
    std::string name;
    std::string type;  // "F32", "Q8_0", ...; "type 99" for one that ggml does not know
    std::vector<std::uint64_t> shape;  // fastest axis first, as GGUF writes it
    std::uint64_t size_bytes = 0;      // 0 for a type that ggml does not know
    std::uint64_t offset = 0;          // of its first byte, from the start of the file
};

/// A GGUF value in plain form; arrays are kept as their length and the type of their elements.
struct GgufArray {
    std::uint64_t length = 0;
    std::string type;  // "string", "u8", "i32", "f32", "bool", ...
};
using GgufValue = std::variant<std::uint64_t, std::int64_t, double, bool, std::string, GgufArray>;

struct GgufFile {
    std::uint32_t version = 0;
    std::map<std::string, GgufValue> metadata;
    std::vector<GgufTensor> tensors;
    std::uint64_t size_bytes = 0;  // of the file

    /// The value of `key`, or `otherwise` when it is missing or of another kind (a negative number
    /// is no number here).
    std::string text(const std::string& key, const std::string& otherwise = "") const;
    std::uint64_t number(const std::string& key, std::uint64_t otherwise = 0) const;
    bool has(const std::string& key) const { return metadata.contains(key); }
    /// The array under `key`, or nullptr.
    const GgufArray* array(const std::string& key) const;
    const GgufTensor* tensor(const std::string& name) const;
};

/// Inspects the file. Errors: not_found, corrupt: "model 'x.gguf': ..." with what is wrong and
/// where.
Result<GgufFile> inspect_gguf(const std::string& path);
/// The same over the first bytes of a file of `file_bytes` bytes (the fuzz target's door).
Result<GgufFile> inspect_gguf(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                              const std::string& name);

/// Whether `file` describes a language model that may be handed to llama.cpp, which aborts the
/// process on some damage: counts in range, a vocabulary, weights of weight types. Whether
/// llama.cpp knows the architecture only llama.cpp can say. Errors: corrupt, as above;
/// invalid_input for a sound file that holds something else (an adapter, one part of several).
Result<Unit> check_runnable(const GgufFile& file, const std::string& name);

}  // namespace fabula::model
