// SPDX-License-Identifier: 0BSD
#include "model/import_llama2c.h"

#include "model/llama2c_file.h"
#include "model/mapped_file.h"
#include "model/part_file.h"

#include <ggml-cpp.h>
#include <ggml.h>
#include <gguf.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

namespace fabula::model {
namespace {

/// What llama.cpp calls the types: of ggml, and of a whole file (general.file_type).
struct ForeignType {
    ggml_type weights;
    std::uint32_t file;
};

ForeignType foreign(WeightType type) {
    switch (type) {
        case WeightType::f32:
            return {GGML_TYPE_F32, 0};
        case WeightType::f16:
            return {GGML_TYPE_F16, 1};
        case WeightType::q8_0:
            return {GGML_TYPE_Q8_0, 7};
        case WeightType::q4_0:
            return {GGML_TYPE_Q4_0, 2};
    }
    return {GGML_TYPE_F32, 0};
}

/// Vectors stay F32; rows that no block divides stay F16.
ggml_type type_of(const Llama2cTensor& tensor, WeightType wanted) {
    const ggml_type type = foreign(wanted).weights;
    if (tensor.is_vector) return GGML_TYPE_F32;
    const auto block = static_cast<std::uint64_t>(ggml_blck_size(type));
    return tensor.n_columns % block == 0 ? type : GGML_TYPE_F16;
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
        const bool kept = !tensor.is_vector && type_of(tensor, type) != foreign(type).weights;
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

void set_vocabulary(gguf_context* gguf, const std::vector<Llama2cToken>& tokens) {
    std::vector<const char*> texts;
    std::vector<float> scores;
    std::vector<std::int32_t> kinds;
    for (const Llama2cToken& token : tokens) {
        texts.push_back(token.text.c_str());
        scores.push_back(token.score);
        kinds.push_back(foreign(token.kind));
    }
    gguf_set_val_str(gguf, "tokenizer.ggml.model", "llama");
    gguf_set_val_str(gguf, "tokenizer.ggml.pre", "default");
    gguf_set_arr_str(gguf, "tokenizer.ggml.tokens", texts.data(), texts.size());
    gguf_set_arr_data(gguf, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, scores.data(),
                      scores.size());
    gguf_set_arr_data(gguf, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, kinds.data(),
                      kinds.size());
    gguf_set_val_u32(gguf, "tokenizer.ggml.bos_token_id", 1);
    // These models were trained on stories that BOS separates: they close with it, never with </s>.
    gguf_set_val_u32(gguf, "tokenizer.ggml.eos_token_id", 1);
    gguf_set_val_u32(gguf, "tokenizer.ggml.unknown_token_id", 0);
    gguf_set_val_bool(gguf, "tokenizer.ggml.add_bos_token", true);
    gguf_set_val_bool(gguf, "tokenizer.ggml.add_eos_token", false);
    gguf_set_val_bool(gguf, "tokenizer.ggml.add_space_prefix", true);  // as llama2.c's encoder does
}

void set_shape(gguf_context* gguf, const Llama2cShape& shape, const ImportOptions& options) {
    const auto set = [gguf](const char* key, std::uint64_t value) {
        gguf_set_val_u32(gguf, key, static_cast<std::uint32_t>(value));
    };
    gguf_set_val_str(gguf, "general.architecture", "llama");
    gguf_set_val_str(gguf, "general.type", "model");
    gguf_set_val_str(gguf, "general.name", options.name.c_str());
    set("general.file_type", foreign(options.type).file);
    set("general.quantization_version", GGML_QNT_VERSION);
    set("llama.vocab_size", shape.n_vocab);
    set("llama.context_length", shape.window_tokens);
    set("llama.embedding_length", shape.n_embd);
    set("llama.block_count", shape.n_layer);
    set("llama.feed_forward_length", shape.n_hidden);
    set("llama.attention.head_count", shape.n_head);
    set("llama.attention.head_count_kv", shape.n_head_kv);
    set("llama.rope.dimension_count", shape.head_size());
    gguf_set_val_f32(gguf, "llama.rope.freq_base", 10000.0F);
    gguf_set_val_f32(gguf, "llama.attention.layer_norm_rms_epsilon", 1e-5F);
}

std::vector<std::byte> header_of(const Llama2cCheckpoint& checkpoint,
                                 const std::vector<Llama2cToken>& tokens,
                                 const ImportOptions& options) {
    const gguf_context_ptr gguf(gguf_init_empty());
    set_shape(gguf.get(), checkpoint.shape, options);
    set_vocabulary(gguf.get(), tokens);
    const ggml_context_ptr tensors(ggml_init(
        {checkpoint.tensors.size() * ggml_tensor_overhead(), nullptr, /*no_alloc=*/true}));
    for (const Llama2cTensor& tensor : checkpoint.tensors) {
        const std::array<std::int64_t, 2> shape = {static_cast<std::int64_t>(tensor.n_columns),
                                                   static_cast<std::int64_t>(tensor.n_rows)};
        ggml_tensor* const made = ggml_new_tensor(tensors.get(), type_of(tensor, options.type),
                                                  tensor.is_vector ? 1 : 2, shape.data());
        ggml_set_name(made, tensor.name.c_str());
        gguf_add_tensor(gguf.get(), made);
    }
    std::vector<std::byte> header(gguf_get_meta_size(gguf.get()));
    gguf_get_meta_data(gguf.get(), header.data());
    return header;
}

/// Converts the checkpoint's tensors and appends them to the file, some rows at a time.
class WeightWriter {
public:
    WeightWriter(std::span<const std::byte> checkpoint, PartFile& file,
                 const ImportOptions& options)
        : checkpoint_(checkpoint), file_(file), options_(options) {}

    Result<Unit> write(const Llama2cTensor& tensor) {
        const ggml_type type = type_of(tensor, options_.type);
        constexpr std::uint64_t chunk_bytes = 1U << 20U;
        const std::uint64_t row_bytes = tensor.n_columns * sizeof(float);
        const std::uint64_t n_rows_at_once = std::max<std::uint64_t>(1, chunk_bytes / row_bytes);
        for (std::uint64_t row = 0; row < tensor.n_rows; row += n_rows_at_once) {
            const std::uint64_t n_rows = std::min(n_rows_at_once, tensor.n_rows - row);
            const auto source =
                checkpoint_.subspan(tensor.offset_bytes + row * row_bytes, n_rows * row_bytes);
            if (auto done = write_rows(tensor, type, source, n_rows); !done) return done;
        }
        constexpr std::array<std::byte, GGUF_DEFAULT_ALIGNMENT> zeros{};
        const std::uint64_t ragged = file_.size_bytes() % GGUF_DEFAULT_ALIGNMENT;
        if (ragged == 0) return Unit{};
        return file_.write(std::span(zeros).first(GGUF_DEFAULT_ALIGNMENT - ragged));
    }

private:
    Result<Unit> write_rows(const Llama2cTensor& tensor, ggml_type type,
                            std::span<const std::byte> source, std::uint64_t n_rows) {
        floats_.resize(source.size() / sizeof(float));  // the part of a file may lie at any byte
        std::memcpy(floats_.data(), source.data(), source.size());
        const float most = type == GGML_TYPE_F32 ? std::numeric_limits<float>::max() : 65504.0F;
        const auto bad = std::ranges::find_if(
            floats_, [most](float weight) { return !(std::fabs(weight) <= most); });
        if (bad != floats_.end()) {
            return Error{ErrorCode::corrupt, "checkpoint: tensor '" + tensor.name + "' holds " +
                                                 std::to_string(*bad) + ", no number that " +
                                                 ggml_type_name(type) + " can hold"};
        }
        const auto n_columns = static_cast<std::int64_t>(tensor.n_columns);
        blocks_.resize(ggml_row_size(type, n_columns) * n_rows);
        if (type == GGML_TYPE_F32) {
            std::memcpy(blocks_.data(), floats_.data(), source.size());
        } else {
            ggml_quantize_chunk(type, floats_.data(), blocks_.data(), 0,
                                static_cast<std::int64_t>(n_rows), n_columns, nullptr);
        }
        if (auto written = file_.write(blocks_); !written) return written;
        done_ += source.size();
        const float share = static_cast<float>(done_) / static_cast<float>(checkpoint_.size());
        if (options_.on_progress && !options_.on_progress(std::min(share, 1.0F))) {
            return Error{ErrorCode::unavailable, "stopped"};
        }
        return Unit{};
    }

    std::span<const std::byte> checkpoint_;
    PartFile& file_;
    const ImportOptions& options_;
    std::uint64_t done_ = 0;
    std::vector<float> floats_;
    std::vector<std::byte> blocks_;
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
