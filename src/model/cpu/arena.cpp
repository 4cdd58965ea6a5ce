// SPDX-License-Identifier: 0BSD
#include "model/cpu/arena.h"

#include <sys/mman.h>

#include <cstdint>
#include <string>

namespace fabula::model::cpu {
namespace {

constexpr std::size_t huge_page_bytes = std::size_t{2} << 20U;
constexpr std::size_t small_page_bytes = 4096;

std::size_t rounded_up(std::size_t size, std::size_t unit) {
    return (size + unit - 1) / unit * unit;
}

}  // namespace

Result<Arena> Arena::make(std::size_t size_bytes) {
    const bool is_large = size_bytes >= 2 * huge_page_bytes;
    const std::size_t rounded =
        rounded_up(size_bytes, is_large ? huge_page_bytes : small_page_bytes);
    const std::size_t mapped = rounded + (is_large ? huge_page_bytes : 0);
    void* const bytes = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED) {
        return Error{ErrorCode::exhausted,
                     "no memory for " + std::to_string(size_bytes) + " bytes"};
    }
    Arena arena;
    arena.bytes_ = {static_cast<std::byte*>(bytes), Unmap{mapped}};
    arena.size_bytes_ = rounded;
    if (is_large) {
        const auto address = reinterpret_cast<std::uintptr_t>(bytes);
        arena.offset_ = rounded_up(address, huge_page_bytes) - address;
        ::madvise(arena.data(), rounded, MADV_HUGEPAGE);  // where there are none, small ones do
    }
    return arena;
}

void Unmap::operator()(std::byte* bytes) const {
    ::munmap(bytes, size_bytes);
}

}  // namespace fabula::model::cpu
