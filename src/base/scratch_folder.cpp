// SPDX-License-Identifier: 0BSD
#include "base/scratch_folder.h"

#include <fcntl.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX's
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

namespace fabula {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view lock_name = "fabula-scratch.lock";
constexpr std::string_view end_of_name = ".XXXXXX";  // of mkdtemp

std::string lock_in(const std::string& folder) {
    return folder + "/" + std::string(lock_name);
}

// Waits; false where the file system has no locks.
bool lock(int file) {
    while (::flock(file, LOCK_EX) != 0) {
        if (errno != EINTR) return false;
    }
    return true;
}

bool has_a_name(int file) {
    struct stat facts {};
    return ::fstat(file, &facts) == 0 && facts.st_nlink > 0;
}

void remove(const std::string& folder) {
    std::error_code fault;
    fs::remove_all(folder, fault);
}

}  // namespace

ScratchFolder::ScratchFolder() {
    std::error_code fault;
    path_ = (fs::temp_directory_path(fault) / "fabula").string() + std::string(end_of_name);
    if (mkdtemp(path_.data()) == nullptr) path_.clear();
}

ScratchFolder::ScratchFolder(const std::string& path) {
    constexpr int most_attempts = 10;
    for (int i = 0; i < most_attempts; ++i) {
        path_ = path + std::string(end_of_name);
        if (mkdtemp(path_.data()) == nullptr) break;
        lock_ = ::open(lock_in(path_).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (lock_ < 0) {
            remove(path_);
            break;
        }
        // Before it had its lock another process may have thought that nobody has it.
        if (!lock(lock_) || has_a_name(lock_)) return;
        ::close(lock_);
        lock_ = -1;
    }
    path_.clear();
}

ScratchFolder::~ScratchFolder() {
    if (!path_.empty()) remove(path_);
    if (lock_ >= 0) ::close(lock_);
}

void remove_abandoned_folders(const std::string& path) {
    const fs::path whole(path);
    const auto begin = whole.filename().string() + ".";
    const auto length = whole.filename().string().size() + end_of_name.size();
    std::vector<std::string> found;
    std::error_code fault;
    const auto folder = whole.has_parent_path() ? whole.parent_path() : fs::path(".");
    for (fs::directory_iterator each(folder, fault), end; !fault && each != end;
         each.increment(fault)) {
        const auto name = each->path().filename().string();
        if (name.size() == length && name.starts_with(begin)) found.push_back(each->path());
    }
    for (const auto& each : found) {
        const int file = ::open(lock_in(each).c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        if (file < 0) continue;  // not one of ours
        if (::flock(file, LOCK_EX | LOCK_NB) == 0) remove(each);
        ::close(file);
    }
}

}  // namespace fabula
