// SPDX-License-Identifier: 0BSD
#include "app/doctor.h"

#include "app/files.h"
#include "app/open_model.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "model/cpu/kernels.h"
#include "model/gguf_file.h"
#include "model/llama/load.h"
#include "model/memory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace fabula::app {
namespace {

namespace fs = std::filesystem;
using model::readable_size;

std::string line_of(const std::string& text, const std::string& begins) {
    const auto at = text.find(begins);
    if (at == std::string::npos) return "";
    const auto colon = text.find(':', at);
    const auto end = text.find('\n', at);
    if (colon == std::string::npos || colon > end) return "";
    return text.substr(colon + 2, end - colon - 2);
}

Finding processor() {
    const auto cpuinfo = read_file("/proc/cpuinfo");
    const std::string text = cpuinfo ? *cpuinfo : "";
    const std::string flags = " " + line_of(text, "flags") + " ";
    std::string kernels;
    for (const auto* flag : {"avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16"}) {
        if (flags.find(" " + std::string(flag) + " ") != std::string::npos)
            kernels += std::string(" ") + flag;
    }
    const std::string words =
        fmt::format("{}, {} cores,{}", line_of(text, "model name"),
                    std::thread::hardware_concurrency(), kernels.empty() ? " no AVX2" : kernels);
    if (kernels.find("avx2") == std::string::npos)
        return {FindingState::poor, "processor", words + ": it works, slowly"};
    return {FindingState::good, "processor", words};
}

Finding memory(const std::string& model) {
    const auto free = model::free_memory_bytes();
    if (!free)
        return {FindingState::poor, "memory", "the system does not say how much memory is free"};
    const auto path = find_model(model);
    std::error_code failure;
    const auto needed = path ? fs::file_size(*path, failure) : 0;
    if (!failure && needed > *free)
        return {FindingState::bad, "memory",
                fmt::format("{} are free, model '{}' has {}: use a smaller one",
                            readable_size(*free), model, readable_size(needed))};
    return {FindingState::good, "memory", readable_size(*free) + " are free"};
}

// "CPU : AVX2 = 1 | FMA = 1 |" without what is the same in every line.
std::string short_version(std::string version) {
    for (const std::string noise : {" = 1", " |", " :"}) {
        for (auto at = version.find(noise); at != std::string::npos; at = version.find(noise, at))
            version.erase(at, noise.size());
    }
    return version;
}

// The nearest folder above `path` that is there.
fs::path existing_above(fs::path path) {
    std::error_code failure;
    while (!path.empty() && !fs::exists(path, failure) && path != path.parent_path())
        path = path.parent_path();
    return path.empty() ? "." : path;
}

Finding disk(const std::string& database) {
    if (store::is_postgres(database))
        return {FindingState::good, "disk", "stories lie on a server, not on this machine's disk"};
    std::error_code failure;
    const auto space = fs::space(existing_above(fs::absolute(database, failure)), failure);
    if (failure) return {FindingState::poor, "disk", "cannot ask: " + failure.message()};
    const std::string words = readable_size(space.available) + " are free for the database";
    constexpr std::uint64_t least = 100U << 20U;
    if (space.available < least)
        return {FindingState::bad, "disk", words + ": make room before you write"};
    return {FindingState::good, "disk", words};
}

Finding default_model(const std::string& name) {
    if (name.starts_with("scripted:")) return {FindingState::good, "model", name};
    const auto path = find_model(name);
    if (!path) return {FindingState::bad, "model", path.error().message};
    const auto file = model::inspect_gguf(*path);
    if (!file) return {FindingState::bad, "model", file.error().message};
    if (const auto runs = model::check_runnable(*file, name); !runs)
        return {FindingState::bad, "model", runs.error().message};
    return {FindingState::good, "model",
            fmt::format("{} ({}, {})", *path, file->text("general.architecture"),
                        readable_size(file->size_bytes))};
}

Finding not_made_yet(const std::string& path) {
    if (store::is_postgres(path))
        return {
            FindingState::good, "database",
            "'" + store::shown_address(path) + "' answers; its tables are made by the first story"};
    std::error_code failure;
    const auto folder = existing_above(fs::absolute(path, failure).parent_path());
    if (access(folder.c_str(), W_OK | X_OK) != 0)
        return {FindingState::bad, "database",
                "'" + path + "' cannot be made: nothing may be written in '" + folder.string() +
                    "'; name another place with --db or $FABULA_DB"};
    return {FindingState::good, "database", "'" + path + "' is made by the first story"};
}

Finding database(const Configuration& configuration, const std::string& path) {
    const auto is_there = has_database(configuration);
    if (!is_there) return {FindingState::bad, "database", is_there.error().message};
    if (!*is_there) return not_made_yet(path);
    const auto store = open_store(configuration);
    if (!store) return {FindingState::bad, "database", store.error().message};
    const auto health = (*store)->check();
    if (!health) return {FindingState::bad, "database", health.error().message};
    if (!health->is_sound)
        return {FindingState::bad, "database",
                "'" + health->where + "' is damaged: " + health->findings +
                    ": restore a backup; `fabula story export` saves what can be read"};
    const std::string words = fmt::format("'{}' is sound, schema {}, {}", health->where,
                                          health->schema, readable_size(health->size_bytes));
    if (!health->advice.empty())
        return {FindingState::poor, "database", words + "; " + health->advice};
    return {FindingState::good, "database", words};
}

}  // namespace

const char* name_of(FindingState state) {
    switch (state) {
        case FindingState::good:
            return "ok";
        case FindingState::poor:
            return "poor";
        case FindingState::bad:
            return "BAD";
    }
    return "unknown";
}

std::vector<Finding> examine(const Configuration& configuration) {
    const std::string path = database_of(configuration);
    const auto& model = configuration.text("model");
    return {processor(),
            memory(model),
            disk(path),
            {FindingState::good, "kernel", model::cpu::best_kernels().name},
            {FindingState::good, "llama.cpp", short_version(model::llama_version())},
            default_model(model),
            database(configuration, path)};
}

}  // namespace fabula::app
