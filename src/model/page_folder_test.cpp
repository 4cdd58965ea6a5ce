// SPDX-License-Identifier: 0BSD
#include "model/page_folder.h"

#include "base/scratch_folder.h"
#include "model/files_below.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace fabula::model {
namespace {

namespace fs = std::filesystem;

const std::vector<TokenId> some_tokens{1, 2, 3};

class Folder : public testing::Test {
protected:
    PageFolder folder(std::uint64_t most_bytes = 1U << 20U, const std::string& model = "m") const {
        return PageFolder({root(), most_bytes, model, "identity of " + model});
    }
    std::string root() const { return scratch.at("pages"); }
    static PageKey key(TokenId token) {
        return PageKey::of("k").behind(std::vector<TokenId>{token});
    }
    static std::vector<std::byte> numbers(TokenId token) {
        return std::vector<std::byte>(1000, static_cast<std::byte>(token));
    }
    static bool write(PageFolder& pages, TokenId token) {
        return pages.write(key(token), some_tokens, numbers(token));
    }
    static bool read(PageFolder& pages, TokenId token) {
        std::vector<std::byte> out(1000);
        const bool is_there = pages.read(key(token), some_tokens, out);
        EXPECT_EQ(out, is_there ? numbers(token) : std::vector<std::byte>(1000));
        return is_there;
    }
    void age(const std::string& file, int hours) const {
        fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(hours));
    }

    ScratchFolder scratch;
};

TEST_F(Folder, what_one_process_writes_another_reads) {
    PageFolder first = folder();
    EXPECT_FALSE(read(first, 1));
    EXPECT_TRUE(write(first, 1));
    PageFolder second = folder();
    EXPECT_TRUE(read(second, 1));
    EXPECT_FALSE(read(second, 2));
    EXPECT_EQ(second.figures().n_read, 1U);
    PageFolder other = folder(1U << 20U, "another");
    EXPECT_FALSE(read(other, 1));
}

TEST_F(Folder, is_for_this_user_alone) {
    PageFolder pages = folder();
    ASSERT_TRUE(write(pages, 1));
    for (const auto& entry : fs::recursive_directory_iterator(root())) {
        struct stat status {};
        ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
        if (entry.path().extension() == ".page") {
            EXPECT_EQ(status.st_mode & 0777U, 0600U);
        }
    }
    struct stat status {};
    ASSERT_EQ(stat(root().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(Folder, the_pages_used_longest_ago_go_first) {
    const std::uint64_t size = page_file_bytes(some_tokens.size(), 1000);
    PageFolder pages = folder(10 * size);
    for (TokenId token = 0; token < 10; ++token)
        ASSERT_TRUE(write(pages, token));
    for (const auto& file : files_below(scratch.path(), ".page"))
        age(file, 5);
    EXPECT_TRUE(read(pages, 3));
    EXPECT_TRUE(write(pages, 10));
    EXPECT_TRUE(read(pages, 3));
    EXPECT_TRUE(read(pages, 10));
    EXPECT_EQ(files_below(scratch.path(), ".page").size(), 9U);
}

TEST_F(Folder, a_budget_is_for_all_models_together) {
    const std::uint64_t size = page_file_bytes(some_tokens.size(), 1000);
    PageFolder first = folder(4 * size, "first");
    for (TokenId token = 0; token < 4; ++token)
        ASSERT_TRUE(write(first, token));
    PageFolder second = folder(4 * size, "second");
    for (TokenId token = 0; token < 4; ++token)
        ASSERT_TRUE(write(second, token));
    EXPECT_LE(files_below(scratch.path(), ".page").size(), 4U);
}

TEST_F(Folder, a_page_that_cannot_be_written_costs_a_figure_and_a_reason) {
    std::ofstream(root()) << "a file stands where the folder should";
    PageFolder pages = folder();
    EXPECT_FALSE(write(pages, 1));
    EXPECT_EQ(pages.figures().n_refused, 1U);
    EXPECT_NE(pages.figures().problem.find(root()), std::string::npos);
    EXPECT_FALSE(read(pages, 1));
    PageFolder tiny = folder(10);
    EXPECT_FALSE(write(tiny, 1));
}

TEST_F(Folder, a_file_of_the_wrong_length_or_kind_is_no_page) {
    PageFolder pages = folder();
    ASSERT_TRUE(write(pages, 1));
    const auto file = files_below(scratch.path(), ".page").front();
    fs::resize_file(file, 100);
    EXPECT_FALSE(read(pages, 1));
    EXPECT_EQ(pages.figures().n_damaged, 1U);
    EXPECT_FALSE(fs::exists(file));
    fs::create_directory(file);
    EXPECT_FALSE(read(pages, 1));
    fs::remove(file);
    ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
    EXPECT_FALSE(read(pages, 1));
}

TEST_F(Folder, what_a_killed_process_left_is_swept_away_and_what_one_is_writing_is_not) {
    PageFolder pages = folder();
    ASSERT_TRUE(write(pages, 1));
    const auto place = fs::path(files_below(scratch.path(), ".page").front()).parent_path();
    const std::string old = place / "old.part";
    const std::string young = place / "young.part";
    std::ofstream(old) << "x";
    std::ofstream(young) << "x";
    age(old, 2);
    PageFolder next = folder();
    ASSERT_TRUE(write(next, 2));
    EXPECT_FALSE(fs::exists(old));
    EXPECT_TRUE(fs::exists(young));
}

TEST_F(Folder, tells_what_there_is_and_clears_it) {
    PageFolder first = folder(1U << 20U, "first");
    PageFolder second = folder(1U << 20U, "second");
    for (TokenId token = 0; token < 3; ++token)
        ASSERT_TRUE(write(first, token));
    ASSERT_TRUE(write(second, 1));
    std::ofstream(root() + "/somebody's notes.txt") << "not ours";
    const auto uses = page_folders_in(root());
    ASSERT_EQ(uses.size(), 2U);
    EXPECT_EQ(uses[0].model_name, "first");
    EXPECT_EQ(uses[0].n_pages, 3U);
    EXPECT_EQ(uses[0].size_bytes, 3 * page_file_bytes(some_tokens.size(), 1000));
    EXPECT_EQ(uses[1].model_name, "second");

    const auto one = clear_page_folders(root(), "second");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->n_pages, 1U);
    EXPECT_TRUE(read(first, 1));
    const auto all = clear_page_folders(root());
    ASSERT_TRUE(all);
    EXPECT_EQ(all->n_pages, 3U);
    EXPECT_FALSE(read(first, 1));
    EXPECT_TRUE(page_folders_in(root()).empty());
    EXPECT_TRUE(fs::exists(root() + "/somebody's notes.txt"));
    EXPECT_TRUE(write(first, 1));  // a process that is at work goes on
    EXPECT_TRUE(read(first, 1));
    EXPECT_TRUE(page_folders_in(scratch.at("nowhere")).empty());
    EXPECT_TRUE(clear_page_folders(scratch.at("nowhere")));
}

}  // namespace
}  // namespace fabula::model
