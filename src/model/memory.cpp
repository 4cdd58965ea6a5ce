// SPDX-License-Identifier: 0BSD
#include "model/memory.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>

namespace fabula::model {

std::optional<std::uint64_t> free_memory_in(std::string_view meminfo) {
    constexpr std::string_view key = "MemAvailable:";
    const std::size_t at = meminfo.find(key);
    if (at == std::string_view::npos || (at > 0 && meminfo[at - 1] != '\n')) return std::nullopt;
    std::string_view rest = meminfo.substr(at + key.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    std::uint64_t kibibytes = 0;
    const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), kibibytes);
    const std::string_view unit(read.ptr,
                                static_cast<std::size_t>(rest.data() + rest.size() - read.ptr));
    if (read.ec != std::errc() || !unit.starts_with(" kB")) return std::nullopt;
    if (kibibytes > std::numeric_limits<std::uint64_t>::max() / 1024) return std::nullopt;
    return kibibytes * 1024;
}

std::optional<std::uint64_t> free_memory_bytes() {
    std::ifstream file("/proc/meminfo");
    return free_memory_in(std::string(std::istreambuf_iterator<char>(file), {}));
}

Result<Unit> check_fits(const std::string& name, std::uint64_t needed_bytes,
                        std::uint64_t free_bytes) {
    if (needed_bytes <= free_bytes) return Unit{};
    return Error{ErrorCode::exhausted, "model '" + name + "' needs about " +
                                           readable_size(needed_bytes) + ", " +
                                           readable_size(free_bytes) + " of memory are free"};
}

std::string readable_size(std::uint64_t size_bytes) {
    if (size_bytes < 1024) return std::to_string(size_bytes) + " B";
    constexpr std::array<const char*, 6> units = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = static_cast<double>(size_bytes) / 1024;
    std::size_t unit = 0;
    while (size >= 1023.95 && unit + 1 < units.size()) {  // never "1024.0 KiB"
        size /= 1024;
        ++unit;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s", size, units[unit]);
    return text.data();
}

}  // namespace fabula::model
