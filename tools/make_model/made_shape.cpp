// SPDX-License-Identifier: 0BSD
#include "make_model/made_shape.h"

#include "make_model/made_vocabulary.h"

#include <algorithm>
#include <array>

namespace fabula::make_model {
namespace {

constexpr std::array<const char*, 3> family_names = {"bloom", "gpt2", "llama"};

struct NamedShape {
    const char* name = "";
    ModelShape shape;
};

constexpr std::array<NamedShape, 7> shapes = {
    {{"tiny", {Family::bloom, 2, 256, 4, 4, 1024, 600, 512, true}},
     {"tiny", {Family::gpt2, 2, 256, 4, 4, 1024, 600, 512, true}},
     {"tiny", {Family::llama, 3, 256, 4, 2, 768, 600, 512, false}},
     {"bloom-560m", {Family::bloom, 24, 1024, 16, 16, 4096, 250880, 2048, true}},
     {"gpt2-small", {Family::gpt2, 12, 768, 12, 12, 3072, 50257, 1024, true}},
     {"smollm-135m", {Family::llama, 30, 576, 9, 3, 1536, 49152, 2048, true}},
     {"tinyllama-1.1b", {Family::llama, 22, 2048, 32, 4, 5632, 32000, 2048, false}}}};

Error invalid(const std::string& what) {
    return Error{ErrorCode::invalid_input, what};
}

}  // namespace

const char* name_of(Family family) {
    return family_names[static_cast<std::size_t>(family)];
}

Result<Family> family_named(std::string_view name) {
    const auto* const found = std::ranges::find(family_names, name);
    if (found == family_names.end())
        return invalid("family '" + std::string(name) + "': one of bloom, gpt2, llama");
    return static_cast<Family>(found - family_names.begin());
}

std::string shape_names() {
    std::string names;
    std::string_view last;
    for (const NamedShape& known : shapes) {
        if (known.name != last) names += (names.empty() ? "" : ", ") + std::string(known.name);
        last = known.name;
    }
    return names;
}

Result<ModelShape> shape_named(std::string_view name, std::optional<Family> family) {
    const auto named = [name](const NamedShape& known) { return name == known.name; };
    const auto n_named = std::ranges::count_if(shapes, named);
    if (n_named == 0) return invalid("shape '" + std::string(name) + "': one of " + shape_names());
    if (n_named > 1 && !family)
        return invalid("shape '" + std::string(name) +
                       "' needs a family: one of bloom, gpt2, llama");
    const auto* const found = std::ranges::find_if(shapes, [&](const NamedShape& known) {
        return named(known) && (!family || *family == known.shape.family);
    });
    if (found == shapes.end())
        return invalid("shape '" + std::string(name) + "' is not of the family " +
                       name_of(*family));
    return found->shape;
}

Result<Unit> check_shape(const ModelShape& shape) {
    struct Bound {
        const char* name;
        std::uint64_t value;
        std::uint64_t least;
        std::uint64_t most;
    };
    const std::array<Bound, 7> bounds = {{{"n_layer", shape.n_layer, 1, 512},
                                          {"n_embd", shape.n_embd, 8, 65536},
                                          {"n_head", shape.n_head, 1, shape.n_embd},
                                          {"n_head_kv", shape.n_head_kv, 1, shape.n_head},
                                          {"n_ff", shape.n_ff, 1, 1U << 20U},
                                          {"n_vocab", shape.n_vocab, least_vocab, most_vocab},
                                          {"window", shape.window_tokens, 1, 1U << 20U}}};
    for (const Bound& bound : bounds) {
        if (bound.value >= bound.least && bound.value <= bound.most) continue;
        return invalid(std::string(bound.name) + " " + std::to_string(bound.value) +
                       ": possible is " + std::to_string(bound.least) + " to " +
                       std::to_string(bound.most));
    }
    const auto divides = [](std::uint64_t part, std::uint64_t whole) { return whole % part == 0; };
    if (!divides(shape.n_head, shape.n_embd))
        return invalid("n_embd " + std::to_string(shape.n_embd) + ": not a multiple of n_head " +
                       std::to_string(shape.n_head));
    if (!divides(shape.n_head_kv, shape.n_head))
        return invalid("n_head " + std::to_string(shape.n_head) + ": not a multiple of n_head_kv " +
                       std::to_string(shape.n_head_kv));
    if (shape.family != Family::llama && shape.n_head_kv != shape.n_head)
        return invalid("n_head_kv " + std::to_string(shape.n_head_kv) +
                       ": only llama has other than n_head");
    if (shape.family == Family::llama && shape.n_embd / shape.n_head % 2 != 0)
        return invalid("n_embd / n_head is " + std::to_string(shape.n_embd / shape.n_head) +
                       ": llama rotates pairs, so it must be even");
    return Unit{};
}

}  // namespace fabula::make_model
