// SPDX-License-Identifier: 0BSD
// A file's bytes as memory, read only. Owns the mapping and nothing else; whoever maps a file that
// another process shortens meanwhile gets SIGBUS, as with every mapping.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <span>
#include <string>

namespace fabula::model {

class MappedFile {
public:
    /// Maps `path`; an empty file gives an empty span. Errors: not_found (no such file, or a
    /// folder), unavailable (it may not be read): both name `what`, for instance "model 'x.gguf'".
    static Result<MappedFile> open(const std::string& path, const std::string& what);

    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    std::span<const std::byte> bytes() const {
        return {static_cast<const std::byte*>(data_), size_};
    }

private:
    MappedFile(void* data, std::size_t size) : data_(data), size_(size) {}

    void* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace fabula::model
