// SPDX-License-Identifier: 0BSD
// config.json and adapter_config.json: what is read has sizes that can be planned with, and is read
// again as the same after it was written.
#include "model/hugging_face/adapter_config.h"
#include "model/hugging_face/folder_texts.h"
#include "model/hugging_face/model_config.h"
#include "model/hugging_face/tensor_plan.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace hugging_face = fabula::model::hugging_face;

namespace {

void plan(const hugging_face::ModelConfig& config) {
    if (config.n_head % config.n_head_kv != 0 || config.head_size == 0) std::abort();
    if (config.n_layer > 4 || config.head_size > 1024) return;  // slow, and nothing new
    for (const auto& tensor : hugging_face::all_tensors(config)) {
        if (tensor.n_rows == 0 || tensor.n_columns == 0) std::abort();
        if (tensor.layout == hugging_face::Layout::transposed) continue;
        const std::uint64_t last = hugging_face::n_lines(tensor) - 1;
        if (hugging_face::source_row(tensor, last) > last) std::abort();
    }
    for (const float factor : hugging_face::rope_factors(config)) {
        if (std::isnan(factor)) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto json = hugging_face::parse_json({reinterpret_cast<const char*>(data), size});
    if (!json) return 0;
    if (const auto adapter = hugging_face::adapter_config_of(*json)) {
        if (!std::isfinite(hugging_face::foreign_alpha(*adapter))) std::abort();
    }
    const auto config = hugging_face::model_config_of(*json);
    if (!config) return 0;
    plan(*config);
    const auto again =
        hugging_face::model_config_of(hugging_face::config_json(*config, {}, "float32"));
    if (!again) std::abort();
    if (again->n_ff != config->n_ff || again->epsilon != config->epsilon ||
        again->rope_base != config->rope_base || again->is_tied != config->is_tied)
        std::abort();
    return 0;
}
