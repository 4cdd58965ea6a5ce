// SPDX-License-Identifier: 0BSD
#include "model/gguf_file.h"

#include "model/mapped_file.h"

#include <ggml.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace fabula::model {
namespace {

// More than any model has; gguf.cpp compares each name with all before it.
constexpr std::uint64_t most_entries = 65536;
constexpr std::uint64_t longest_key = 65535;       // the format's own limit
constexpr std::uint64_t longest_text = 1U << 30U;  // as in gguf.cpp
constexpr std::uint64_t longest_array = 1U << 30U;
constexpr std::uint64_t most_dimensions = GGML_MAX_DIMS;
constexpr std::uint64_t longest_tensor_name = GGML_MAX_NAME - 1;
constexpr std::uint64_t most_elements = std::numeric_limits<std::int64_t>::max();

enum class ValueType : std::uint32_t {
    u8,
    i8,
    u16,
    i16,
    u32,
    i32,
    f32,
    boolean,
    text,
    array,
    u64,
    i64,
    f64
};
constexpr std::uint32_t n_value_types = 13;
struct ValueKind {
    const char* name;
    std::uint64_t size_bytes;  // of one, the least for strings
};
constexpr ValueKind value_kinds[n_value_types] = {
    {"u8", 1},   {"i8", 1},     {"u16", 2},   {"i16", 2}, {"u32", 4}, {"i32", 4}, {"f32", 4},
    {"bool", 1}, {"string", 8}, {"array", 0}, {"u64", 8}, {"i64", 8}, {"f64", 8}};

/// Walks the header. The first thing that is wrong is kept in `problem`; everything read after it
/// is zero, so that callers check once a step.
class Walk {
public:
    explicit Walk(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::uint64_t position() const { return position_; }
    std::uint64_t left() const { return bytes_.size() - position_; }
    bool good() const { return problem_.empty(); }
    const std::string& problem() const { return problem_; }

    void fail(const std::string& what) {
        if (!good()) return;
        problem_ = what + " (at byte " + std::to_string(position_) + ")";
    }

    template <typename T>
    T read(const char* what) {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        if (!has(sizeof(T), what)) return value;
        std::memcpy(&value, bytes_.data() + position_, sizeof(T));
        position_ += sizeof(T);
        return value;
    }

    std::string_view read_text(const char* what, std::uint64_t longest) {
        const auto length = read<std::uint64_t>(what);
        if (good() && length > longest) {
            fail(std::string(what) + " has a length of " + std::to_string(length) + ", at most " +
                 std::to_string(longest) + " is possible");
        }
        if (!good() || !has(length, what)) return {};
        const auto* const start = reinterpret_cast<const char*>(bytes_.data() + position_);
        position_ += length;
        return {start, static_cast<std::size_t>(length)};
    }

    void skip(std::uint64_t n_bytes, const char* what) {
        if (has(n_bytes, what)) position_ += n_bytes;
    }

private:
    bool has(std::uint64_t n_bytes, const char* what) {
        if (!good()) return false;
        if (n_bytes <= left()) return true;
        fail(std::string(what) + " needs " + std::to_string(n_bytes) + " bytes, " +
             std::to_string(left()) + " are left");
        return false;
    }

    std::span<const std::byte> bytes_;
    std::uint64_t position_ = 0;
    std::string problem_;
};

Error corrupt(const std::string& name, const std::string& problem) {
    return Error{ErrorCode::corrupt, "model '" + name + "': " + problem};
}

/// llama.cpp keys its vocabulary by C strings and aborts when two tokens are the same.
void check_tokens(Walk& walk, std::vector<std::string_view> tokens) {
    for (auto& token : tokens)
        token = token.substr(0, token.find('\0'));
    std::erase(tokens, std::string_view());  // these become "[EMPTY_<index>]"
    std::ranges::sort(tokens);
    const auto twice = std::ranges::adjacent_find(tokens);
    if (twice != tokens.end()) {
        walk.fail("two tokens are '" + std::string(*twice) + "'");
    } else if (std::ranges::any_of(tokens, [](auto t) { return t.starts_with("[EMPTY_"); })) {
        walk.fail("a token is named '[EMPTY_...'");
    }
}

GgufArray read_array(Walk& walk, const std::string& key) {
    const auto type = walk.read<std::uint32_t>("an array's element type");
    const auto length = walk.read<std::uint64_t>("an array's length");
    if (!walk.good()) return {};
    if (type >= n_value_types || type == static_cast<std::uint32_t>(ValueType::array)) {
        walk.fail("key '" + key + "': an array of type " + std::to_string(type));
        return {};
    }
    const ValueKind kind = value_kinds[type];
    if (length > std::min(walk.left() / kind.size_bytes, longest_array)) {
        walk.fail("key '" + key + "': an array of " + std::to_string(length) + " elements, " +
                  std::to_string(walk.left()) + " bytes are left");
        return {};
    }
    if (type != static_cast<std::uint32_t>(ValueType::text)) {
        walk.skip(length * kind.size_bytes, "an array");
        return {length, kind.name};
    }
    std::vector<std::string_view> texts;
    const bool keep = key == "tokenizer.ggml.tokens";
    for (std::uint64_t i = 0; i < length && walk.good(); ++i) {
        const std::string_view text = walk.read_text("an array's string", longest_text);
        if (keep) texts.push_back(text);
    }
    if (keep && walk.good()) check_tokens(walk, std::move(texts));
    return {length, kind.name};
}

GgufValue read_value(Walk& walk, const std::string& key) {
    const auto type = walk.read<std::uint32_t>("a value's type");
    const char* const what = "a value";
    if (key == "general.alignment" && type != static_cast<std::uint32_t>(ValueType::u32)) {
        walk.fail("general.alignment is not of type u32");
    }
    switch (static_cast<ValueType>(type)) {
        case ValueType::u8:
            return std::uint64_t{walk.read<std::uint8_t>(what)};
        case ValueType::i8:
            return std::int64_t{walk.read<std::int8_t>(what)};
        case ValueType::u16:
            return std::uint64_t{walk.read<std::uint16_t>(what)};
        case ValueType::i16:
            return std::int64_t{walk.read<std::int16_t>(what)};
        case ValueType::u32:
            return std::uint64_t{walk.read<std::uint32_t>(what)};
        case ValueType::i32:
            return std::int64_t{walk.read<std::int32_t>(what)};
        case ValueType::f32:
            return double{walk.read<float>(what)};
        case ValueType::boolean:
            return walk.read<std::uint8_t>(what) != 0;
        case ValueType::text:
            return std::string(walk.read_text(what, longest_text));
        case ValueType::array:
            return read_array(walk, key);
        case ValueType::u64:
            return walk.read<std::uint64_t>(what);
        case ValueType::i64:
            return walk.read<std::int64_t>(what);
        case ValueType::f64:
            return walk.read<double>(what);
    }
    walk.fail("key '" + key + "': a value of type " + std::to_string(type));
    return std::uint64_t{0};
}

void read_metadata(Walk& walk, std::uint64_t n_values, GgufFile& file) {
    for (std::uint64_t i = 0; i < n_values && walk.good(); ++i) {
        const std::string key(walk.read_text("a key", longest_key));
        if (walk.good() && (key.empty() || key.find('\0') != std::string::npos)) {
            walk.fail("key " + std::to_string(i) + " is empty or holds a zero byte");
        }
        if (!walk.good()) return;
        if (!file.metadata.emplace(key, read_value(walk, key)).second) {
            walk.fail("key '" + key + "' comes twice");
        }
    }
}

/// Elements of `shape`, or nothing when there are none or too many to count.
std::optional<std::uint64_t> n_elements(const std::vector<std::uint64_t>& shape) {
    std::uint64_t n = 1;
    for (const std::uint64_t extent : shape) {
        if (extent == 0 || extent > most_elements / n) return std::nullopt;
        n *= extent;
    }
    return n;
}

/// Sets the type's name and the tensor's size, 0 for a type that ggml does not know.
void measure(Walk& walk, std::uint32_t type, GgufTensor& tensor) {
    const auto n = n_elements(tensor.shape);
    if (!n) {
        walk.fail("tensor '" + tensor.name + "' has no elements, or more than can be counted");
        return;
    }
    const bool listed = type < GGML_TYPE_COUNT;
    const auto ggml = static_cast<ggml_type>(listed ? type : 0);
    const std::int64_t block = listed ? ggml_blck_size(ggml) : 0;
    if (block == 0) {
        tensor.type = "type " + std::to_string(type);
        return;
    }
    tensor.type = ggml_type_name(ggml);
    std::ranges::transform(tensor.type, tensor.type.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    const std::uint64_t row = tensor.shape.empty() ? 1 : tensor.shape.front();
    const auto block_size = static_cast<std::uint64_t>(block);
    if (row % block_size != 0) {
        walk.fail("tensor '" + tensor.name + "' has rows of " + std::to_string(row) +
                  " elements, no multiple of the " + std::to_string(block_size) +
                  " of a block of " + tensor.type);
        return;
    }
    const std::uint64_t n_blocks = *n / block_size;
    if (n_blocks > most_elements / ggml_type_size(ggml)) {
        walk.fail("tensor '" + tensor.name + "' has more bytes than can be counted");
        return;
    }
    tensor.size_bytes = n_blocks * ggml_type_size(ggml);
}

void read_tensors(Walk& walk, std::uint64_t n_tensors, GgufFile& file,
                  std::vector<std::uint64_t>& offsets) {
    std::map<std::string, std::uint64_t> seen;
    for (std::uint64_t i = 0; i < n_tensors && walk.good(); ++i) {
        GgufTensor tensor;
        tensor.name = walk.read_text("a tensor's name", longest_tensor_name);
        tensor.name = tensor.name.substr(0, tensor.name.find('\0'));  // as ggml reads it
        if (walk.good() && !seen.emplace(tensor.name, i).second) {
            walk.fail("tensor '" + tensor.name + "' comes twice");
        }
        const auto n_dimensions = walk.read<std::uint32_t>("a tensor's number of dimensions");
        if (n_dimensions > most_dimensions) {
            walk.fail("tensor '" + tensor.name + "' has " + std::to_string(n_dimensions) +
                      " dimensions, at most " + std::to_string(most_dimensions) + " are possible");
        }
        for (std::uint32_t d = 0; d < n_dimensions && walk.good(); ++d) {
            tensor.shape.push_back(walk.read<std::uint64_t>("a tensor's shape"));
        }
        const auto type = walk.read<std::uint32_t>("a tensor's type");
        offsets.push_back(walk.read<std::uint64_t>("a tensor's offset"));
        if (walk.good()) measure(walk, type, tensor);
        file.tensors.push_back(std::move(tensor));
    }
}

std::uint64_t padded(std::uint64_t size, std::uint64_t alignment) {
    return (size + alignment - 1) / alignment * alignment;
}

/// Tensors lie one behind the other, each padded to the alignment, inside the file.
std::string problem_of_layout(const GgufFile& file, const std::vector<std::uint64_t>& offsets,
                              std::uint64_t header_bytes, std::uint64_t alignment) {
    if (file.tensors.empty()) return {};
    const std::uint64_t data = padded(header_bytes, alignment);
    if (data > file.size_bytes) return "the file ends in its header (truncated?)";
    const std::uint64_t data_bytes = file.size_bytes - data;
    std::optional<std::uint64_t> expected = 0;  // nothing behind a tensor of unknown size
    for (std::size_t i = 0; i < file.tensors.size(); ++i) {
        const GgufTensor& tensor = file.tensors[i];
        if (offsets[i] % alignment != 0 || (expected && offsets[i] != *expected)) {
            return "tensor '" + tensor.name + "' has offset " + std::to_string(offsets[i]) +
                   (expected ? ", expected " + std::to_string(*expected)
                             : ", which is not aligned");
        }
        if (offsets[i] > data_bytes || tensor.size_bytes > data_bytes - offsets[i]) {
            return "tensor '" + tensor.name + "' needs " + std::to_string(tensor.size_bytes) +
                   " bytes at byte " + std::to_string(offsets[i]) +
                   " of the weights, the file has " + std::to_string(data_bytes) +
                   " bytes of weights (truncated?)";
        }
        expected = tensor.size_bytes == 0
                       ? std::nullopt
                       : std::optional(padded(offsets[i] + tensor.size_bytes, alignment));
    }
    return {};
}

/// Counts of tensors and of metadata values, in this order.
std::pair<std::uint64_t, std::uint64_t> read_counts(Walk& walk, GgufFile& file) {
    file.version = walk.read<std::uint32_t>("the version");
    if (walk.good() && file.version != 2 && file.version != 3) {
        walk.fail("GGUF version " + std::to_string(file.version) + ", 2 and 3 are known");
    }
    const auto n_tensors = walk.read<std::uint64_t>("the number of tensors");
    const auto n_values = walk.read<std::uint64_t>("the number of metadata values");
    if (n_tensors > most_entries || n_values > most_entries) {
        walk.fail(std::to_string(n_tensors) + " tensors and " + std::to_string(n_values) +
                  " metadata values, at most " + std::to_string(most_entries) +
                  " of each are believed");
    }
    return {n_tensors, n_values};
}

}  // namespace

Result<GgufFile> inspect_gguf(const std::string& path) {
    const std::string name = std::filesystem::path(path).filename().string();
    auto mapped = MappedFile::open(path, "model '" + path + "'");
    if (!mapped) return mapped.error();
    return inspect_gguf(mapped->bytes(), mapped->bytes().size(), name);
}

Result<GgufFile> inspect_gguf(std::span<const std::byte> bytes, std::uint64_t file_bytes,
                              const std::string& name) {
    if (bytes.size() < 4 || std::memcmp(bytes.data(), "GGUF", 4) != 0) {
        return corrupt(name, "not a GGUF file");
    }
    Walk walk(bytes);
    walk.skip(4, "the magic");
    GgufFile file;
    file.size_bytes = file_bytes;
    const auto [n_tensors, n_values] = read_counts(walk, file);
    if (walk.good()) read_metadata(walk, n_values, file);
    std::vector<std::uint64_t> offsets;
    if (walk.good()) read_tensors(walk, n_tensors, file, offsets);
    if (!walk.good()) return corrupt(name, walk.problem());

    std::uint64_t alignment = 32;
    if (file.has("general.alignment")) {
        alignment = file.number("general.alignment");
        if (alignment == 0 || (alignment & (alignment - 1)) != 0 || alignment > 1U << 20) {
            return corrupt(name, "general.alignment is no power of two up to 2^20");
        }
    }
    const std::string problem = problem_of_layout(file, offsets, walk.position(), alignment);
    if (!problem.empty()) return corrupt(name, problem);
    for (std::size_t i = 0; i < file.tensors.size(); ++i)
        file.tensors[i].offset = padded(walk.position(), alignment) + offsets[i];
    return file;
}

}  // namespace fabula::model
