// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/import_adapter.h"

#include "model/gguf_file.h"
#include "model/gguf_output.h"
#include "model/hugging_face/adapter_plan.h"
#include "model/hugging_face/gguf_config.h"
#include "model/hugging_face/import_folder.h"
#include "model/hugging_face/row_reader.h"
#include "model/hugging_face/weight_files.h"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

struct Parts {
    AdapterConfig adapter;
    ModelConfig base;
    WeightFiles weights;
    std::vector<PlannedTensor> plan;
};

OutputTensor output_of(const PlannedTensor& tensor, WeightType wanted) {
    return {tensor.name, type_for(wanted, tensor.n_columns), tensor.n_rows, tensor.n_columns};
}

Result<ModelConfig> read_base(const std::string& base) {
    if (base.empty())
        return Error{ErrorCode::invalid_input,
                     "an adapter needs its base: --base with a model folder or a GGUF file"};
    if (const std::string folder = model_folder_of(base); !folder.empty())
        return read_model_config(folder);
    const auto file = inspect_gguf(base);
    if (!file) return file.error();
    auto config = config_of_gguf(*file);
    if (!config)
        return Error{config.error().code, "model '" + base + "': " + config.error().message};
    return config;
}

Result<Parts> read_parts(const std::string& folder, const std::string& base) {
    const std::string path = folder + "/adapter_config.json";
    const auto json = read_json_file(path);
    if (!json) return json.error();
    const auto adapter = adapter_config_of(*json);
    if (!adapter)
        return Error{adapter.error().code, "file '" + path + "': " + adapter.error().message};
    auto config = read_base(base);
    if (!config) return config.error();
    auto weights = WeightFiles::open(folder, "adapter_model");
    if (!weights) return weights.error();
    auto plan = plan_adapter(*config, *adapter, weights->tensors());
    if (!plan) return Error{plan.error().code, "adapter '" + folder + "': " + plan.error().message};
    return Parts{*adapter, *std::move(config), *std::move(weights), *std::move(plan)};
}

std::vector<std::byte> header_of(const Parts& parts, const ImportOptions& options) {
    GgufHeader gguf;
    gguf.set("general.architecture", name_of(parts.base.family));
    gguf.set("general.type", "adapter");
    gguf.set("general.name", options.name);
    gguf.set_file_type(options.type);
    gguf.set("adapter.type", "lora");
    gguf.set_real("adapter.lora.alpha", foreign_alpha(parts.adapter));
    for (const PlannedTensor& tensor : parts.plan)
        gguf.add(output_of(tensor, options.type));
    return gguf.bytes();
}

Result<std::uint64_t> write_gguf(const Parts& parts, const std::string& out,
                                 const ImportOptions& options) {
    auto file = PartFile::create(out);
    if (!file) return file.error();
    if (auto done = file->write(header_of(parts, options)); !done) return done.error();
    TensorOutput output(*file);
    if (auto done = output.end_tensor(); !done) return done.error();
    std::size_t n_done = 0;
    for (const PlannedTensor& tensor : parts.plan) {
        const SafetensorsTensor& source = *parts.weights.tensor(tensor.source);
        RowReader reader(tensor, parts.weights.bytes(source), source.dtype);
        const auto rows = reader.rows(0, tensor.n_rows);
        if (auto done = output.append(output_of(tensor, options.type), rows); !done)
            return done.error();
        if (auto done = output.end_tensor(); !done) return done.error();
        const float share = static_cast<float>(++n_done) / static_cast<float>(parts.plan.size());
        if (options.on_progress && !options.on_progress(share))
            return Error{ErrorCode::unavailable, "stopped"};
    }
    const std::uint64_t size_bytes = file->size_bytes();
    if (auto done = file->commit(); !done) return done.error();
    return size_bytes;
}

}  // namespace

bool is_adapter(const std::string& folder) {
    std::error_code ignored;  // what cannot be looked at is no adapter
    return std::filesystem::exists(folder + "/adapter_config.json", ignored);
}

Result<AdapterReport> import_adapter(const std::string& folder, const std::string& base,
                                     const std::string& out, const ImportOptions& options) {
    try {
        const auto parts = read_parts(folder, base);
        if (!parts) return parts.error();
        const auto size_bytes = write_gguf(*parts, out, options);
        if (!size_bytes) return size_bytes.error();
        return AdapterReport{name_of(parts->base.family), parts->plan.size() / 2,
                             parts->adapter.rank, *size_bytes};
    } catch (const std::exception& problem) {  // memory, in ours or in ggml
        return Error{ErrorCode::exhausted, "import of '" + folder + "': " + problem.what()};
    }
}

}  // namespace fabula::model::hugging_face
