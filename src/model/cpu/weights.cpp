// SPDX-License-Identifier: 0BSD
#include "model/cpu/weights.h"

namespace fabula::model::cpu {
namespace {

void add_norm(Norm& norm, std::vector<Vector*>& found) {
    found.push_back(&norm.gain);
    found.push_back(&norm.bias);
}

}  // namespace

std::vector<Matrix*> Weights::matrices() {
    std::vector<Matrix*> found = {&token_embd};
    if (position_embd.n_in != 0) found.push_back(&position_embd);
    for (Layer& layer : layers) {
        for (Linear& linear : layer.qkv)
            found.push_back(&linear.weight);
        found.push_back(&layer.attn_output.weight);
        for (Linear& linear : layer.up)
            found.push_back(&linear.weight);
        found.push_back(&layer.down.weight);
    }
    if (!is_tied) found.push_back(&output);
    return found;
}

std::vector<Vector*> Weights::vectors() {
    std::vector<Vector*> found;
    add_norm(embd_norm, found);
    for (Layer& layer : layers) {
        add_norm(layer.attn_norm, found);
        for (Linear& linear : layer.qkv)
            found.push_back(&linear.bias);
        found.push_back(&layer.attn_output.bias);
        add_norm(layer.ffn_norm, found);
        for (Linear& linear : layer.up)
            found.push_back(&linear.bias);
        found.push_back(&layer.down.bias);
    }
    add_norm(output_norm, found);
    found.push_back(&rope_factors);
    std::erase_if(found, [](const Vector* vector) { return !vector->is_there(); });
    return found;
}

std::size_t Weights::size_bytes() {
    std::size_t total = 0;
    for (const Matrix* const matrix : matrices())
        total += matrix->size_bytes();
    return total;
}

}  // namespace fabula::model::cpu
