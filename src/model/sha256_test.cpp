// SPDX-License-Identifier: 0BSD
#include "model/sha256.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace fabula::model {
namespace {

namespace fs = std::filesystem;

// FIPS 180-2, appendix B.
constexpr std::string_view hash_of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view hash_of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string hash_of(std::string_view text) {
    return sha256_of(std::as_bytes(std::span(text)));
}

class Sha256File : public testing::Test {
protected:
    void SetUp() override {
        folder = fs::temp_directory_path() / ("fabula-sha256-" + std::to_string(::getpid()));
        fs::create_directories(folder);
        file = folder / "file";
        write("abc");
    }
    void TearDown() override { fs::remove_all(folder); }

    void write(std::string_view text) const { std::ofstream(file, std::ios::binary) << text; }
    fs::path note() const { return *fs::directory_iterator(folder / "notes"); }

    fs::path folder;
    fs::path file;
};

TEST(Sha256, gives_the_published_hashes) {
    EXPECT_EQ(hash_of("abc"), hash_of_abc);
    EXPECT_EQ(hash_of(""), hash_of_nothing);
}

TEST_F(Sha256File, hashes_a_file_of_several_chunks_as_one_text) {
    const std::string text(3'000'001, 'x');
    write(text);
    float last = 0;
    const auto hash = sha256_of_file(file, [&last](float share) {
        EXPECT_GE(share, last);
        last = share;
        return true;
    });
    ASSERT_TRUE(hash);
    EXPECT_EQ(*hash, hash_of(text));
    EXPECT_EQ(last, 1.0F);
}

TEST_F(Sha256File, stops_when_the_listener_says_so) {
    const auto hash = sha256_of_file(file, [](float) { return false; });
    ASSERT_FALSE(hash);
    EXPECT_EQ(hash.error().code, ErrorCode::unavailable);
}

TEST_F(Sha256File, names_a_file_that_is_not_there) {
    const auto hash = sha256_of_file(folder / "none");
    ASSERT_FALSE(hash);
    EXPECT_EQ(hash.error().code, ErrorCode::not_found);
}

TEST_F(Sha256File, remembers_a_hash_until_the_file_changes) {
    const std::string notes = folder / "notes";
    ASSERT_EQ(*remembered_sha256(file, notes), hash_of_abc);
    const auto never = [](float) { return false; };  // whoever hashes again is stopped
    ASSERT_TRUE(remembered_sha256(file, notes, never));
    EXPECT_EQ(*remembered_sha256(file, notes, never), hash_of_abc);
    write("abcd");
    EXPECT_EQ(*remembered_sha256(file, notes), hash_of("abcd"));
}

TEST_F(Sha256File, sees_a_change_that_leaves_size_and_time_as_they_were) {
    const std::string notes = folder / "notes";
    const auto time = fs::last_write_time(file);
    const std::string before = state_of_file(file);
    ASSERT_EQ(*remembered_sha256(file, notes), hash_of_abc);
    write("abd");
    fs::last_write_time(file, time);
    EXPECT_NE(state_of_file(file), before);
    EXPECT_EQ(*remembered_sha256(file, notes), hash_of("abd"));
    EXPECT_EQ(state_of_file(folder / "none"), "");
}

TEST_F(Sha256File, replaces_a_note_that_is_damaged) {
    const std::string notes = folder / "notes";
    ASSERT_TRUE(remembered_sha256(file, notes));
    const auto size = fs::file_size(note());
    fs::resize_file(note(), size - 10);
    EXPECT_EQ(*remembered_sha256(file, notes), hash_of_abc);
    EXPECT_EQ(fs::file_size(note()), size);
    std::ofstream(note()) << "nonsense\n";
    EXPECT_EQ(*remembered_sha256(file, notes), hash_of_abc);
    EXPECT_EQ(fs::file_size(note()), size);
}

TEST_F(Sha256File, needs_no_place_to_remember) {
    EXPECT_EQ(*remembered_sha256(file, ""), hash_of_abc);
    EXPECT_EQ(*remembered_sha256(file, "/proc/nowhere"), hash_of_abc);
}

}  // namespace
}  // namespace fabula::model
