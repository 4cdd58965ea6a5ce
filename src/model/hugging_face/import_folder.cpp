// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/import_folder.h"

#include "model/gguf_output.h"
#include "model/hugging_face/gguf_keys.h"
#include "model/hugging_face/row_reader.h"
#include "model/hugging_face/tensor_plan.h"
#include "model/hugging_face/tokenizer_file.h"
#include "model/hugging_face/weight_files.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

constexpr const char* factors_name = "rope_freqs.weight";
constexpr std::uint64_t chunk_bytes = 1U << 20U;

OutputTensor output_of(const PlannedTensor& tensor, WeightType wanted) {
    return {tensor.name, tensor.stays_f32 ? WeightType::f32 : type_for(wanted, tensor.n_columns),
            tensor.n_rows, tensor.n_columns, tensor.is_vector};
}

OutputTensor output_of(const std::vector<float>& factors) {
    return {factors_name, WeightType::f32, 1, factors.size(), true};
}

/// What goes into the file, all of it checked.
struct Parts {
    ModelConfig config;
    TokenizerFile tokenizer;
    WeightFiles weights;
    TensorPlan plan;
    std::vector<float> factors;
};

Result<Parts> read_parts(const std::string& folder) {
    auto config = read_model_config(folder);
    if (!config) return config.error();
    auto weights = WeightFiles::open(folder, "model");
    if (!weights) return weights.error();
    auto plan = plan_tensors(*config, weights->tensors());
    if (!plan) return Error{plan.error().code, "folder '" + folder + "': " + plan.error().message};
    auto tokenizer = read_tokenizer(folder, *config);
    if (!tokenizer) return tokenizer.error();
    auto factors = rope_factors(*config);
    return Parts{*std::move(config), *std::move(tokenizer), *std::move(weights), *std::move(plan),
                 std::move(factors)};
}

std::vector<std::byte> header_of(const Parts& parts, const ImportOptions& options) {
    GgufHeader gguf;
    gguf.set("general.architecture", name_of(parts.config.family));
    gguf.set("general.type", "model");
    gguf.set("general.name", options.name);
    gguf.set_file_type(options.type);
    set_config(gguf, parts.config);
    set_tokenizer(gguf, parts.tokenizer);
    for (const PlannedTensor& tensor : parts.plan.tensors)
        gguf.add(output_of(tensor, options.type));
    if (!parts.factors.empty()) gguf.add(output_of(parts.factors));
    return gguf.bytes();
}

/// Converts the folder's tensors and appends them to the file, some rows at a time.
class WeightWriter {
public:
    WeightWriter(const WeightFiles& weights, PartFile& file, const ImportOptions& options)
        : weights_(weights), output_(file), options_(options) {
        for (const auto& [name, tensor] : weights.tensors())
            all_bytes_ += tensor.size_bytes;
    }

    Result<Unit> write(const PlannedTensor& tensor) {
        const SafetensorsTensor& source = *weights_.tensor(tensor.source);
        RowReader reader(tensor, weights_.bytes(source), source.dtype);
        const OutputTensor made = output_of(tensor, options_.type);
        const std::uint64_t n_at_once =
            std::max<std::uint64_t>(1, chunk_bytes / sizeof(float) / tensor.n_columns);
        for (std::uint64_t row = 0; row < tensor.n_rows; row += n_at_once) {
            const std::uint64_t n = std::min(n_at_once, tensor.n_rows - row);
            if (auto done = output_.append(made, reader.rows(row, n)); !done) return done;
            done_bytes_ += source.size_bytes / tensor.n_rows * n;
            const float share = static_cast<float>(done_bytes_) /
                                static_cast<float>(std::max<std::uint64_t>(1, all_bytes_));
            if (options_.on_progress && !options_.on_progress(std::min(share, 1.0F)))
                return Error{ErrorCode::unavailable, "stopped"};
        }
        return output_.end_tensor();
    }

    Result<Unit> write(const std::vector<float>& factors) {
        if (auto done = output_.append(output_of(factors), factors); !done) return done;
        return output_.end_tensor();
    }

private:
    const WeightFiles& weights_;
    TensorOutput output_;
    const ImportOptions& options_;
    std::uint64_t all_bytes_ = 0;
    std::uint64_t done_bytes_ = 0;
};

Result<std::uint64_t> write_gguf(const Parts& parts, const std::string& out,
                                 const ImportOptions& options) {
    auto file = PartFile::create(out);
    if (!file) return file.error();
    if (auto done = file->write(header_of(parts, options)); !done) return done.error();
    if (auto done = TensorOutput(*file).end_tensor(); !done) return done.error();
    WeightWriter writer(parts.weights, *file, options);
    for (const PlannedTensor& tensor : parts.plan.tensors) {
        if (auto done = writer.write(tensor); !done) return done.error();
    }
    if (!parts.factors.empty()) {
        if (auto done = writer.write(parts.factors); !done) return done.error();
    }
    const std::uint64_t size_bytes = file->size_bytes();
    if (auto done = file->commit(); !done) return done.error();
    return size_bytes;
}

ImportReport report_of(const Parts& parts, WeightType type) {
    ImportReport report;
    report.architecture = name_of(parts.config.family);
    report.n_layer = parts.config.n_layer;
    report.n_embd = parts.config.n_embd;
    report.n_vocab = parts.config.n_vocab;
    report.window_tokens = parts.config.window_tokens;
    report.tied_head = parts.config.is_tied;
    report.left_out = parts.plan.left_out;
    for (const PlannedTensor& tensor : parts.plan.tensors) {
        if (!tensor.stays_f32 && output_of(tensor, type).type != type)
            report.kept_f16.push_back(tensor.name);
    }
    return report;
}

}  // namespace

Result<ImportReport> import_folder(const std::string& folder, const std::string& out,
                                   const ImportOptions& options) {
    try {
        const auto parts = read_parts(folder);
        if (!parts) return parts.error();
        const auto size_bytes = write_gguf(*parts, out, options);
        if (!size_bytes) return size_bytes.error();
        ImportReport report = report_of(*parts, options.type);
        report.size_bytes = *size_bytes;
        return report;
    } catch (const std::exception& problem) {  // memory, in ours or in ggml
        return Error{ErrorCode::exhausted, "import of '" + folder + "': " + problem.what()};
    }
}

std::string model_folder_of(const std::string& path) {
    std::error_code ignored;  // what cannot be looked at is no folder
    if (std::filesystem::is_directory(path, ignored)) return path;
    const std::filesystem::path file(path);
    if (file.extension() != ".safetensors" && file.filename() != "config.json") return "";
    const std::string folder = file.parent_path().string();
    return folder.empty() ? "." : folder;
}

}  // namespace fabula::model::hugging_face
