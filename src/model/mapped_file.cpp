// SPDX-License-Identifier: 0BSD
#include "model/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace fabula::model {
namespace {

Error refused(const std::string& what, int reason) {
    const ErrorCode code = reason == ENOENT || reason == ENOTDIR || reason == EISDIR
                               ? ErrorCode::not_found
                               : ErrorCode::unavailable;
    return Error{code, what + ": " + std::generic_category().message(reason)};
}

}  // namespace

Result<MappedFile> MappedFile::open(const std::string& path, const std::string& what) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return refused(what, errno);
    struct stat status {};
    if (::fstat(file, &status) != 0) {
        const int reason = errno;
        ::close(file);
        return refused(what, reason);
    }
    if (!S_ISREG(status.st_mode)) {
        ::close(file);
        if (S_ISDIR(status.st_mode)) return refused(what, EISDIR);
        return Error{ErrorCode::not_found, what + ": not a regular file"};
    }
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0) {
        ::close(file);
        return MappedFile(nullptr, 0);
    }
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    const int reason = errno;
    ::close(file);
    if (data == MAP_FAILED) return refused(what, reason);
    return MappedFile(data, size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

MappedFile::~MappedFile() {
    if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace fabula::model
