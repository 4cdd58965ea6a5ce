// SPDX-License-Identifier: 0BSD
// One file over HTTP, large or small: in parts at once where the server can, gone on with where an
// earlier attempt was stopped or killed, put in its place only when it is whole and its hash is
// right.
//
// While it grows it is PATH.part, and PATH.part.state says how far each part has come; the state is
// written with every block of bytes, so that a process that is killed repeats nothing that it had
// written. Where the power fails instead, the hash shows it, and the file is fetched anew.
#pragma once

#include "base/result.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace fabula::model {

struct Download {
    std::string url;
    std::string token;  // for the host of `url` alone: not sent where that sends on to another
    std::string path;   // where it goes
    /// What is known of it; 0 and "" where nothing is. Where the server says another size, or the
    /// bytes have another hash, the file is refused.
    std::uint64_t size_bytes = 0;
    std::string sha256;
    std::string blob_sha1;  // git's name of the bytes
    std::size_t n_parts = 4;
    std::uint64_t least_part_bytes = std::uint64_t{8} << 20;
    int idle_ms = 30'000;  // a part without a byte is asked for again
    /// Hears bytes that are there and the whole size (0: not known).
    std::function<void(std::uint64_t done, std::uint64_t whole)> on_progress;
    std::function<void(float)> on_check;                // share hashed
    std::function<void(const std::string&)> on_notice;  // what failed and is tried again
    std::function<Result<Unit>(std::uint64_t)> allow;   // may so many bytes more be written?
};

struct Downloaded {
    std::uint64_t size_bytes = 0;
    std::uint64_t fetched_bytes = 0;  // this time
    std::string sha256;
    bool was_there = false;  // whole, before anything was asked
};

/// Errors: conflict (another file is at `path`; somebody else is fetching it), corrupt (size or
/// hash), exhausted (no room on the disk), not_found, unavailable (no answer; a token is wanted or
/// refused; stopped). What came stays for the next time unless it is corrupt.
Result<Downloaded> download(const Download& wanted, const std::stop_token& stop);

/// git's name of a file's bytes: SHA-1 of "blob SIZE\0" and them. Errors: as sha256_of_file.
Result<std::string> git_blob_sha1(const std::string& path);

}  // namespace fabula::model
