// SPDX-License-Identifier: 0BSD
// Large memory, zeroed, of huge pages where the system has them: a walk through weights in small
// pages spends a fifth of its time on finding them.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <memory>

namespace fabula::model::cpu {

struct Unmap {
    std::size_t size_bytes = 0;
    void operator()(std::byte* bytes) const;
};

class Arena {
public:
    Arena() = default;
    /// At least `size_bytes`, aligned to 2 MiB and a multiple of it where that is worth it. Errors:
    /// exhausted.
    static Result<Arena> make(std::size_t size_bytes);

    std::byte* data() const { return bytes_.get() + offset_; }
    std::size_t size_bytes() const { return size_bytes_; }

private:
    std::unique_ptr<std::byte, Unmap> bytes_;
    std::size_t offset_ = 0;  // of the aligned part
    std::size_t size_bytes_ = 0;
};

}  // namespace fabula::model::cpu
