// SPDX-License-Identifier: 0BSD
#include "model/hugging_face/adapter_plan.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace fabula::model::hugging_face {
namespace {

constexpr std::string_view front = "base_model.model.";

struct Half {
    std::string module;  // "model.layers.0.self_attn.q_proj"
    bool is_b = false;
};

/// "base_model.model.MODULE.lora_A.weight", with the adapter's name before "weight" in some files.
std::optional<Half> half_named(std::string_view name) {
    if (!name.starts_with(front)) return std::nullopt;
    name.remove_prefix(front.size());
    constexpr std::array<std::pair<std::string_view, bool>, 4> ends = {
        {{".lora_A.weight", false},
         {".lora_B.weight", true},
         {".lora_A.default.weight", false},
         {".lora_B.default.weight", true}}};
    for (const auto& [end, is_b] : ends) {
        if (name.ends_with(end))
            return Half{std::string(name.substr(0, name.size() - end.size())), is_b};
    }
    return std::nullopt;
}

struct Pair {
    const SafetensorsTensor* a = nullptr;
    const SafetensorsTensor* b = nullptr;
};

Result<std::map<std::string, Pair>> pairs_of(
    const std::map<std::string, SafetensorsTensor>& tensors) {
    std::map<std::string, Pair> pairs;
    for (const auto& [name, tensor] : tensors) {
        const auto half = half_named(name);
        if (!half)
            return Error{ErrorCode::invalid_input,
                         "tensor '" + name + "' is neither lora_A nor lora_B of a linear layer"};
        if (!is_weight_dtype(tensor.dtype))
            return Error{ErrorCode::invalid_input,
                         "tensor '" + name + "' is of dtype " + tensor.dtype};
        Pair& pair = pairs[half->module];
        const SafetensorsTensor*& place = half->is_b ? pair.b : pair.a;
        if (place != nullptr)
            return Error{ErrorCode::corrupt, "tensor '" + name + "' is there by two names"};
        place = &tensor;
    }
    return pairs;
}

Result<Unit> check(const Pair& pair, const PlannedTensor& base, const AdapterConfig& adapter,
                   const std::string& module) {
    if (pair.a == nullptr || pair.b == nullptr)
        return Error{ErrorCode::corrupt,
                     "module '" + module + "' has no lora_" + (pair.a == nullptr ? "A" : "B")};
    if (base.is_vector || base.name == "token_embd.weight" || base.name == "position_embd.weight")
        return Error{ErrorCode::invalid_input,
                     "module '" + module + "' is no linear layer of the base"};
    const std::uint64_t rank = pair.a->shape.empty() ? 0 : pair.a->shape.front();
    const bool fits = rank > 0 && pair.a->shape == std::vector{rank, base.n_columns} &&
                      pair.b->shape == std::vector{base.n_rows, rank};
    if (!fits)
        return Error{ErrorCode::corrupt,
                     "module '" + module + "' is not of the shapes of the base: is it this base?"};
    if (rank != adapter.rank && !adapter.has_other_ranks)
        return Error{ErrorCode::corrupt, "module '" + module + "' has rank " +
                                             std::to_string(rank) + ", 'r' is " +
                                             std::to_string(adapter.rank)};
    return Unit{};
}

void add(const PlannedTensor& base, const Pair& pair, std::vector<PlannedTensor>& plan) {
    const std::uint64_t rank = pair.a->shape.front();
    plan.push_back({base.name + ".lora_a", pair.a->name, rank, base.n_columns});
    PlannedTensor b{base.name + ".lora_b", pair.b->name, base.n_rows, rank};
    // PEFT keeps B as a linear layer does, also where the base is a Conv1D.
    if (base.layout != Layout::transposed) b.layout = base.layout;
    b.n_heads = base.n_heads;
    plan.push_back(std::move(b));
}

/// The module that a tensor of the base belongs to, with and without what stands before all.
std::array<std::string, 2> modules_of(const PlannedTensor& base) {
    const std::string name = base.source.substr(0, base.source.rfind('.'));
    const auto dot = name.find('.');
    const bool has_front = name.starts_with("model.") || name.starts_with("transformer.");
    return {name, has_front ? name.substr(dot + 1) : name};
}

}  // namespace

Result<std::vector<PlannedTensor>> plan_adapter(
    const ModelConfig& base, const AdapterConfig& adapter,
    const std::map<std::string, SafetensorsTensor>& tensors) {
    auto pairs = pairs_of(tensors);
    if (!pairs) return pairs.error();
    if (pairs->empty()) return Error{ErrorCode::corrupt, "it has no tensors"};
    std::vector<PlannedTensor> plan;
    for (const PlannedTensor& tensor : all_tensors(base)) {
        if (!tensor.name.ends_with(".weight")) continue;
        for (const std::string& module : modules_of(tensor)) {
            const auto found = pairs->find(module);
            if (found == pairs->end()) continue;
            if (auto sound = check(found->second, tensor, adapter, module); !sound)
                return sound.error();
            add(tensor, found->second, plan);
            pairs->erase(found);
        }
    }
    if (pairs->empty()) return plan;
    const std::string& module = pairs->begin()->first;
    return Error{ErrorCode::invalid_input,
                 "module '" + module + "' is none of a " + name_of(base.family) + " model" +
                     (module == "lm_head" ? " whose head is its embeddings" : "")};
}

}  // namespace fabula::model::hugging_face
