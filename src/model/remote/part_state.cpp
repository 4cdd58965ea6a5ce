// SPDX-License-Identifier: 0BSD
#include "model/remote/part_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

namespace fabula::model {
namespace {

// A line a part: "BEGIN AT END\n", each of twenty digits, so that a line is replaced in place.
constexpr std::size_t digits = 20;
constexpr std::size_t line_bytes = 3 * (digits + 1);
constexpr std::size_t most_parts = 64;

std::string line_of(const FilePart& part) {
    std::array<char, line_bytes + 1> text{};
    std::snprintf(text.data(), text.size(), "%020llu %020llu %020llu\n",
                  static_cast<unsigned long long>(part.begin),
                  static_cast<unsigned long long>(part.at),
                  static_cast<unsigned long long>(part.end));
    return text.data();
}

bool read_number(std::string_view text, std::uint64_t& number) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc() && end == text.data() + text.size();
}

bool read_line(std::string_view line, FilePart& part) {
    return line.size() == line_bytes && read_number(line.substr(0, digits), part.begin) &&
           read_number(line.substr(digits + 1, digits), part.at) &&
           read_number(line.substr(2 * (digits + 1), digits), part.end) && part.begin <= part.at &&
           part.at <= part.end;
}

std::string head_of(const std::string& identity, std::uint64_t size_bytes) {
    return "fabula download 1\n" + identity + "\n" + std::to_string(size_bytes) + "\n";
}

// The parts lie behind each other and make up the file.
bool make_up(const std::vector<FilePart>& parts, std::uint64_t size_bytes) {
    std::uint64_t at = 0;
    for (const auto& part : parts) {
        if (part.begin != at) return false;
        at = part.end;
    }
    return at == size_bytes && !parts.empty();
}

bool write_all(int file, std::string_view bytes, std::uint64_t at) {
    while (!bytes.empty()) {
        const auto n = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
        at += static_cast<std::uint64_t>(n);
    }
    return true;
}

}  // namespace

GrowingFile::GrowingFile(std::string path, int file, int state)
    : path_(std::move(path)),
      part_path_(path_ + ".part"),
      state_path_(path_ + ".part.state"),
      file_(file),
      state_(state) {}

GrowingFile::GrowingFile(GrowingFile&& other) noexcept
    : path_(std::move(other.path_)),
      part_path_(std::move(other.part_path_)),
      state_path_(std::move(other.state_path_)),
      file_(std::exchange(other.file_, -1)),
      state_(std::exchange(other.state_, -1)),
      head_bytes_(other.head_bytes_),
      parts_(std::move(other.parts_)) {}

GrowingFile::~GrowingFile() {
    if (file_ >= 0) ::close(file_);
    if (state_ >= 0) ::close(state_);
}

Error GrowingFile::refused(int reason) const {
    const auto code = reason == ENOSPC || reason == EDQUOT || reason == EFBIG
                          ? ErrorCode::exhausted
                          : ErrorCode::unavailable;
    return {code, "file '" + part_path_ + "': " + std::generic_category().message(reason)};
}

Result<GrowingFile> GrowingFile::open(const std::string& path, const std::string& identity,
                                      std::uint64_t size_bytes, std::size_t n_parts) {
    GrowingFile growing(path, -1, -1);
    growing.state_ = ::open(growing.state_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (growing.state_ < 0) return growing.refused(errno);
    if (::flock(growing.state_, LOCK_EX | LOCK_NB) != 0)
        return Error{ErrorCode::conflict,
                     "file '" + growing.part_path_ + "' is being fetched by another process"};
    growing.file_ = ::open(growing.part_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (growing.file_ < 0) return growing.refused(errno);
    const auto head = head_of(identity, size_bytes);
    struct stat found {};
    const bool is_there = ::fstat(growing.file_, &found) == 0 &&
                          static_cast<std::uint64_t>(found.st_size) == size_bytes;
    if (is_there && growing.read_state(head) && make_up(growing.parts_, size_bytes)) return growing;
    if (const auto begun = growing.begin_state(head, size_bytes, n_parts); !begun)
        return begun.error();
    return growing;
}

bool GrowingFile::read_state(const std::string& head) {
    std::string text(head.size() + most_parts * line_bytes + 1, '\0');
    const auto n = ::pread(state_, text.data(), text.size(), 0);
    if (n < 0) return false;
    text.resize(static_cast<std::size_t>(n));
    if (!text.starts_with(head) || (text.size() - head.size()) % line_bytes != 0) return false;
    parts_.clear();
    for (std::size_t at = head.size(); at < text.size(); at += line_bytes) {
        FilePart part;
        if (!read_line(std::string_view(text).substr(at, line_bytes), part)) return false;
        parts_.push_back(part);
    }
    head_bytes_ = head.size();
    return parts_.size() <= most_parts;
}

Result<Unit> GrowingFile::begin_state(const std::string& head, std::uint64_t size_bytes,
                                      std::size_t n_parts) {
    assert(n_parts >= 1 && n_parts <= most_parts);
    parts_.clear();
    const std::uint64_t share = size_bytes / n_parts;
    for (std::size_t i = 0; i < n_parts; ++i) {
        const std::uint64_t begin = share * i;
        parts_.push_back({begin, begin, i + 1 == n_parts ? size_bytes : begin + share});
    }
    std::string text = head;
    for (const auto& part : parts_)
        text += line_of(part);
    head_bytes_ = head.size();
    if (::ftruncate(state_, 0) != 0 || ::ftruncate(file_, 0) != 0) return refused(errno);
    // The room is taken at once where the file system can, so that a full disk shows at once.
    if (size_bytes > 0 && ::fallocate(file_, 0, 0, static_cast<off_t>(size_bytes)) != 0) {
        if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
            const int reason = errno;
            discard();
            return refused(reason);
        }
        if (::ftruncate(file_, static_cast<off_t>(size_bytes)) != 0) return refused(errno);
    }
    if (!write_all(state_, text, 0)) return refused(errno);
    return Unit{};
}

std::uint64_t GrowingFile::done_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& part : parts_)
        sum += part.at - part.begin;
    return sum;
}

Result<Unit> GrowingFile::write(std::size_t part, std::string_view bytes) {
    auto& each = parts_[part];
    assert(bytes.size() <= each.end - each.at);
    if (!write_all(file_, bytes, each.at)) return refused(errno);
    each.at += bytes.size();
    return write_state(part);
}

Result<Unit> GrowingFile::begin_anew(std::size_t part) {
    parts_[part].at = parts_[part].begin;
    return write_state(part);
}

Result<Unit> GrowingFile::write_state(std::size_t part) {
    if (!write_all(state_, line_of(parts_[part]), head_bytes_ + part * line_bytes))
        return refused(errno);
    return Unit{};
}

Result<Unit> GrowingFile::finish() {
    if (::fsync(file_) != 0) return refused(errno);
    if (::rename(part_path_.c_str(), path_.c_str()) != 0) return refused(errno);
    const auto folder = std::filesystem::path(path_).parent_path();
    const int parent = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC);
    if (parent >= 0) {
        ::fsync(parent);
        ::close(parent);
    }
    ::unlink(state_path_.c_str());
    return Unit{};
}

void GrowingFile::discard() {
    ::unlink(part_path_.c_str());
    ::unlink(state_path_.c_str());
}

}  // namespace fabula::model
