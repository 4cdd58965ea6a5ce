// SPDX-License-Identifier: 0BSD
#include "store/file_path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace fabula::store {
namespace {

constexpr mode_t folder_mode = 0700;
constexpr mode_t file_mode = 0600;

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Error in_database(const std::string& path, ErrorCode code, const std::string& what) {
    return {code, one_line("database '" + path + "': " + what)};
}

Result<Unit> make_folder(const std::string& path, const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) return Unit{};
        return in_database(path, ErrorCode::invalid_input, "'" + folder + "' is not a folder");
    }
    if (errno != ENOENT) return explain_errno(path, errno);
    if (auto made = make_folder(path, folder_of(folder)); !made) return made;
    if (::mkdir(folder.c_str(), folder_mode) != 0 && errno != EEXIST) {
        return explain_errno(path, errno);
    }
    return sync_folder_of(folder);
}

}  // namespace

std::string one_line(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    }
    return text;
}

Error explain_errno(const std::string& path, int fault) {
    const std::string why = std::generic_category().message(fault);
    switch (fault) {
        case EACCES:
        case EPERM:
        case EROFS:
            return in_database(path, ErrorCode::unavailable,
                               "it cannot be written (" + why +
                                   "); allow yourself to write the file and its folder, or name "
                                   "another database");
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return in_database(path, ErrorCode::exhausted,
                               "there is no room on the disk (" + why +
                                   "); free some and try again, what was accepted is still there");
        case EISDIR:
            return in_database(path, ErrorCode::invalid_input, "it is a folder, not a file");
        case ENOTDIR:
        case ENAMETOOLONG:
        case ELOOP:
            return in_database(path, ErrorCode::invalid_input, why);
        default:
            return in_database(path, ErrorCode::unavailable, why);
    }
}

Result<Unit> sync_folder_of(const std::string& path) {
    const int folder = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return explain_errno(path, errno);
    const int fault = ::fsync(folder) == 0 ? 0 : errno;
    ::close(folder);
    // Some file systems cannot sync folders and say EINVAL; their files are found again without.
    if (fault != 0 && fault != EINVAL) return explain_errno(path, fault);
    return Unit{};
}

Result<Unit> prepare_file(const std::string& path) {
    if (path.empty() || path == ":memory:" || path.find('\0') != std::string::npos) {
        return in_database(path, ErrorCode::invalid_input, "not the name of a file");
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        if (S_ISREG(status.st_mode)) return Unit{};
        return in_database(
            path, ErrorCode::invalid_input,
            S_ISDIR(status.st_mode) ? "it is a folder, not a file" : "it is not an ordinary file");
    }
    if (errno != ENOENT) return explain_errno(path, errno);
    if (path.back() == '/') return explain_errno(path, EISDIR);
    if (auto made = make_folder(path, folder_of(path)); !made) return made;
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode);
    if (file < 0) return explain_errno(path, errno);
    ::close(file);
    return sync_folder_of(path);
}

Result<Unit> check_magic(const std::string& path) {
    // With the final NUL, which belongs to it.
    constexpr std::string_view magic("SQLite format 3\0", 16);
    constexpr std::size_t header_bytes = 100;
    char header[header_bytes];
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return explain_errno(path, errno);
    const ssize_t n_read = ::pread(file, header, header_bytes, 0);
    const int fault = errno;
    ::close(file);
    if (n_read < 0) return explain_errno(path, fault);
    if (n_read == 0) return Unit{};
    const std::string_view begin(header, static_cast<std::size_t>(n_read));
    if (begin.size() == header_bytes && begin.substr(0, magic.size()) == magic) return Unit{};
    return in_database(path, ErrorCode::corrupt, "it is not a database");
}

}  // namespace fabula::store
