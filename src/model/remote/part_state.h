// SPDX-License-Identifier: 0BSD
// A file that is being fetched: its bytes at any place, and how far each part has come, both on
// disk. Knows no network.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

/// Bytes [begin, end) of the file, of which [begin, at) are there.
struct FilePart {
    std::uint64_t begin = 0;
    std::uint64_t at = 0;
    std::uint64_t end = 0;

    bool is_whole() const { return at >= end; }
};

class GrowingFile {
public:
    /// Takes up PATH.part where its state is of the same `identity` (a line: what it is) and size,
    /// else begins it anew in `n_parts` parts. Errors: conflict (somebody else writes it),
    /// exhausted (no room), unavailable.
    static Result<GrowingFile> open(const std::string& path, const std::string& identity,
                                    std::uint64_t size_bytes, std::size_t n_parts);

    GrowingFile(GrowingFile&& other) noexcept;
    GrowingFile(const GrowingFile&) = delete;
    GrowingFile& operator=(const GrowingFile&) = delete;
    GrowingFile& operator=(GrowingFile&&) = delete;
    ~GrowingFile();

    const std::vector<FilePart>& parts() const { return parts_; }
    std::uint64_t done_bytes() const;
    const std::string& part_path() const { return part_path_; }

    /// Puts bytes where the part goes on. Requires that they fit into it. Errors: exhausted,
    /// unavailable.
    Result<Unit> write(std::size_t part, std::string_view bytes);
    /// The part has nothing: what is written to it next stands at its beginning.
    Result<Unit> begin_anew(std::size_t part);

    /// Syncs the bytes and puts them in their place. Errors: as write.
    Result<Unit> finish();
    /// Nothing of it stays.
    void discard();

private:
    GrowingFile(std::string path, int file, int state);
    bool read_state(const std::string& head);
    Result<Unit> begin_state(const std::string& head, std::uint64_t size_bytes,
                             std::size_t n_parts);
    Result<Unit> write_state(std::size_t part);
    Error refused(int reason) const;

    std::string path_;
    std::string part_path_;
    std::string state_path_;
    int file_ = -1;
    int state_ = -1;
    std::size_t head_bytes_ = 0;  // of the state
    std::vector<FilePart> parts_;
};

}  // namespace fabula::model
