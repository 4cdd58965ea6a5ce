// SPDX-License-Identifier: 0BSD
#include "app/scratch_folder.h"

#include <fcntl.h>
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX's
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

namespace fabula::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view end_of_name = ".XXXXXX";  // of mkdtemp

int open_folder(const std::string& path) {
    return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool is_there(int folder) {
    struct stat facts {};
    return ::fstat(folder, &facts) == 0 && facts.st_nlink > 0;
}

bool is_name_of(std::string_view name, std::string_view base) {
    if (name.size() != base.size() + end_of_name.size() || !name.starts_with(base)) return false;
    const auto letters = name.substr(base.size());
    return letters.front() == '.' && std::all_of(letters.begin() + 1, letters.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
           });
}

}  // namespace

ScratchFolder::ScratchFolder(const std::string& path) {
    // Between its making and its lock another process may think that nobody has it.
    constexpr int most_attempts = 10;
    for (int i = 0; i < most_attempts; ++i) {
        path_ = path + std::string(end_of_name);
        if (mkdtemp(path_.data()) == nullptr) break;
        lock_ = open_folder(path_);
        if (lock_ >= 0) (void)::flock(lock_, LOCK_EX);  // without locks there it is only not swept
        if (lock_ >= 0 && app::is_there(lock_)) return;
        if (lock_ >= 0) ::close(lock_);
        lock_ = -1;
    }
    path_.clear();
}

ScratchFolder::~ScratchFolder() {
    std::error_code fault;
    if (!path_.empty()) fs::remove_all(path_, fault);
    if (lock_ >= 0) ::close(lock_);
}

void remove_abandoned_folders(const std::string& path) {
    const fs::path model(path);
    const auto base = model.filename().string();
    const auto folder = model.has_parent_path() ? model.parent_path() : fs::path(".");
    std::error_code fault;
    std::vector<std::string> found;
    for (fs::directory_iterator each(folder, fault), end; !fault && each != end;
         each.increment(fault)) {
        if (is_name_of(each->path().filename().string(), base)) found.push_back(each->path());
    }
    for (const auto& each : found) {
        const int lock = open_folder(each);
        if (lock < 0) continue;
        std::error_code gone;
        if (::flock(lock, LOCK_EX | LOCK_NB) == 0) fs::remove_all(each, gone);
        ::close(lock);
    }
}

}  // namespace fabula::app
