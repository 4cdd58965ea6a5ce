// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/export_folder.h"

#include "model/gguf_file.h"
#include "model/hugging_face/folder_texts.h"
#include "model/hugging_face/gguf_config.h"
#include "model/hugging_face/safetensors.h"
#include "model/hugging_face/tensor_plan.h"
#include "model/llama/dequantise.h"
#include "model/mapped_file.h"
#include "model/part_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <filesystem>
#include <map>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace fabula::model::hugging_face {
namespace {

constexpr const char* factors_name = "rope_freqs.weight";
constexpr std::uint64_t chunk_numbers = 1U << 18U;

/// A tensor of the file and its place in the folder.
struct Exported {
    PlannedTensor plan;
    const GgufTensor* found = nullptr;
    std::string dtype;

    std::uint64_t n_numbers() const { return plan.n_rows * plan.n_columns; }
    std::uint64_t size_bytes() const { return n_numbers() * dtype_bytes(dtype); }
};

struct Parts {
    ModelConfig config;
    TokenizerFile tokenizer;
    std::vector<Exported> tensors;
    std::uint64_t n_bytes = 0;
};

/// Rows of a tensor of the mapped file, in the dtype of the folder.
class GgufRows {
public:
    GgufRows(const Exported& tensor, std::span<const std::byte> file)
        : tensor_(tensor),
          bytes_(file.subspan(tensor.found->offset, tensor.found->size_bytes)),
          row_bytes_(bytes_.size() / tensor.plan.n_rows) {}

    /// Errors: invalid_input where ggml cannot read the type.
    Result<std::span<const std::byte>> read(std::uint64_t first, std::uint64_t n) {
        const auto stored = bytes_.subspan(first * row_bytes_, n * row_bytes_);
        if (tensor_.dtype == tensor_.found->type) return stored;
        numbers_.resize(n * tensor_.plan.n_columns);
        if (dequantise(tensor_.found->type, stored, numbers_))
            return std::as_bytes(std::span<const float>(numbers_));
        return Error{ErrorCode::invalid_input, "tensor '" + tensor_.plan.name + "' is of type " +
                                                   tensor_.found->type + ", which is not read"};
    }

private:
    const Exported& tensor_;
    std::span<const std::byte> bytes_;
    std::uint64_t row_bytes_;
    std::vector<float> numbers_;
};

/// Appends tensors to model.safetensors as the folder has them.
class FolderWriter {
public:
    FolderWriter(std::span<const std::byte> gguf, PartFile& file, std::uint64_t n_bytes,
                 const std::function<bool(float)>& on_progress)
        : gguf_(gguf), file_(file), n_bytes_(n_bytes), on_progress_(on_progress) {}

    Result<Unit> write(const Exported& tensor) {
        GgufRows rows(tensor, gguf_);
        if (tensor.plan.is_vector) return write_vector(tensor, rows);
        if (tensor.plan.layout == Layout::transposed) return write_transposed(tensor, rows);
        if (tensor.plan.layout != Layout::as_it_is) return write_permuted(tensor, rows);
        const std::uint64_t n_at_once =
            std::max<std::uint64_t>(1, chunk_numbers / tensor.plan.n_columns);
        for (std::uint64_t row = 0; row < tensor.plan.n_rows; row += n_at_once) {
            const auto read = rows.read(row, std::min(n_at_once, tensor.plan.n_rows - row));
            if (!read) return read.error();
            if (auto done = append(*read); !done) return done;
        }
        return Unit{};
    }

private:
    Result<Unit> append(std::span<const std::byte> bytes) {
        if (auto done = file_.write(bytes); !done) return done;
        done_ += bytes.size();
        const float share = static_cast<float>(done_) / static_cast<float>(n_bytes_);
        if (on_progress_ && !on_progress_(std::min(share, 1.0F)))
            return Error{ErrorCode::unavailable, "stopped"};
        return Unit{};
    }

    /// The GGUF row of each row of the folder.
    static std::vector<std::uint64_t> rows_by_source(const PlannedTensor& plan) {
        std::vector<std::uint64_t> rows(n_lines(plan));
        for (std::uint64_t row = 0; row < rows.size(); ++row)
            rows[source_row(plan, row)] = row;
        return rows;
    }

    Result<Unit> write_permuted(const Exported& tensor, GgufRows& rows) {
        for (const std::uint64_t row : rows_by_source(tensor.plan)) {
            const auto read = rows.read(row, 1);
            if (!read) return read.error();
            if (auto done = append(*read); !done) return done;
        }
        return Unit{};
    }

    /// Numbers of a vector, of `size` bytes each, in the folder's order.
    Result<Unit> write_vector(const Exported& tensor, GgufRows& rows) {
        const auto read = rows.read(0, 1);
        if (!read) return read.error();
        const std::uint64_t size = dtype_bytes(tensor.dtype);
        std::vector<std::byte> made;
        made.reserve(read->size());
        for (const std::uint64_t at : rows_by_source(tensor.plan)) {
            const auto number = read->subspan(at * size, size);
            made.insert(made.end(), number.begin(), number.end());
        }
        return append(made);
    }

    Result<Unit> write_transposed(const Exported& tensor, GgufRows& rows) {
        const auto read = rows.read(0, tensor.plan.n_rows);
        if (!read) return read.error();
        const std::uint64_t size = dtype_bytes(tensor.dtype);
        std::vector<std::byte> line(tensor.plan.n_rows * size);
        for (std::uint64_t column = 0; column < tensor.plan.n_columns; ++column) {
            for (std::uint64_t row = 0; row < tensor.plan.n_rows; ++row) {
                const std::uint64_t from = (row * tensor.plan.n_columns + column) * size;
                std::memcpy(line.data() + row * size, read->data() + from, size);
            }
            if (auto done = append(line); !done) return done;
        }
        return Unit{};
    }

    std::span<const std::byte> gguf_;
    PartFile& file_;
    std::uint64_t n_bytes_;
    const std::function<bool(float)>& on_progress_;
    std::uint64_t done_ = 0;
};

bool keeps_its_type(const std::string& type) {
    return type == "F32" || type == "F16" || type == "BF16";
}

std::vector<std::uint64_t> gguf_shape(const PlannedTensor& plan) {
    if (plan.is_vector) return {plan.n_columns};
    return {plan.n_columns, plan.n_rows};
}

/// The tensors of the file as the folder has them, every one of it.
Result<std::vector<Exported>> match(const GgufFile& file, const ModelConfig& config) {
    std::map<std::string, const GgufTensor*> left;
    for (const GgufTensor& tensor : file.tensors)
        left.emplace(tensor.name, &tensor);
    left.erase(factors_name);
    std::vector<Exported> tensors;
    for (PlannedTensor& plan : all_tensors(config)) {
        const auto found = left.find(plan.name);
        if (found == left.end()) {
            if (config.family == Family::llama && plan.name.ends_with(".bias")) continue;
            return Error{ErrorCode::corrupt, "tensor '" + plan.name + "' is missing"};
        }
        auto shape = found->second->shape;
        while (shape.size() > gguf_shape(plan).size() && shape.back() == 1)
            shape.pop_back();
        if (shape != gguf_shape(plan))
            return Error{ErrorCode::corrupt, "tensor '" + plan.name + "' is of another shape"};
        const std::string& type = found->second->type;
        tensors.push_back(
            {std::move(plan), found->second, keeps_its_type(type) ? type : std::string("F32")});
        left.erase(found);
    }
    if (left.empty()) return tensors;
    return Error{ErrorCode::invalid_input, "tensor '" + left.begin()->first + "' is none of a " +
                                               name_of(config.family) + " model"};
}

void note_biases(const std::vector<Exported>& tensors, ModelConfig& config) {
    for (const Exported& tensor : tensors) {
        if (!tensor.plan.source.ends_with("_proj.bias")) continue;
        const bool is_attention = tensor.plan.source.find(".self_attn.") != std::string::npos;
        (is_attention ? config.has_attention_bias : config.has_mlp_bias) = true;
    }
}

Result<Unit> read_scaling(const GgufFile& file, std::span<const std::byte> bytes,
                          ModelConfig& config) {
    const GgufTensor* const tensor = file.tensor(factors_name);
    if (tensor == nullptr) return Unit{};
    if (tensor->type != "F32" || config.rope_scaling.kind != RopeScaling::Kind::none)
        return Error{ErrorCode::invalid_input, "tensor 'rope_freqs.weight' is not understood"};
    std::vector<float> factors(tensor->size_bytes / sizeof(float));
    to_floats("F32", bytes.subspan(tensor->offset, tensor->size_bytes), factors);
    auto scaling = scaling_of_factors(config, factors);
    if (!scaling) return scaling.error();
    config.rope_scaling = *scaling;
    return Unit{};
}

Result<Parts> read_parts(const std::string& model, const GgufFile& file,
                         std::span<const std::byte> bytes) {
    auto config = config_of_gguf(file);
    if (!config) return config.error();
    if (auto read = read_scaling(file, bytes, *config); !read) return read.error();
    auto tensors = match(file, *config);
    if (!tensors) return tensors.error();
    note_biases(*tensors, *config);
    auto tokenizer = tokenizer_of_gguf(model);
    if (!tokenizer) return tokenizer.error();
    Parts parts{*std::move(config), *std::move(tokenizer), *std::move(tensors)};
    for (const Exported& tensor : parts.tensors)
        parts.n_bytes += tensor.size_bytes();
    return parts;
}

/// The length and the JSON in front of the tensors, padded to eight bytes.
std::string header_of(const Parts& parts) {
    JsonObject entries;
    entries.emplace_back("__metadata__",
                         JsonValue(JsonObject{{"format", JsonValue(std::string("pt"))}}));
    std::uint64_t at = 0;
    for (const Exported& tensor : parts.tensors) {
        const PlannedTensor& plan = tensor.plan;
        JsonArray shape;
        if (plan.is_vector) {
            shape.emplace_back(plan.n_columns);
        } else {
            const bool is_turned = plan.layout == Layout::transposed;
            shape.emplace_back(is_turned ? plan.n_columns : plan.n_rows);
            shape.emplace_back(is_turned ? plan.n_rows : plan.n_columns);
        }
        JsonArray offsets;
        offsets.emplace_back(at);
        at += tensor.size_bytes();
        offsets.emplace_back(at);
        entries.emplace_back(
            plan.source, JsonValue(JsonObject{{"dtype", JsonValue(tensor.dtype)},
                                              {"shape", JsonValue(std::move(shape))},
                                              {"data_offsets", JsonValue(std::move(offsets))}}));
    }
    std::string json = to_json_line(JsonValue(std::move(entries)));
    json.append((8 - json.size() % 8) % 8, ' ');
    std::string header(sizeof(std::uint64_t), '\0');
    const std::uint64_t size = json.size();
    std::memcpy(header.data(), &size, sizeof(size));
    return header + json;
}

Result<Unit> write_text(const std::string& path, const std::string& text) {
    auto file = PartFile::create(path);
    if (!file) return file.error();
    if (auto done = file->write(std::as_bytes(std::span(text))); !done) return done;
    return file->commit();
}

Result<Unit> write_weights(const Parts& parts, std::span<const std::byte> gguf,
                           const std::string& folder,
                           const std::function<bool(float)>& on_progress) {
    auto file = PartFile::create(folder + "/model.safetensors");
    if (!file) return file.error();
    const std::string header = header_of(parts);
    if (auto done = file->write(std::as_bytes(std::span(header))); !done) return done;
    FolderWriter writer(gguf, *file, parts.n_bytes, on_progress);
    for (const Exported& tensor : parts.tensors) {
        if (auto done = writer.write(tensor); !done) return done;
    }
    return file->commit();
}

/// Makes the folder, or finds it empty.
Result<Unit> claim(const std::string& folder) {
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure)
        return Error{ErrorCode::unavailable, "folder '" + folder + "': " + failure.message()};
    const bool is_empty = std::filesystem::is_empty(folder, failure);
    if (failure)
        return Error{ErrorCode::unavailable, "folder '" + folder + "': " + failure.message()};
    if (is_empty) return Unit{};
    return Error{ErrorCode::conflict, "folder '" + folder + "' is not empty"};
}

std::string torch_name(const std::string& dtype) {
    if (dtype == "F16") return "float16";
    return dtype == "BF16" ? "bfloat16" : "float32";
}

/// config.json comes last: without it a folder is no model.
Result<ExportReport> write_folder(const Parts& parts, std::span<const std::byte> gguf,
                                  const std::string& folder,
                                  const std::function<bool(float)>& on_progress) {
    if (auto done = claim(folder); !done) return done.error();
    if (auto done = write_weights(parts, gguf, folder, on_progress); !done) return done.error();
    const std::string dtype = torch_name(parts.tensors.front().dtype);
    const std::array<std::pair<const char*, JsonValue>, 3> texts = {
        {{"/tokenizer.json", tokenizer_json(parts.tokenizer)},
         {"/tokenizer_config.json", tokenizer_config_json(parts.tokenizer, parts.config)},
         {"/config.json", config_json(parts.config, parts.tokenizer, dtype)}}};
    for (const auto& [name, json] : texts) {
        if (auto done = write_text(folder + name, to_json_text(json)); !done) return done.error();
    }
    return ExportReport{name_of(parts.config.family), parts.tensors.size(), dtype, parts.n_bytes};
}

}  // namespace

Result<ExportReport> export_folder(const std::string& model, const std::string& folder,
                                   const std::function<bool(float)>& on_progress) {
    const std::string who = "model '" + model + "': ";
    try {
        const auto file = inspect_gguf(model);
        if (!file) return file.error();
        if (auto sound = check_runnable(*file, model); !sound) return sound.error();
        const auto mapped = MappedFile::open(model, "model '" + model + "'");
        if (!mapped) return mapped.error();
        const auto parts = read_parts(model, *file, mapped->bytes());
        if (!parts) return Error{parts.error().code, who + parts.error().message};
        return write_folder(*parts, mapped->bytes(), folder, on_progress);
    } catch (const std::exception& problem) {  // memory, in ours or in ggml
        return Error{ErrorCode::exhausted, who + problem.what()};
    }
}

}  // namespace fabula::model::hugging_face
