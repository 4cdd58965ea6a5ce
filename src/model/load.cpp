// SPDX-License-Identifier: 0BSD
#include "model/load.h"

#include "model/cpu/load.h"
#include "model/cpu/weights.h"
#include "model/llama/load.h"

#include <array>
#include <filesystem>
#include <map>

namespace fabula::model {
namespace {

constexpr std::array<const char*, 2> cache_names = {"f16", "f32"};
constexpr std::array<const char*, 3> backend_names = {"auto", "cpu", "llama"};

template <typename Enum, std::size_t n>
Result<Enum> named(std::string_view name, const std::array<const char*, n>& names,
                   const std::string& what) {
    std::string known;
    for (std::size_t i = 0; i < n; ++i) {
        if (name == names[i]) return static_cast<Enum>(i);
        known += (i == 0 ? "" : ", ") + std::string(names[i]);
    }
    return Error{ErrorCode::invalid_input,
                 what + ": '" + std::string(name) + "' is none of " + known};
}

}  // namespace

const char* name_of(CacheType type) {
    return cache_names[static_cast<std::size_t>(type)];
}

Result<CacheType> cache_type_named(std::string_view name) {
    return named<CacheType>(name, cache_names, "cache type");
}

const char* name_of(Backend backend) {
    return backend_names[static_cast<std::size_t>(backend)];
}

Result<Backend> backend_named(std::string_view name) {
    return named<Backend>(name, backend_names, "backend");
}

BackendChoice choose_backend(const GgufFile& file) {
    auto planned = cpu::plan_weights(file);
    if (!planned) return {Backend::llama, "our own decoder does not: " + planned.error().message};
    std::string reason = "our own decoder knows its architecture";
    std::map<std::string, std::size_t> converted;  // counts by type
    for (const cpu::Matrix* const matrix : planned->matrices()) {
        if (matrix->is_requantised) ++converted[file.tensors[matrix->tensor].type];
    }
    for (const auto& [type, n] : converted)
        reason += "; " + std::to_string(n) + " tensors of " + type + " become Q8_0 when loaded";
    return {Backend::cpu, reason};
}

Result<std::unique_ptr<Model>> load_model(const std::string& path, Backend backend,
                                          const LoadOptions& options) {
    if (backend == Backend::llama) return load_llama(path, options);
    if (options.n_branches < 1)
        return Error{ErrorCode::invalid_input, "branches: 0, possible is 1 and more"};
    const auto file = inspect_gguf(path);
    if (!file) return file.error();
    const std::string name = std::filesystem::path(path).filename().string();
    if (auto runnable = check_runnable(*file, name); !runnable) return runnable.error();
    if (backend == Backend::automatic && choose_backend(*file).backend == Backend::llama)
        return load_llama(path, options);
    return load_cpu(path, *file, options);
}

}  // namespace fabula::model
