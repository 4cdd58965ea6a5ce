// SPDX-License-Identifier: 0BSD
#include "model/import_llama2c.h"

#include "model/gguf_output.h"
#include "model/llama2c_file.h"
#include "model/mapped_file.h"
#include "model/part_file.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <filesystem>
#include <optional>
#include <utility>

namespace fabula::model {
namespace {

/// Vectors stay F32; rows that no block divides stay F16.
OutputTensor output_of(const Llama2cTensor& tensor, WeightType wanted) {
    return {tensor.name, tensor.is_vector ? WeightType::f32 : type_for(wanted, tensor.n_columns),
            tensor.n_rows, tensor.n_columns, tensor.is_vector};
}

ImportReport report_of(const Llama2cCheckpoint& checkpoint, WeightType type) {
    const Llama2cShape& shape = checkpoint.shape;
    ImportReport report;
    report.architecture = "llama";
    report.n_layer = shape.n_layer;
    report.n_embd = shape.n_embd;
    report.n_vocab = shape.n_vocab;
    report.window_tokens = shape.window_tokens;
    report.tied_head = shape.tied_head;
    for (const Llama2cTensor& tensor : checkpoint.tensors) {
        const bool kept = !tensor.is_vector && output_of(tensor, type).type != type;
        if (kept) report.kept_f16.push_back(tensor.name);
    }
    return report;
}

struct PartName {
    std::string path;
    std::uint64_t begin = 0;
    std::optional<std::uint64_t> end;
};

/// "FILE:BEGIN:END", or the path of a whole file.
PartName part_named(const std::string& checkpoint) {
    std::error_code ignored;  // a path that cannot be looked at is refused when it is opened
    if (std::filesystem::exists(checkpoint, ignored)) return {checkpoint, 0, std::nullopt};
    const auto number_behind = [&](std::size_t colon,
                                   std::size_t stop) -> std::optional<std::uint64_t> {
        std::uint64_t n = 0;
        const char* const first = checkpoint.data() + colon + 1;
        const char* const last = checkpoint.data() + stop;
        const auto read = std::from_chars(first, last, n);
        if (first == last || read.ec != std::errc() || read.ptr != last) return std::nullopt;
        return n;
    };
    const std::size_t second = checkpoint.rfind(':');
    if (second == std::string::npos || second == 0) return {checkpoint, 0, std::nullopt};
    const std::size_t first = checkpoint.rfind(':', second - 1);
    if (first == std::string::npos) return {checkpoint, 0, std::nullopt};
    const auto begin = number_behind(first, second);
    const auto end = number_behind(second, checkpoint.size());
    if (!begin || !end) return {checkpoint, 0, std::nullopt};
    return {checkpoint.substr(0, first), *begin, end};
}

/// A mapped file and the part of it that was asked for.
struct Source {
    MappedFile file;
    std::span<const std::byte> bytes;
};

Result<Source> open_source(const std::string& name, const std::string& what) {
    const PartName part = part_named(name);
    auto file = MappedFile::open(part.path, what + " '" + part.path + "'");
    if (!file) return file.error();
    const std::uint64_t size = file->bytes().size();
    const std::uint64_t end = part.end.value_or(size);
    if (part.begin > end || end > size) {
        return Error{ErrorCode::invalid_input,
                     what + " '" + name + "': bytes " + std::to_string(part.begin) + " to " +
                         std::to_string(end) + " of a file of " + std::to_string(size)};
    }
    const auto bytes = file->bytes().subspan(part.begin, end - part.begin);
    return Source{std::move(*file), bytes};
}

/// The kind as GGUF writes it (llama_token_type).
std::int32_t foreign(TokenKind kind) {
    switch (kind) {
        case TokenKind::normal:
            return 1;
        case TokenKind::unknown:
            return 2;
        case TokenKind::control:
            return 3;
        case TokenKind::byte:
            return 6;
    }
    return 1;
}

void set_vocabulary(GgufHeader& gguf, const std::vector<Llama2cToken>& tokens) {
    std::vector<std::string> texts;
    std::vector<float> scores;
    std::vector<std::int32_t> kinds;
    texts.reserve(tokens.size());
    scores.reserve(tokens.size());
    kinds.reserve(tokens.size());
    for (const Llama2cToken& token : tokens) {
        texts.push_back(token.text);
        scores.push_back(token.score);
        kinds.push_back(foreign(token.kind));
    }
    gguf.set("tokenizer.ggml.model", "llama");
    gguf.set("tokenizer.ggml.pre", "default");
    gguf.set_texts("tokenizer.ggml.tokens", texts);
    gguf.set_reals("tokenizer.ggml.scores", scores);
    gguf.set_integers("tokenizer.ggml.token_type", kinds);
    gguf.set_number("tokenizer.ggml.bos_token_id", 1);
    // These models were trained on stories that BOS separates: they close with it, never with </s>.
    gguf.set_number("tokenizer.ggml.eos_token_id", 1);
    gguf.set_number("tokenizer.ggml.unknown_token_id", 0);
    gguf.set_flag("tokenizer.ggml.add_bos_token", true);
    gguf.set_flag("tokenizer.ggml.add_eos_token", false);
    gguf.set_flag("tokenizer.ggml.add_space_prefix", true);  // as llama2.c's encoder does
}

void set_shape(GgufHeader& gguf, const Llama2cShape& shape, const ImportOptions& options) {
    gguf.set("general.architecture", "llama");
    gguf.set("general.type", "model");
    gguf.set("general.name", options.name);
    gguf.set_file_type(options.type);
    gguf.set_number("llama.vocab_size", shape.n_vocab);
    gguf.set_number("llama.context_length", shape.window_tokens);
    gguf.set_number("llama.embedding_length", shape.n_embd);
    gguf.set_number("llama.block_count", shape.n_layer);
    gguf.set_number("llama.feed_forward_length", shape.n_hidden);
    gguf.set_number("llama.attention.head_count", shape.n_head);
    gguf.set_number("llama.attention.head_count_kv", shape.n_head_kv);
    gguf.set_number("llama.rope.dimension_count", shape.head_size());
    gguf.set_real("llama.rope.freq_base", 10000);
    gguf.set_real("llama.attention.layer_norm_rms_epsilon", 1e-5);
}

std::vector<std::byte> header_of(const Llama2cCheckpoint& checkpoint,
                                 const std::vector<Llama2cToken>& tokens,
                                 const ImportOptions& options) {
    GgufHeader gguf;
    set_shape(gguf, checkpoint.shape, options);
    set_vocabulary(gguf, tokens);
    for (const Llama2cTensor& tensor : checkpoint.tensors)
        gguf.add(output_of(tensor, options.type));
    return gguf.bytes();
}

/// Converts the checkpoint's tensors and appends them to the file, some rows at a time.
class WeightWriter {
public:
    WeightWriter(std::span<const std::byte> checkpoint, PartFile& file,
                 const ImportOptions& options)
        : checkpoint_(checkpoint), output_(file), options_(options) {}

    Result<Unit> write(const Llama2cTensor& tensor) {
        constexpr std::uint64_t chunk_bytes = 1U << 20U;
        const OutputTensor made = output_of(tensor, options_.type);
        const std::uint64_t row_bytes = tensor.n_columns * sizeof(float);
        const std::uint64_t n_rows_at_once = std::max<std::uint64_t>(1, chunk_bytes / row_bytes);
        for (std::uint64_t row = 0; row < tensor.n_rows; row += n_rows_at_once) {
            const std::uint64_t n_rows = std::min(n_rows_at_once, tensor.n_rows - row);
            const auto source =
                checkpoint_.subspan(tensor.offset_bytes + row * row_bytes, n_rows * row_bytes);
            if (auto done = write_rows(made, source); !done) return done;
        }
        return output_.end_tensor();
    }

private:
    Result<Unit> write_rows(const OutputTensor& tensor, std::span<const std::byte> source) {
        floats_.resize(source.size() / sizeof(float));  // the part of a file may lie at any byte
        std::memcpy(floats_.data(), source.data(), source.size());
        if (auto done = output_.append(tensor, floats_); !done)
            return done.error().code == ErrorCode::corrupt
                       ? Error{ErrorCode::corrupt, "checkpoint: " + done.error().message}
                       : done.error();
        done_ += source.size();
        const float share = static_cast<float>(done_) / static_cast<float>(checkpoint_.size());
        if (options_.on_progress && !options_.on_progress(std::min(share, 1.0F))) {
            return Error{ErrorCode::unavailable, "stopped"};
        }
        return Unit{};
    }

    std::span<const std::byte> checkpoint_;
    TensorOutput output_;
    const ImportOptions& options_;
    std::uint64_t done_ = 0;
    std::vector<float> floats_;
};

Result<std::uint64_t> write_gguf(const Llama2cCheckpoint& checkpoint,
                                 const std::vector<Llama2cToken>& tokens,
                                 std::span<const std::byte> bytes, const std::string& out,
                                 const ImportOptions& options) {
    auto file = PartFile::create(out);
    if (!file) return file.error();
    if (auto done = file->write(header_of(checkpoint, tokens, options)); !done) return done.error();
    WeightWriter writer(bytes, *file, options);
    for (const Llama2cTensor& tensor : checkpoint.tensors) {
        if (auto done = writer.write(tensor); !done) return done.error();
    }
    const std::uint64_t size_bytes = file->size_bytes();
    if (auto done = file->commit(); !done) return done.error();
    return size_bytes;
}

}  // namespace

Result<ImportReport> import_llama2c(const std::string& checkpoint, const std::string& tokenizer,
                                    const std::string& out, const ImportOptions& options) {
    const auto weights = open_source(checkpoint, "checkpoint");
    if (!weights) return weights.error();
    const auto words = open_source(tokenizer, "tokenizer");
    if (!words) return words.error();
    try {
        const auto read = read_llama2c_checkpoint(weights->bytes);
        if (!read) return read.error();
        const auto tokens = read_llama2c_tokenizer(words->bytes, read->shape.n_vocab);
        if (!tokens) return tokens.error();
        const auto size_bytes = write_gguf(*read, *tokens, weights->bytes, out, options);
        if (!size_bytes) return size_bytes.error();
        ImportReport report = report_of(*read, options.type);
        report.size_bytes = *size_bytes;
        return report;
    } catch (const std::exception& problem) {  // memory, in ours or in ggml
        return Error{ErrorCode::exhausted, "import of '" + checkpoint + "': " + problem.what()};
    }
}

Result<ImportReport> inspect_llama2c(std::span<const std::byte> checkpoint,
                                     std::span<const std::byte> tokenizer) {
    const auto read = read_llama2c_checkpoint(checkpoint);
    if (!read) return read.error();
    const auto tokens = read_llama2c_tokenizer(tokenizer, read->shape.n_vocab);
    if (!tokens) return tokens.error();
    return report_of(*read, ImportOptions{}.type);
}

}  // namespace fabula::model
