// SPDX-License-Identifier: 0BSD
#include "serve/token_file.h"

#include "base/scratch_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace fabula::serve {
namespace {

class TokenFile : public ::testing::Test {
protected:
    void write(const std::string& text, mode_t mode = 0600) const {
        std::ofstream(path, std::ios::binary) << text;
        ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    }

    ScratchFolder scratch;
    std::filesystem::path folder{scratch.path()};
    std::string path{(folder / "token").string()};
};

TEST_F(TokenFile, is_made_for_its_owner_alone) {
    const auto made = token_of_file(path);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->size(), 43U);
    struct stat found {};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U);
    // Nothing else was left there, and the same token is found again.
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
    EXPECT_EQ(*token_of_file(path), *made);
}

TEST_F(TokenFile, has_one_token_whoever_makes_it_first) {
    std::vector<std::string> found(4);
    {
        std::vector<std::jthread> threads;
        threads.reserve(found.size());
        for (auto& token : found)
            threads.emplace_back([&] {
                const auto made = token_of_file(path);
                if (made) token = *made;
            });
    }
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 1U);
    EXPECT_EQ(found[0].size(), 43U);
}

TEST_F(TokenFile, may_be_written_by_a_person) {
    write("a-token-of-my-own_1.~+/=\n");
    const auto token = token_of_file(path);
    ASSERT_TRUE(token) << token.error().message;
    EXPECT_EQ(*token, "a-token-of-my-own_1.~+/=");
}

TEST_F(TokenFile, is_refused_where_others_may_read_it) {
    for (const mode_t mode : {0640U, 0604U, 0660U, 0644U, 0666U, 0601U}) {
        write("0123456789abcdef\n", mode);
        const auto token = token_of_file(path);
        ASSERT_FALSE(token) << mode;
        EXPECT_EQ(token.error().code, ErrorCode::invalid_input);
        EXPECT_EQ(token.error().message,
                  "token file '" + path + "': others may read it: chmod 600 it");
    }
}

TEST_F(TokenFile, is_refused_where_it_holds_no_token) {
    for (const std::string& text :
         {std::string(), std::string("short\n"), std::string("0123456789 abcdef\n"),
          std::string("0123456789abcdef\nmore\n"), std::string("0123456789abcdef;x"),
          std::string(600, 'a'), std::string(100000, 'a'), std::string(20, '\0')}) {
        write(text);
        const auto token = token_of_file(path);
        EXPECT_FALSE(token) << text.substr(0, 20);
    }
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    EXPECT_FALSE(token_of_file(path));
}

TEST_F(TokenFile, that_cannot_be_made_is_told) {
    const auto token = token_of_file((folder / "absent" / "token").string());
    ASSERT_FALSE(token);
    EXPECT_NE(token.error().message.find("No such file"), std::string::npos);
}

TEST(NewToken, is_another_each_time) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i)
        seen.insert(*new_token());
    EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace fabula::serve
