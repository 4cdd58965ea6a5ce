// SPDX-License-Identifier: 0BSD
#include "model/part_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace fabula::model {
namespace {

Error error_of(const std::string& path, int reason) {
    ErrorCode code = ErrorCode::unavailable;
    if (reason == ENOSPC || reason == EDQUOT || reason == EFBIG) code = ErrorCode::exhausted;
    if (reason == ENOENT || reason == ENOTDIR) code = ErrorCode::not_found;
    if (reason == EISDIR) code = ErrorCode::conflict;
    return Error{code, "file '" + path + "': " + std::generic_category().message(reason)};
}

}  // namespace

Result<PartFile> PartFile::create(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        return error_of(path, EISDIR);
    const std::string part = path + ".part-" + std::to_string(::getpid());
    const int file = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return error_of(path, errno);
    return PartFile(path, part, file);
}

PartFile::PartFile(std::string path, std::string part, int file)
    : path_(std::move(path)), part_(std::move(part)), file_(file) {}

PartFile::PartFile(PartFile&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::exchange(other.part_, {})),
      file_(std::exchange(other.file_, -1)),
      size_bytes_(other.size_bytes_) {}

PartFile::~PartFile() {
    if (file_ >= 0) ::close(file_);
    if (!part_.empty()) ::unlink(part_.c_str());
}

Error PartFile::refused(int reason) const {
    return error_of(path_, reason);
}

Result<Unit> PartFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(file_, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return refused(errno);
        bytes = bytes.subspan(static_cast<std::size_t>(n));
        size_bytes_ += static_cast<std::uint64_t>(n);
    }
    return Unit{};
}

Result<Unit> PartFile::commit() {
    if (::fsync(file_) != 0) return refused(errno);
    if (::close(std::exchange(file_, -1)) != 0) return refused(errno);
    if (std::rename(part_.c_str(), path_.c_str()) != 0) return refused(errno);
    part_.clear();
    // The rename itself is durable when the folder is.
    std::string folder = std::filesystem::path(path_).parent_path().string();
    if (folder.empty()) folder = ".";
    const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return refused(errno);
    const int synced = ::fsync(opened) == 0 ? 0 : errno;
    ::close(opened);
    if (synced != 0 && synced != EINVAL)
        return refused(synced);  // EINVAL: the file system has no such
    return Unit{};
}

}  // namespace fabula::model
