// SPDX-License-Identifier: 0BSD
#include "app/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace fabula::app {
namespace {

namespace fs = std::filesystem;

TEST(Files, come_back_as_they_were_written_and_leave_nothing_beside) {
    const auto folder =
        fs::path(::testing::TempDir()) / ("fabula-files-" + std::to_string(getpid()));
    const auto path = (folder / "deeper" / "a.txt").string();
    const std::string bytes("a\0b\n", 4);
    ASSERT_TRUE(write_file(path, bytes));
    ASSERT_TRUE(write_file(path, bytes + "c"));
    EXPECT_EQ(read_file(path).value(), bytes + "c");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder / "deeper"), fs::directory_iterator()),
              1);
    EXPECT_EQ(read_file(path, 3).error().code, ErrorCode::invalid_input);
    fs::remove_all(folder);
}

TEST(Files, say_what_is_not_there) {
    const auto read = read_file("/nowhere/at/all");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::not_found);
    EXPECT_EQ(read.error().message, "cannot read '/nowhere/at/all': No such file or directory");
    EXPECT_EQ(read_file("/tmp").error().code, ErrorCode::invalid_input);
}

TEST(Files, say_that_the_disk_is_full_and_keep_the_old_file) {
    const auto written = write_file("/dev/full/x", "x");
    EXPECT_FALSE(written);
    EXPECT_FALSE(write_file("/proc/fabula-cannot-write-here", "x"));
}

}  // namespace
}  // namespace fabula::app
