// SPDX-License-Identifier: 0BSD
#include "serve/heap.h"

#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>
#endif

namespace fabula::serve {

void leave_out_thread_caches() {
#ifdef __GLIBC__
    // Before there are threads. What is set by somebody, or by this function before it began the
    // process again, stays.
    constexpr const char* variable = "GLIBC_TUNABLES";
    const std::string name = "glibc.malloc.tcache_count";
    const char* const set = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
    std::string value = set == nullptr ? "" : set;
    if (value.find(name) != std::string::npos) return;
    value += (value.empty() ? "" : ":") + name + "=0";

    std::ifstream file("/proc/self/cmdline", std::ios::binary);
    std::string words{std::istreambuf_iterator<char>(file), {}};
    if (words.empty() || words.back() != '\0') return;
    std::vector<char*> arguments;
    for (std::size_t at = 0; at < words.size(); at = words.find('\0', at) + 1)
        arguments.push_back(words.data() + at);
    arguments.push_back(nullptr);
    std::string path(4096, '\0');
    const auto length = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
    if (length <= 0 || arguments.size() < 2) return;
    path.resize(static_cast<std::size_t>(length));
    if (setenv(variable, value.c_str(), 1) != 0) return;  // NOLINT(concurrency-mt-unsafe)
    ::execv(path.c_str(), arguments.data());
    // It could not be: the caches stay.
#endif
}

void share_arenas() {
#ifdef __GLIBC__
    constexpr int n_arenas = 4;
    constexpr int large_bytes = 128 * 1024;
    // NOLINTBEGIN(concurrency-mt-unsafe): there are no threads yet
    mallopt(M_ARENA_MAX, n_arenas);
    // Whole stories as JSON are mapped and unmapped: left alone, glibc would raise the bound up to
    // 32 MiB and carve them out of the arenas.
    mallopt(M_MMAP_THRESHOLD, large_bytes);
    // NOLINTEND(concurrency-mt-unsafe)
#endif
}

void give_back_free_memory() {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

}  // namespace fabula::serve
