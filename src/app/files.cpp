// SPDX-License-Identifier: 0BSD
#include "app/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <iostream>
#include <system_error>

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

// A device or a pipe: no other file may take its place.
Result<Unit> write_into(const std::string& path, std::string_view bytes) {
    const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (file.number < 0) return refused("write", path, errno);
    return write_all(file.number, bytes, path);
}

Result<Unit> replace_file(const std::string& path, std::string_view bytes) {
    const std::string beside = path + ".part-" + std::to_string(getpid());
    {
        const Descriptor file(open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
        if (file.number < 0) return refused("write", path, errno);
        auto written = write_all(file.number, bytes, path);
        if (written && fsync(file.number) != 0) written = refused("write", path, errno);
        if (!written) {
            unlink(beside.c_str());
            return written;
        }
    }
    if (std::rename(beside.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        unlink(beside.c_str());
        return refused("write", path, reason);
    }
    const auto folder = fs::path(path).parent_path();
    const Descriptor parent(open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY));
    if (parent.number >= 0 && fsync(parent.number) != 0) return refused("sync", path, errno);
    return Unit{};
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

Result<Unit> write_file(const std::string& path, std::string_view bytes) {
    if (path == "-") {
        std::cout << bytes << std::flush;
        if (!std::cout) return Error{ErrorCode::unavailable, "cannot write to standard output"};
        return Unit{};
    }
    std::error_code failure;
    const auto status = fs::status(path, failure);
    if (fs::is_directory(status)) return refused("write", path, EISDIR);
    if (fs::exists(status) && !fs::is_regular_file(status)) return write_into(path, bytes);
    auto target = path;
    if (fs::is_symlink(fs::symlink_status(path, failure)) && fs::exists(status))
        target = fs::canonical(path, failure).string();
    return replace_file(target, bytes);
}

}  // namespace fabula::app
