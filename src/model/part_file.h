// SPDX-License-Identifier: 0BSD
// A file that is there whole or not at all: written beside its place, synced, then renamed. What is
// not committed is removed again.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fabula::model {

class PartFile {
public:
    /// Creates a new file beside `path`. Errors: not_found (no such folder), conflict (`path` is a
    /// folder), unavailable (it may not be written), exhausted.
    static Result<PartFile> create(const std::string& path);

    PartFile(PartFile&& other) noexcept;
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;
    PartFile& operator=(PartFile&&) = delete;
    ~PartFile();

    /// Appends. Errors: exhausted (no disk space), unavailable.
    Result<Unit> write(std::span<const std::byte> bytes);
    std::uint64_t size_bytes() const { return size_bytes_; }

    /// Makes what was written durable and puts it in its place. Errors: as write.
    Result<Unit> commit();

private:
    PartFile(std::string path, std::string part, int file);
    Error refused(int reason) const;

    std::string path_;
    std::string part_;  // "" when there is nothing to remove
    int file_ = -1;
    std::uint64_t size_bytes_ = 0;
};

}  // namespace fabula::model
