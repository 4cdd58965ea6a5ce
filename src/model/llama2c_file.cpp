// SPDX-License-Identifier: 0BSD
#include "model/llama2c_file.h"

#include "base/utf8.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::size_t header_bytes = 7 * sizeof(std::int32_t);
constexpr std::uint64_t n_bytes_tokens = 256;
constexpr std::uint64_t first_byte_token = 3;  // behind <unk>, <s>, </s>
constexpr std::uint64_t first_normal_token = first_byte_token + n_bytes_tokens;

Error corrupt(const std::string& problem) {
    return Error{ErrorCode::corrupt, problem};
}

std::string figure(std::uint64_t n) {
    return std::to_string(n);
}

struct Field {
    const char* name;
    std::uint64_t least;
    std::uint64_t most;
};
// Far beyond any llama2.c checkpoint, small enough that no product of them overflows 64 bits.
constexpr std::array<Field, 7> fields = {{{"dim", 2, 65536},
                                          {"hidden_dim", 1, 1U << 20U},
                                          {"n_layers", 1, 512},
                                          {"n_heads", 1, 65536},
                                          {"n_kv_heads", 1, 65536},
                                          {"vocab_size", first_normal_token, 1U << 20U},
                                          {"seq_len", 1, 1U << 20U}}};

Result<Llama2cShape> read_shape(std::span<const std::byte> bytes) {
    if (bytes.size() < header_bytes) {
        return corrupt("checkpoint: " + figure(bytes.size()) + " bytes, a header has " +
                       figure(header_bytes));
    }
    std::array<std::int32_t, fields.size()> raw{};
    std::memcpy(raw.data(), bytes.data(), header_bytes);
    std::array<std::uint64_t, fields.size()> value{};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        std::int64_t n = raw[i];
        if (i == 5 && n < 0) n = -n;  // a negative vocabulary says: the head has its own weights
        if (n < static_cast<std::int64_t>(fields[i].least) ||
            n > static_cast<std::int64_t>(fields[i].most)) {
            return corrupt("checkpoint: " + std::string(fields[i].name) + " is " +
                           std::to_string(raw[i]) + ", possible is " + figure(fields[i].least) +
                           " to " + figure(fields[i].most));
        }
        value[i] = static_cast<std::uint64_t>(n);
    }
    const Llama2cShape shape{value[0], value[1], value[2], value[3],
                             value[4], value[5], value[6], raw[5] > 0};
    if (shape.n_embd % shape.n_head != 0 || shape.head_size() % 2 != 0) {
        return corrupt("checkpoint: dim " + figure(shape.n_embd) + " is not n_heads " +
                       figure(shape.n_head) + " times an even size");
    }
    if (shape.n_head % shape.n_head_kv != 0) {
        return corrupt("checkpoint: n_kv_heads " + figure(shape.n_head_kv) +
                       " does not divide n_heads " + figure(shape.n_head));
    }
    return shape;
}

/// Takes tensors from the file one behind the other.
class Layout {
public:
    /// The next `n` matrices (or vectors, with one row) lie one behind the other.
    std::uint64_t take(std::uint64_t n, std::uint64_t n_rows, std::uint64_t n_columns) {
        return std::exchange(end_, end_ + n * n_rows * n_columns * sizeof(float));
    }
    std::uint64_t end() const { return end_; }

private:
    std::uint64_t end_ = header_bytes;
};

/// A stack of one tensor for each layer, as llama2.c keeps them.
struct Stack {
    const char* name;
    std::uint64_t offset_bytes;
    std::uint64_t n_rows;
    std::uint64_t n_columns;
    bool is_vector;
};

std::string byte_name(std::uint64_t byte) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "<0x%02X>", static_cast<unsigned>(byte & 0xFFU));
    return text.data();
}

/// Today's dumps write "<0x0A>"; the older ones the byte itself, above 0x7F as the character
/// U+00XX.
bool spells_byte(std::string_view text, std::uint64_t byte) {
    if (text == byte_name(byte)) return true;
    if (text.size() == 1) return static_cast<unsigned char>(text[0]) == byte;
    return text.size() == 2 && byte >= 0x80 &&
           static_cast<unsigned char>(text[0]) == (0xC0U | (byte >> 6U)) &&
           static_cast<unsigned char>(text[1]) == (0x80U | (byte & 0x3FU));
}

std::string with_space_marks(std::string_view text) {
    std::string marked;
    for (const char c : text) {
        if (c == ' ') {
            marked += "\xE2\x96\x81";  // ▁, as sentencepiece writes a space
        } else {
            marked += c;
        }
    }
    return marked;
}

/// What is wrong with the text of token `id`, "" when it is fine.
std::string problem_of(std::string_view text, std::uint64_t id) {
    if (text.empty()) return "is empty";
    const bool is_byte = id >= first_byte_token && id < first_normal_token;
    if (is_byte && !spells_byte(text, id - first_byte_token)) {
        return "does not stand for byte " + byte_name(id - first_byte_token);
    }
    if (is_byte) return "";
    if (text.find('\0') != std::string_view::npos) return "holds a zero byte";
    return is_utf8(text) ? "" : "is not UTF-8";
}

Llama2cToken token_of(std::uint64_t id, float score, std::string_view text) {
    constexpr std::array<const char*, first_byte_token> control = {"<unk>", "<s>", "</s>"};
    if (id < first_byte_token) {
        return {control[id], score, id == 0 ? TokenKind::unknown : TokenKind::control};
    }
    if (id < first_normal_token) return {byte_name(id - first_byte_token), score, TokenKind::byte};
    return {with_space_marks(text), score, TokenKind::normal};
}

}  // namespace

Result<Llama2cCheckpoint> read_llama2c_checkpoint(std::span<const std::byte> bytes) {
    const auto read = read_shape(bytes);
    if (!read) return read.error();
    const Llama2cShape& shape = *read;
    const std::uint64_t n = shape.n_layer;
    const std::uint64_t n_embd = shape.n_embd;
    const std::uint64_t n_kv = shape.n_head_kv * shape.head_size();
    Layout layout;
    // The order of the calls is the order of the file.
    const std::uint64_t embeddings = layout.take(1, shape.n_vocab, n_embd);
    const std::uint64_t attn_norm = layout.take(n, 1, n_embd);
    const std::uint64_t q = layout.take(n, n_embd, n_embd);
    const std::uint64_t k = layout.take(n, n_kv, n_embd);
    const std::uint64_t v = layout.take(n, n_kv, n_embd);
    const std::uint64_t out = layout.take(n, n_embd, n_embd);
    const std::uint64_t ffn_norm = layout.take(n, 1, n_embd);
    const std::uint64_t gate = layout.take(n, shape.n_hidden, n_embd);
    const std::uint64_t down = layout.take(n, n_embd, shape.n_hidden);
    const std::uint64_t up = layout.take(n, shape.n_hidden, n_embd);
    const std::uint64_t final_norm = layout.take(1, 1, n_embd);
    layout.take(2, shape.window_tokens,
                shape.head_size() / 2);  // tables of the rotation, not needed
    const std::uint64_t head = shape.tied_head ? embeddings : layout.take(1, shape.n_vocab, n_embd);
    if (layout.end() != bytes.size()) {
        return corrupt("checkpoint: " + figure(bytes.size()) + " bytes, its header asks for " +
                       figure(layout.end()));
    }

    Llama2cCheckpoint checkpoint{shape, {}};
    auto& tensors = checkpoint.tensors;
    tensors.push_back({"token_embd.weight", embeddings, shape.n_vocab, n_embd, false});
    const std::array<Stack, 9> stacks = {{{"attn_norm", attn_norm, 1, n_embd, true},
                                          {"attn_q", q, n_embd, n_embd, false},
                                          {"attn_k", k, n_kv, n_embd, false},
                                          {"attn_v", v, n_kv, n_embd, false},
                                          {"attn_output", out, n_embd, n_embd, false},
                                          {"ffn_norm", ffn_norm, 1, n_embd, true},
                                          {"ffn_gate", gate, shape.n_hidden, n_embd, false},
                                          {"ffn_down", down, n_embd, shape.n_hidden, false},
                                          {"ffn_up", up, shape.n_hidden, n_embd, false}}};
    for (std::uint64_t layer = 0; layer < n; ++layer) {
        for (const Stack& stack : stacks) {
            const std::uint64_t size_bytes = stack.n_rows * stack.n_columns * sizeof(float);
            tensors.push_back({"blk." + figure(layer) + "." + stack.name + ".weight",
                               stack.offset_bytes + layer * size_bytes, stack.n_rows,
                               stack.n_columns, stack.is_vector});
        }
    }
    tensors.push_back({"output_norm.weight", final_norm, 1, n_embd, true});
    if (!shape.tied_head) tensors.push_back({"output.weight", head, shape.n_vocab, n_embd, false});
    return checkpoint;
}

Result<std::vector<Llama2cToken>> read_llama2c_tokenizer(std::span<const std::byte> bytes,
                                                         std::uint64_t n_vocab) {
    std::size_t at = 0;
    const auto read = [&](auto& value) {
        if (bytes.size() - at < sizeof(value)) return false;
        std::memcpy(&value, bytes.data() + at, sizeof(value));
        at += sizeof(value);
        return true;
    };
    std::int32_t longest = 0;
    if (!read(longest) || longest < 1) return corrupt("tokenizer: no length of the longest token");

    std::vector<Llama2cToken> tokens;
    std::unordered_map<std::string, std::uint64_t> ids;
    for (std::uint64_t id = 0; id < n_vocab; ++id) {
        const std::string who = "tokenizer: token " + figure(id) + " ";
        float score = 0;
        std::int32_t length = 0;
        if (!read(score) || !read(length)) {
            return corrupt("tokenizer: " + figure(id) + " tokens, the checkpoint has " +
                           figure(n_vocab));
        }
        if (!std::isfinite(score)) return corrupt(who + "has no finite score");
        if (length < 0 || length > longest) {
            return corrupt(who + "is " + std::to_string(length) + " bytes long, the longest is " +
                           std::to_string(longest));
        }
        const auto size = static_cast<std::size_t>(length);
        if (size > bytes.size() - at) {
            return corrupt(who + "needs " + figure(size) + " bytes, " + figure(bytes.size() - at) +
                           " are left");
        }
        const std::string_view text(reinterpret_cast<const char*>(bytes.data() + at), size);
        at += size;
        if (const std::string problem = problem_of(text, id); !problem.empty()) {
            return corrupt(who + problem);
        }
        tokens.push_back(token_of(id, score, text));
        const auto [other, is_new] = ids.emplace(tokens.back().text, id);
        if (!is_new) return corrupt(who + "is the same as token " + figure(other->second));
    }
    if (at != bytes.size()) {
        return corrupt("tokenizer: " + figure(bytes.size() - at) + " bytes behind the last of " +
                       figure(n_vocab) + " tokens");
    }
    return tokens;
}

}  // namespace fabula::model
