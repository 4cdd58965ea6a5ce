// SPDX-License-Identifier: 0BSD
// A folder of a benchmark's own that is gone when the benchmark is over.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <system_error>

namespace fabula::app {

class BenchFolder {
public:
    BenchFolder()
        : path_(std::filesystem::temp_directory_path() /
                ("fabula-bench-" + std::to_string(getpid()) + "-" + std::to_string(next()))) {}
    BenchFolder(const BenchFolder&) = delete;
    BenchFolder& operator=(const BenchFolder&) = delete;
    ~BenchFolder() {
        std::error_code failure;  // nothing depends on a folder that stays behind
        std::filesystem::remove_all(path_, failure);
    }

    /// The path of `name` in it.
    std::string at(const std::string& name) const { return (path_ / name).string(); }

private:
    static unsigned next() {
        static std::atomic<unsigned> count{0};
        return ++count;
    }
    std::filesystem::path path_;
};

}  // namespace fabula::app
