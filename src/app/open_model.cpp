// SPDX-License-Identifier: 0BSD
#include "app/open_model.h"

#include "app/disk_budget.h"
#include "app/files.h"
#include "app/paths.h"
#include "app/progress.h"
#include "model/load.h"
#include "model/scripted.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sstream>

namespace fabula::app {
namespace {

constexpr std::string_view scripted_prefix = "scripted:";

bool is_path(const std::string& name) {
    return name.find('/') != std::string::npos || name.ends_with(".gguf");
}

Result<Unit> check_kernel(const std::string& kernel) {
    constexpr std::array<const char*, 3> known{"avx512", "avx2", "portable"};
    if (kernel.empty() || std::find(known.begin(), known.end(), kernel) != known.end())
        return Unit{};
    return Error{ErrorCode::invalid_input,
                 "kernel: '" + kernel + "' is none of avx512, avx2, portable"};
}

}  // namespace

Result<OpenOptions> open_options(const Configuration& configuration) {
    const auto within = [&](const char* key, const Error& error) {
        return Error{error.code, configuration.source(key) + ": " + error.message};
    };
    OpenOptions options;
    const auto threads = configuration.number("threads", 0, 1024);
    if (!threads) return threads.error();
    options.n_threads = static_cast<int>(*threads);
    const auto backend = model::backend_named(configuration.text("backend"));
    if (!backend) return within("backend", backend.error());
    options.backend = *backend;
    options.kernel = configuration.text("kernel");
    if (const auto known = check_kernel(options.kernel); !known)
        return within("kernel", known.error());
    // One that the environment or a file names is for the models that have kernels to choose.
    const bool is_asked_for = configuration.source("kernel").starts_with("flag");
    if (is_asked_for && options.backend == model::Backend::llama)
        return within("kernel", {ErrorCode::invalid_input, "backend llama has none to choose"});
    const auto cache = model::cache_type_named(configuration.text("cache_type"));
    if (!cache) return within("cache_type", cache.error());
    options.cache = *cache;
    const auto memory = mebibytes(configuration, "cache_mib");
    if (!memory) return memory.error();
    options.cache_bytes = *memory;
    const auto disk = mebibytes(configuration, "cache_disk_mib");
    if (!disk) return disk.error();
    options.cache_disk_bytes = *disk;
    return options;
}

Result<OpenOptions> options_as(const std::string& arithmetic, OpenOptions options) {
    std::istringstream words(arithmetic);
    std::string backend;
    std::string kernel;
    std::string cache;
    words >> backend >> kernel >> cache;
    if (!cache.empty()) {
        const auto known = model::backend_named(backend);
        if (!known) return known.error();
        const auto numbers = model::cache_type_named(cache);
        if (!numbers) return numbers.error();
        if (const auto good = check_kernel(kernel); !good) return good.error();
        options.backend = *known;
        options.kernel = kernel;
        options.cache = *numbers;
    }
    return options;
}

std::vector<std::string> installed_models() {
    std::vector<std::string> paths;
    std::error_code failure;  // a folder that is not there has no models
    for (const auto& entry : std::filesystem::directory_iterator(models_folder(), failure)) {
        if (entry.path().extension() == ".gguf") paths.push_back(entry.path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

Result<std::string> find_model(const std::string& name) {
    if (name.empty()) return Error{ErrorCode::invalid_input, "the name of the model is empty"};
    if (is_path(name)) {
        std::error_code failure;
        if (std::filesystem::exists(name, failure)) return name;
        if (name.find('/') != std::string::npos)
            return Error{ErrorCode::not_found, "no model file '" + name + "'"};
    }
    std::vector<std::string> beginning;
    for (const auto& path : installed_models()) {
        const std::filesystem::path file(path);
        if (file.filename() == name || file.stem() == name) return path;
        if (file.filename().string().starts_with(name)) beginning.push_back(path);
    }
    if (beginning.size() == 1) return beginning.front();
    if (beginning.size() > 1)
        return Error{ErrorCode::invalid_input,
                     "several models begin with '" + name + "': `fabula model list` names them"};
    return Error{ErrorCode::not_found,
                 "no model '" + name + "' in '" + models_folder() +
                     "': `fabula model list` names those that are there, `./run setup` brings "
                     "the default one"};
}

Result<std::unique_ptr<model::Model>> open_model(const std::string& name,
                                                 const OpenOptions& options) {
    if (name.starts_with(scripted_prefix)) {
        const auto script = read_file(name.substr(scripted_prefix.size()));
        if (!script) return script.error();
        return model::make_scripted(*script);
    }
    const auto path = find_model(name);
    if (!path) return path.error();
    Progress progress("loading " + std::filesystem::path(*path).filename().string(), 1, "");
    model::LoadOptions load;
    load.n_branches = options.n_branches;
    load.n_threads = options.n_threads;
    load.cache = options.cache;
    load.kernel = options.kernel;
    load.cache_bytes = options.cache_bytes;
    load.page_folder = options.pages.empty() ? pages_folder() : options.pages;
    load.page_folder_bytes = options.cache_disk_bytes;
    load.on_progress = [&](float share) {
        progress.update(static_cast<double>(share));
        return true;
    };
    return model::load_model(*path, options.backend, load);
}

}  // namespace fabula::app
