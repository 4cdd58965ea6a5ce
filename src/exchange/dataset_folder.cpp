// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_folder.h"

#include "exchange/dataset_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace fabula::exchange {
namespace {

namespace fs = std::filesystem;

Error refused(const std::string& path, int reason) {
    ErrorCode code = ErrorCode::unavailable;
    if (reason == ENOSPC || reason == EDQUOT) code = ErrorCode::exhausted;
    if (reason == ENOENT || reason == ENOTDIR) code = ErrorCode::not_found;
    if (reason == EEXIST || reason == ENOTEMPTY) code = ErrorCode::conflict;
    return Error{code, "folder '" + path + "': " + std::generic_category().message(reason)};
}

int opened_folder(const std::string& path) {
    return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

void remove_quietly(const std::string& path) {
    std::error_code ignored;  // there is nothing to do about what cannot be removed
    fs::remove_all(path, ignored);
}

Result<Unit> synced_folder(const std::string& path) {
    const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return refused(path, errno);
    const int reason = ::fsync(folder) == 0 ? 0 : errno;
    ::close(folder);
    if (reason != 0 && reason != EINVAL) return refused(path, reason);  // EINVAL: cannot be synced
    return Unit{};
}

std::string part_prefix(const fs::path& target) {
    return "." + target.filename().string() + ".part-";
}

/// Whoever builds a part holds a lock on it, which the system lets go when they die.
void remove_stale_parts(const fs::path& target) {
    const std::string prefix = part_prefix(target);
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(target.parent_path(), failed)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(prefix) || name.size() == prefix.size() ||
            name.find_first_not_of("0123456789", prefix.size()) != std::string::npos)
            continue;
        const int folder = opened_folder(entry.path().string());
        if (folder < 0) continue;
        if (::flock(folder, LOCK_EX | LOCK_NB) == 0) remove_quietly(entry.path().string());
        ::close(folder);
    }
}

/// That what stands at `target` may be replaced.
Result<Unit> check_existing(const fs::path& target, Existing existing) {
    std::error_code failed;
    const auto status = fs::status(target, failed);
    if (!fs::exists(status)) return Unit{};
    const std::string quoted = "folder '" + target.string() + "'";
    if (!fs::is_directory(status))
        return Error{ErrorCode::conflict, quoted + ": a file of that name is there"};
    const bool is_empty = fs::is_empty(target, failed);
    if (failed) return refused(target.string(), failed.value());
    if (is_empty) return Unit{};
    if (existing == Existing::refused)
        return Error{ErrorCode::conflict,
                     quoted + ": something is in it; --replace puts the new data set in its place"};
    const auto stranger = first_stranger(target.string());
    if (!stranger) return stranger.error();
    if (stranger->empty()) return Unit{};
    return Error{ErrorCode::conflict, quoted + ": '" + *stranger +
                                          "' is no part of a data set of Fabula, and would be "
                                          "lost: nothing is replaced"};
}

Result<fs::path> resolved(const std::string& path) {
    std::error_code failed;
    auto target = fs::weakly_canonical(path, failed);
    if (failed || path.empty()) return refused(path, failed ? failed.value() : ENOENT);
    if (!target.has_filename()) target = target.parent_path();
    if (!target.has_filename())
        return Error{ErrorCode::conflict, "folder '" + path + "' is no place for a data set"};
    return target;
}

}  // namespace

Result<PartFolder> PartFolder::create(const std::string& path, Existing existing) {
    const auto target = resolved(path);
    if (!target) return target.error();
    if (const auto good = check_existing(*target, existing); !good) return good.error();
    remove_stale_parts(*target);
    const std::string part =
        (target->parent_path() / (part_prefix(*target) + std::to_string(::getpid()))).string();
    if (::mkdir(part.c_str(), 0777) != 0) return refused(path, errno);
    const int lock = opened_folder(part);
    if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        const int reason = errno;
        if (lock >= 0) ::close(lock);
        ::rmdir(part.c_str());
        return refused(path, reason);
    }
    return PartFolder(target->string(), part, lock, existing);
}

PartFolder::PartFolder(std::string target, std::string part, int lock, Existing existing)
    : target_(std::move(target)), part_(std::move(part)), lock_(lock), existing_(existing) {}

PartFolder::PartFolder(PartFolder&& other) noexcept
    : target_(std::move(other.target_)),
      part_(std::exchange(other.part_, {})),
      lock_(std::exchange(other.lock_, -1)),
      existing_(other.existing_) {}

PartFolder::~PartFolder() {
    if (!part_.empty()) remove_quietly(part_);
    if (lock_ >= 0) ::close(lock_);
}

Result<Unit> PartFolder::put_in_place() {
    // The name is taken only from an empty folder, or from none.
    if (std::rename(part_.c_str(), target_.c_str()) == 0) {
        part_.clear();
        return Unit{};
    }
    const int reason = errno;
    if ((reason != ENOTEMPTY && reason != EEXIST) || existing_ == Existing::refused)
        return refused(target_, reason);
    // What is there now may be another than at the beginning.
    if (const auto good = check_existing(target_, existing_); !good) return good;
    if (::renameat2(AT_FDCWD, part_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0)
        return Unit{};  // the part is the old folder now, and goes
    if (errno != EINVAL && errno != ENOSYS) return refused(target_, errno);
    const std::string old = part_ + ".old";
    if (std::rename(target_.c_str(), old.c_str()) != 0) return refused(target_, errno);
    if (std::rename(part_.c_str(), target_.c_str()) != 0) {
        const int failed = errno;
        const bool is_back = std::rename(old.c_str(), target_.c_str()) == 0;
        if (is_back) return refused(target_, failed);
        return Error{ErrorCode::unavailable, "folder '" + target_ + "': what was there is in '" +
                                                 old + "' now, and could not be put back"};
    }
    part_ = old;
    return Unit{};
}

Result<Unit> PartFolder::commit() {
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(part_, failed)) {
        if (!entry.is_directory(failed)) continue;
        if (const auto synced = synced_folder(entry.path().string()); !synced) return synced;
    }
    if (const auto synced = synced_folder(part_); !synced) return synced;
    if (const auto placed = put_in_place(); !placed) return placed;
    return synced_folder(fs::path(target_).parent_path().string());
}

}  // namespace fabula::exchange
