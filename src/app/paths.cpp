// SPDX-License-Identifier: 0BSD
#include "app/paths.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace fabula::app {
namespace {

std::string variable(const char* name) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in the program changes the environment
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string home() {
    auto named = variable("HOME");
    if (!named.empty()) return named;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): before any thread that could ask too
    const passwd* user = getpwuid(getuid());
    return user != nullptr && user->pw_dir != nullptr ? user->pw_dir : ".";
}

std::string below(const char* xdg, const char* otherwise, const char* rest) {
    const auto root = variable(xdg);
    return (root.empty() || root.front() != '/' ? home() + otherwise : root) + rest;
}

std::string named_or(const char* name, const std::string& otherwise) {
    auto named = variable(name);
    return named.empty() ? otherwise : named;
}

}  // namespace

std::string default_database() {
    return named_or("FABULA_DB", below("XDG_DATA_HOME", "/.local/share", "/fabula/fabula.db"));
}

std::string models_folder() {
    return named_or("FABULA_MODELS", below("XDG_DATA_HOME", "/.local/share", "/fabula/models"));
}

std::string usage_folder() {
    return named_or("FABULA_USAGE", below("XDG_DATA_HOME", "/.local/share", "/fabula/usage"));
}

std::vector<std::string> hub_token_files() {
    return {".hf_token", home() + "/.hf_token"};
}

std::string config_file() {
    return named_or("FABULA_CONFIG", below("XDG_CONFIG_HOME", "/.config", "/fabula/config.toml"));
}

std::string presets_folder() {
    const auto beside = std::filesystem::path(config_file()).parent_path() / "presets";
    return named_or("FABULA_PRESETS", beside.string());
}

std::string cache_folder() {
    return named_or("FABULA_CACHE", below("XDG_CACHE_HOME", "/.cache", "/fabula"));
}

std::string token_file() {
    return below("XDG_DATA_HOME", "/.local/share", "/fabula/serve.token");
}

std::string pages_folder() {
    return cache_folder() + "/pages";
}

}  // namespace fabula::app
