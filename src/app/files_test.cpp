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
    EXPECT_EQ(write_file(path, bytes).error().code, ErrorCode::not_found);
    ASSERT_TRUE(make_folder_of(path));
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

TEST(Files, never_take_the_place_of_a_device_or_a_link) {
    const auto full = write_file("/dev/full", "x");
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::exhausted);
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
    const auto folder =
        fs::path(::testing::TempDir()) / ("fabula-links-" + std::to_string(getpid()));
    fs::create_directories(folder);
    ASSERT_TRUE(write_file((folder / "target").string(), "old"));
    fs::create_symlink("target", folder / "link");
    ASSERT_TRUE(write_file((folder / "link").string(), "new"));
    EXPECT_TRUE(fs::is_symlink(folder / "link"));
    EXPECT_EQ(read_file((folder / "target").string()).value(), "new");
    EXPECT_EQ(write_file(folder.string(), "x").error().code, ErrorCode::invalid_input);
    fs::remove_all(folder);
}

TEST(Files, grow_in_pieces_and_are_there_whole_or_not_at_all) {
    const auto folder =
        fs::path(::testing::TempDir()) / ("fabula-pieces-" + std::to_string(getpid()));
    fs::create_directories(folder);
    const auto path = (folder / "a.bin").string();
    {
        auto given_up = PiecewiseFile::begin(path);
        ASSERT_TRUE(given_up);
        ASSERT_TRUE(given_up->write("half"));
        EXPECT_FALSE(fs::exists(path));
    }
    EXPECT_TRUE(fs::is_empty(folder));
    auto file = PiecewiseFile::begin(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("one "));
    ASSERT_TRUE(file->write("two"));
    ASSERT_TRUE(file->finish());
    EXPECT_EQ(read_file(path).value(), "one two");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder), fs::directory_iterator()), 1);
    EXPECT_EQ(PiecewiseFile::begin(folder.string()).error().code, ErrorCode::invalid_input);
    fs::remove_all(folder);
}

TEST(Files, say_where_nothing_can_be_written) {
    EXPECT_FALSE(write_file("/proc/fabula-cannot-write-here", "x"));
}

}  // namespace
}  // namespace fabula::app
