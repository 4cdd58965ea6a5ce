// SPDX-License-Identifier: 0BSD
#include "model/remote/hub.h"

#include "base/scratch_folder.h"
#include "model/remote/part_state.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace fabula::model {
namespace {

const std::string hash(64, 'a');

TEST(Hub, reads_what_a_person_wants) {
    const Hub hub;
    const auto plain = hub_wish("org/name:Q4_K", hub);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->repository, "org/name");
    EXPECT_EQ(plain->part, "Q4_K");
    const auto address =
        hub_wish("https://huggingface.co/org/name/resolve/v1/dir/x.gguf?download=true", hub);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->repository, "org/name");
    EXPECT_EQ(address->revision, "v1");
    EXPECT_EQ(address->file, "dir/x.gguf");
    EXPECT_EQ(hub_wish("gpt2", hub)->repository, "gpt2");
    for (const char* bad : {"", "/", "a/b/c", "../b", "a/..", "a b/c", "https://other.org/a/b",
                            "a/b?x", "a/\x1B", ".a/b"})
        EXPECT_FALSE(hub_wish(bad, hub)) << bad;
}

TEST(Hub, refuses_a_listing_that_leads_elsewhere) {
    const auto listing = [](const std::string& path, const std::string& oid) {
        return hub_files_in(R"([{"type":"file","size":3,"path":")" + path + R"(","lfs":{"oid":")" +
                            oid + R"(","size":7}}])");
    };
    const auto good = listing("dir/x.gguf", hash);
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(good->front().size_bytes, 7U);
    for (const char* path : {"../x", "/x", "a/../x", "a//x", "a\\\\x", "a/\\n", "", "."})
        EXPECT_FALSE(listing(path, hash)) << path;
    EXPECT_FALSE(listing("x", "xyz"));
    for (const char* bad : {"", "{}", "[{\"type\":\"file\",\"path\":\"x\"}]", "<html>",
                            "[{\"type\":\"file\",\"path\":\"x\",\"size\":-1}]"})
        EXPECT_FALSE(hub_files_in(bad)) << bad;
    EXPECT_FALSE(hub_commit_in("{\"sha\":\"../..\"}"));
}

TEST(GrowingFile, is_gone_on_with_where_it_was_left) {
    const ScratchFolder folder;
    const auto path = folder.path() + "/model.gguf";
    {
        auto file = GrowingFile::open(path, "x", 10, 2);
        ASSERT_TRUE(file) << file.error().message;
        ASSERT_TRUE(file->write(0, "abc"));
        ASSERT_TRUE(file->write(1, "fg"));
        EXPECT_FALSE(GrowingFile::open(path, "x", 10, 2)) << "somebody else has it";
    }
    {
        auto file = GrowingFile::open(path, "x", 10, 4);
        ASSERT_TRUE(file);
        EXPECT_EQ(file->done_bytes(), 5U);
        ASSERT_TRUE(file->write(0, "de"));
        ASSERT_TRUE(file->write(1, "hij"));
        ASSERT_TRUE(file->finish());
    }
    std::ifstream whole(path);
    std::string text;
    whole >> text;
    EXPECT_EQ(text, "abcdefghij");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(GrowingFile, begins_anew_where_it_is_another_or_its_state_is_damaged) {
    const ScratchFolder folder;
    const auto path = folder.path() + "/model.gguf";
    const auto grown = [&](const std::string& identity, std::uint64_t size) {
        auto file = GrowingFile::open(path, identity, size, 1);
        EXPECT_TRUE(file);
        const auto before = file->done_bytes();
        EXPECT_TRUE(file->write(0, "a"));
        return before;
    };
    EXPECT_EQ(grown("x", 10), 0U);
    EXPECT_EQ(grown("x", 10), 1U);
    EXPECT_EQ(grown("y", 10), 0U);
    EXPECT_EQ(grown("y", 11), 0U);
    std::ofstream(path + ".part.state", std::ios::app) << "00000000000000000000 9";
    EXPECT_EQ(grown("y", 11), 0U);
    std::filesystem::resize_file(path + ".part", 3);
    EXPECT_EQ(grown("y", 11), 0U);
}

}  // namespace
}  // namespace fabula::model
