// SPDX-License-Identifier: 0BSD
#include "model/page_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace fabula::model {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t least_free_bytes = std::uint64_t{256} << 20U;  // left to others on the disk
constexpr const char* about_name = "about";  // in each model's folder, for people and `show`
constexpr const char* page_extension = ".page";
constexpr const char* part_extension = ".part";
constexpr auto oldest_part = std::chrono::hours(1);  // then whoever wrote it is gone

class Descriptor {
public:
    explicit Descriptor(int file) : file_(file) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (file_ >= 0) close(file_);
    }
    int get() const { return file_; }
    bool is_open() const { return file_ >= 0; }

private:
    int file_;
};

bool read_all(int file, std::span<std::byte> out) {
    while (!out.empty()) {
        const auto n = ::read(file, out.data(), out.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        out = out.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

bool write_all(int file, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto n = ::write(file, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return true;
}

std::string reason(int code) {
    return std::error_code(code, std::generic_category()).message();
}

// For this user alone: pages tell what somebody wrote.
bool make_folder(const fs::path& path) {
    std::error_code failure;
    if (path.has_parent_path() && !fs::exists(path.parent_path(), failure)) {
        if (path.parent_path() == path || !make_folder(path.parent_path())) return false;
    }
    return mkdir(path.c_str(), S_IRWXU) == 0 || errno == EEXIST;
}

struct Found {
    fs::path path;
    fs::file_time_type changed;
    std::uint64_t size_bytes = 0;
};

bool is_page(const fs::path& path) {
    return path.extension() == page_extension && path.stem().string().size() == 32;
}
bool is_part(const fs::path& path) {
    return path.extension() == part_extension;
}

// Our files in a folder and those below it. Returns why not all of them could be looked at.
template <typename Take>
std::error_code each_file(const fs::path& folder, const Take& take) {
    std::error_code failure;
    fs::recursive_directory_iterator at(folder, failure);
    for (; !failure && at != fs::recursive_directory_iterator(); at.increment(failure)) {
        std::error_code gone;  // another process may take files away meanwhile
        if (!at->is_regular_file(gone) || at->is_symlink(gone)) continue;
        if (!is_page(at->path()) && !is_part(at->path())) continue;
        const auto changed = at->last_write_time(gone);
        const auto size = at->file_size(gone);
        if (!gone) take(Found{at->path(), changed, size});
    }
    return failure == std::errc::no_such_file_or_directory ? std::error_code() : failure;
}

bool is_left_over(const Found& file) {
    return is_part(file.path) && file.changed + oldest_part < fs::file_time_type::clock::now();
}

std::string model_name_in(const fs::path& folder) {
    std::ifstream about(folder / about_name);
    std::string word;
    std::string name;
    if (about >> word && word == "model") std::getline(about >> std::ws, name);
    return name.substr(0, 255);
}

PageFolderUse use_of(const fs::path& folder) {
    PageFolderUse use{model_name_in(folder), folder.string()};
    each_file(folder, [&](const Found& file) {
        use.n_pages += is_page(file.path) ? 1 : 0;
        use.size_bytes += file.size_bytes;
    });
    return use;
}

}  // namespace

PageFolder::PageFolder(Options options)
    : options_(std::move(options)),
      first_key_(PageKey::of(options_.identity)),
      folder_(options_.root + "/" + first_key_.hex()) {}

std::string PageFolder::path_of(const PageKey& key) const {
    const std::string name = key.hex();
    return folder_ + "/" + name.substr(0, 2) + "/" + name + page_extension;
}

bool PageFolder::read(const PageKey& key, std::span<const TokenId> tokens,
                      std::span<std::byte> numbers) {
    const std::string path = path_of(key);
    // Something else under its name, as a pipe, is not waited for.
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file.is_open()) return false;
    buffer_.resize(page_file_bytes(tokens.size(), numbers.size()));
    struct stat status {};
    const bool is_whole = fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode) &&
                          static_cast<std::uint64_t>(status.st_size) == buffer_.size() &&
                          read_all(file.get(), buffer_);
    const auto found = numbers_in_page_file(is_whole ? std::span(buffer_) : std::span<std::byte>(),
                                            key, tokens, numbers.size());
    if (!found) {
        ++figures_.n_damaged;
        unlink(path.c_str());
        return false;
    }
    std::copy(found->begin(), found->end(), numbers.begin());
    futimens(file.get(), nullptr);  // used now: the oldest go first
    ++figures_.n_read;
    return true;
}

// The folders, what they hold, and what a process that was killed left behind.
bool PageFolder::prepare() {
    if (is_prepared_ && access(folder_.c_str(), F_OK) == 0) return true;
    if (!make_folder(options_.root) || !make_folder(folder_))
        return refuse("cannot make '" + folder_ + "': " + reason(errno));
    std::ofstream about(folder_ + "/" + about_name);
    about << "model " << options_.model_name << '\n' << options_.identity << '\n';
    used_bytes_ = 0;
    each_file(options_.root, [&](const Found& file) {
        if (is_left_over(file))
            unlink(file.path.c_str());
        else
            used_bytes_ += file.size_bytes;
    });
    is_prepared_ = true;
    return true;
}

// Takes the oldest pages of all models away, a tenth more than is needed.
bool PageFolder::make_room(std::uint64_t size_bytes) {
    struct statvfs disk {};
    if (statvfs(folder_.c_str(), &disk) == 0 &&
        std::uint64_t{disk.f_bavail} * disk.f_frsize < size_bytes + least_free_bytes)
        return refuse("less than 256 MiB of disk are free at '" + options_.root + "'");
    if (size_bytes > options_.most_bytes) return refuse("a page is larger than the budget on disk");
    if (used_bytes_ + size_bytes <= options_.most_bytes) return true;
    std::vector<Found> files;
    used_bytes_ = 0;
    each_file(options_.root, [&](const Found& file) {
        used_bytes_ += file.size_bytes;
        if (is_page(file.path)) files.push_back(file);
    });
    std::sort(files.begin(), files.end(),
              [](const Found& a, const Found& b) { return a.changed < b.changed; });
    const std::uint64_t target = (options_.most_bytes - size_bytes) / 10 * 9;
    for (const Found& file : files) {
        if (used_bytes_ <= target) break;
        if (unlink(file.path.c_str()) == 0 || errno == ENOENT) used_bytes_ -= file.size_bytes;
    }
    return used_bytes_ + size_bytes <= options_.most_bytes;
}

bool PageFolder::refuse(const std::string& why) {
    ++figures_.n_refused;
    if (figures_.problem.empty()) figures_.problem = why;
    return false;
}

bool PageFolder::write(const PageKey& key, std::span<const TokenId> tokens,
                       std::span<const std::byte> numbers) {
    if (options_.most_bytes == 0) return false;
    if (!prepare()) return false;
    const std::string path = path_of(key);
    if (utimensat(AT_FDCWD, path.c_str(), nullptr, 0) == 0) return true;  // somebody has it
    const std::uint64_t size = page_file_bytes(tokens.size(), numbers.size());
    if (!make_room(size) || !make_folder(fs::path(path).parent_path().string())) return false;
    const std::string part = path + "." + std::to_string(getpid()) + part_extension;
    bool is_written = false;
    {
        const Descriptor file(open(part.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                                   S_IRUSR | S_IWUSR));
        is_written = file.is_open() &&
                     write_all(file.get(), page_file_head(key, tokens, numbers)) &&
                     write_all(file.get(), numbers);
    }
    if (!is_written || rename(part.c_str(), path.c_str()) != 0) {
        const int code = errno;
        unlink(part.c_str());
        return refuse("cannot write '" + path + "': " + reason(code));
    }
    used_bytes_ += size;
    ++figures_.n_written;
    return true;
}

std::vector<PageFolderUse> page_folders_in(const std::string& root) {
    std::vector<PageFolderUse> uses;
    std::error_code failure;  // a root that is not there has nothing
    for (const auto& entry : fs::directory_iterator(root, failure)) {
        if (entry.is_directory(failure)) uses.push_back(use_of(entry.path()));
    }
    std::sort(uses.begin(), uses.end(), [](const auto& a, const auto& b) {
        return std::pair(b.size_bytes, a.folder) < std::pair(a.size_bytes, b.folder);
    });
    return uses;
}

namespace {

// Takes a model's pages away, and its folders where nothing else is in them.
Result<Unit> clear_folder(const fs::path& folder, PageFolderUse& removed) {
    std::string stuck;
    const auto unseen = each_file(folder, [&](const Found& file) {
        if (unlink(file.path.c_str()) != 0 && errno != ENOENT) {
            stuck = file.path.string() + ": " + reason(errno);
            return;
        }
        removed.n_pages += is_page(file.path) ? 1 : 0;
        removed.size_bytes += file.size_bytes;
    });
    if (unseen)
        return Error{ErrorCode::unavailable,
                     "cannot look into all of '" + folder.string() + "': " + unseen.message()};
    if (!stuck.empty()) return Error{ErrorCode::unavailable, "cannot remove '" + stuck + "'"};
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(folder, failure)) {
        std::error_code is_kept;
        if (entry.is_directory(is_kept)) fs::remove(entry.path(), is_kept);
    }
    fs::remove(folder / about_name, failure);
    fs::remove(folder, failure);
    return Unit{};
}

}  // namespace

Result<PageFolderUse> clear_page_folders(const std::string& root, const std::string& model_name) {
    PageFolderUse removed{model_name, root};
    std::error_code unseen;
    const fs::directory_iterator first(root, unseen);
    if (unseen && unseen != std::errc::no_such_file_or_directory)
        return Error{ErrorCode::unavailable,
                     "cannot look into '" + root + "': " + unseen.message()};
    for (const auto& use : page_folders_in(root)) {
        if (!model_name.empty() && use.model_name != model_name) continue;
        if (const auto done = clear_folder(use.folder, removed); !done) return done.error();
    }
    return removed;
}

}  // namespace fabula::model
