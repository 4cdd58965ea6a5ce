// SPDX-License-Identifier: 0BSD
#include "model/cpu/weights.h"

#include <sys/mman.h>

namespace fabula::model::cpu {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20U;

void add_norm(Norm& norm, std::vector<Vector*>& found) {
    found.push_back(&norm.gain);
    found.push_back(&norm.bias);
}

}  // namespace

Result<Arena> Arena::make(std::size_t size_bytes) {
    const std::size_t rounded =
        (size_bytes + huge_page_bytes - 1) / huge_page_bytes * huge_page_bytes;
    void* const bytes = ::mmap(nullptr, rounded, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED) {
        return Error{ErrorCode::exhausted,
                     "no memory for " + std::to_string(size_bytes) + " bytes of weights"};
    }
    ::madvise(bytes, rounded, MADV_HUGEPAGE);  // where there are none, small pages do
    Arena arena;
    arena.bytes_ = {static_cast<std::byte*>(bytes), Unmap{rounded}};
    return arena;
}

void Unmap::operator()(std::byte* bytes) const {
    ::munmap(bytes, size_bytes);
}

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
