// SPDX-License-Identifier: 0BSD
#include "app/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

namespace fabula::app {
namespace {

namespace fs = std::filesystem;

Error refused(const std::string& doing, const std::string& path, int reason) {
    ErrorCode code = ErrorCode::unavailable;
    if (reason == ENOENT || reason == ENOTDIR) code = ErrorCode::not_found;
    if (reason == ENOSPC || reason == EDQUOT) code = ErrorCode::exhausted;
    if (reason == EISDIR) code = ErrorCode::invalid_input;
    return {code,
            "cannot " + doing + " '" + path + "': " + std::generic_category().message(reason)};
}

// A descriptor that closes itself.
struct Descriptor {
    explicit Descriptor(int opened) : number(opened) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number > 2) close(number);
    }
    int number;
};

Result<Unit> write_all(int descriptor, std::string_view bytes, const std::string& path) {
    while (!bytes.empty()) {
        const auto n = write(descriptor, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return refused("write", path, errno);
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return Unit{};
}

std::string beside(const std::string& target) {
    return target + ".part-" + std::to_string(getpid());
}

// The file that `path` means when it is a link to one.
std::string target_of(const std::string& path) {
    std::error_code failure;
    if (!fs::is_symlink(fs::symlink_status(path, failure)) || !fs::exists(path, failure))
        return path;
    return fs::canonical(path, failure).string();
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t most_bytes) {
    const Descriptor file(path == "-" ? 0 : open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.number < 0) return refused("read", path, errno);
    std::string bytes;
    char buffer[65536];
    while (true) {
        const auto n = read(file.number, buffer, sizeof buffer);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return refused("read", path, errno);
        if (n == 0) return bytes;
        bytes.append(buffer, static_cast<std::size_t>(n));
        if (bytes.size() > most_bytes)
            return Error{ErrorCode::invalid_input,
                         "'" + path + "' is larger than " + std::to_string(most_bytes) + " bytes"};
    }
}

Result<Unit> make_folder_of(const std::string& path) {
    const auto folder = fs::path(path).parent_path();
    std::error_code failure;
    if (!folder.empty()) fs::create_directories(folder, failure);
    if (failure) return refused("make the folder of", path, failure.value());
    return Unit{};
}

PiecewiseFile::PiecewiseFile(std::string path, std::string target, int descriptor)
    : path_(std::move(path)),
      target_(std::move(target)),
      beside_(target_.empty() ? "" : beside(target_)),
      descriptor_(descriptor) {}

PiecewiseFile::PiecewiseFile(PiecewiseFile&& other) noexcept
    : path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      beside_(std::exchange(other.beside_, "")),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

PiecewiseFile::~PiecewiseFile() {
    if (descriptor_ > 2) close(descriptor_);
    if (!beside_.empty()) unlink(beside_.c_str());
}

Result<PiecewiseFile> PiecewiseFile::begin(const std::string& path) {
    if (path == "-") return PiecewiseFile(path, "", STDOUT_FILENO);
    std::error_code failure;
    const auto status = fs::status(path, failure);
    if (fs::is_directory(status)) return refused("write", path, EISDIR);
    // A device or a pipe: no other file may take its place.
    const bool stands = fs::exists(status) && !fs::is_regular_file(status);
    const std::string target = stands ? "" : target_of(path);
    const int descriptor =
        stands ? open(path.c_str(), O_WRONLY | O_CLOEXEC)
               : open(beside(target).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (descriptor < 0) return refused("write", path, errno);
    return PiecewiseFile(path, target, descriptor);
}

Result<Unit> PiecewiseFile::write(std::string_view bytes) {
    return write_all(descriptor_, bytes, path_);
}

Result<Unit> PiecewiseFile::finish() {
    if (beside_.empty()) return Unit{};
    if (fsync(descriptor_) != 0) return refused("write", path_, errno);
    close(std::exchange(descriptor_, -1));
    if (std::rename(beside_.c_str(), target_.c_str()) != 0) return refused("write", path_, errno);
    beside_.clear();
    const auto folder = fs::path(target_).parent_path();
    const Descriptor parent(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY));
    if (parent.number >= 0 && fsync(parent.number) != 0) return refused("sync", path_, errno);
    return Unit{};
}

Result<Unit> write_file(const std::string& path, std::string_view bytes) {
    if (path == "-") {
        std::cout << bytes << std::flush;
        if (!std::cout) return Error{ErrorCode::unavailable, "cannot write to standard output"};
        return Unit{};
    }
    auto file = PiecewiseFile::begin(path);
    if (!file) return file.error();
    if (auto written = file->write(bytes); !written) return written;
    return file->finish();
}

}  // namespace fabula::app
