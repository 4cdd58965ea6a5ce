// SPDX-License-Identifier: 0BSD
#include "base/scratch_folder.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

namespace fabula {
namespace {

namespace fs = std::filesystem;

void write(const std::string& path) {
    std::ofstream(path) << "words";
}

std::set<std::string> names_in(const std::string& folder) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

TEST(ScratchFolder, goes_with_all_that_is_in_it_and_is_for_its_owner_alone) {
    std::string path;
    {
        const ScratchFolder folder;
        ASSERT_TRUE(folder.is_there());
        path = folder.path();
        EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_all);
        fs::create_directories(folder.at("one/two"));
        write(folder.at("one/two/three"));
    }
    EXPECT_FALSE(fs::exists(path));
}

TEST(ScratchFolder, is_none_where_none_can_be_made) {
    const ScratchFolder around;
    EXPECT_FALSE(ScratchFolder(around.at("absent/model")).is_there());
    EXPECT_TRUE(names_in(around.path()).empty());
}

TEST(ScratchFolder, what_a_killed_process_left_is_removed_and_nothing_else) {
    const ScratchFolder around;
    const std::string model = around.at("model");
    const pid_t killed = ::fork();
    ASSERT_GE(killed, 0);
    if (killed == 0) {
        const ScratchFolder abandoned(model);
        write(abandoned.at("whole"));
        ::kill(::getpid(), SIGKILL);
    }
    ASSERT_EQ(::waitpid(killed, nullptr, 0), killed);
    ASSERT_EQ(names_in(around.path()).size(), 1U);
    const ScratchFolder busy(model);
    const ScratchFolder of_another(around.at("mode1"));
    for (const char* name : {"model.backup", "model.abcdef.gguf", "model.abc"}) {
        fs::create_directory(around.at(name));  // somebody's own
        write(around.at(name) + "/novel.txt");
    }
    write(around.at("model.ABCDEF"));
    fs::create_symlink(busy.path(), around.at("model.linked"));
    auto expected = names_in(around.path());
    remove_abandoned_folders(model);
    const auto left = names_in(around.path());
    EXPECT_EQ(left.size(), expected.size() - 1);
    EXPECT_TRUE(fs::exists(busy.path()));
    EXPECT_TRUE(fs::exists(of_another.path()));
    EXPECT_TRUE(fs::exists(around.at("model.backup/novel.txt")));
    remove_abandoned_folders(around.at("absent/model"));
}

}  // namespace
}  // namespace fabula
