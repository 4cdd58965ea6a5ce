// SPDX-License-Identifier: 0BSD
// Which tensors of a PEFT adapter belong together, and which tensor of a GGUF model they change:
// W + scale * B A, with A [rank, n_in] and B [n_out, rank], both row-major.
//
// Source: Hu et al., "LoRA", 2021, arXiv:2106.09685, eq. 3; the names are those of PEFT.
#pragma once

#include "base/result.h"
#include "model/hugging_face/adapter_config.h"
#include "model/hugging_face/model_config.h"
#include "model/hugging_face/safetensors.h"
#include "model/hugging_face/tensor_plan.h"

#include <map>
#include <string>
#include <vector>

namespace fabula::model::hugging_face {

/// The two tensors of each pair, A before B, in the order of the base's tensors. Their layouts
/// permute the rows of B as the base's own rows are. Errors: invalid_input: a tensor that is none
/// of these, by name; corrupt: half a pair, another shape or rank.
Result<std::vector<PlannedTensor>> plan_adapter(
    const ModelConfig& base, const AdapterConfig& adapter,
    const std::map<std::string, SafetensorsTensor>& tensors);

}  // namespace fabula::model::hugging_face
