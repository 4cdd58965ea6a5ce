// SPDX-License-Identifier: 0BSD
// What was accepted is there: after kill -9, and with several processes at one database.
#include "base/rng.h"
#include "base/scratch_folder.h"
#include "store/random_story.h"
#include "store/store.h"
#include "store/test_files.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <set>
#include <thread>

namespace fabula::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using story::PassageId;

std::string word(int number) {
    return " passage " + std::to_string(number) + ".";
}

/// Appends passages for ever and writes the number of each that was accepted to `pipe`.
int append_and_report(const std::string& path, StoryId story, int first, int pipe) {
    auto store = open_sqlite(path);
    if (!store) return 2;
    for (int number = first;; ++number) {
        const auto passage = (*store)->add_passage(story, PassageId::root, story::Origin::written,
                                                   word(number), Timestamp{number});
        if (!passage) return 3;
        if (::write(pipe, &number, sizeof number) != sizeof number) return 4;
    }
}

TEST(Durability, kill_9_loses_no_passage_that_was_accepted) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    const StoryId story = *(*open_sqlite(path))->create({}, "Once.");
    const Rng rng(20);
    std::set<std::string> accepted;
    int next = 0;
    for (std::uint64_t round = 0; round < 20; ++round) {
        int report[2];
        ASSERT_EQ(::pipe(report), 0);
        const int writer = started([&] { return append_and_report(path, story, next, report[1]); });
        ::close(report[1]);
        // Every other round is killed while it opens or begins, the others between or in commits.
        if (round % 2 == 1) {
            int number = 0;
            ASSERT_EQ(::read(report[0], &number, sizeof number), sizeof number);
            accepted.insert(word(number));
            next = number + 1;
        }
        std::this_thread::sleep_for(
            std::chrono::microseconds(static_cast<int>(60'000 * rng.uniform(round))));
        ::kill(writer, SIGKILL);
        EXPECT_EQ(ended(writer), 128 + SIGKILL);
        int number = 0;
        while (::read(report[0], &number, sizeof number) == sizeof number) {
            accepted.insert(word(number));
            next = number + 1;
        }
        ::close(report[0]);
        ++next;  // the one in flight may have been kept, too
    }
    const auto store = open_sqlite(path);
    ASSERT_TRUE(store) << store.error().message;
    const auto health = (*store)->check();
    ASSERT_TRUE(health) << health.error().message;
    EXPECT_TRUE(health->is_sound) << health->findings;
    const auto kept = (*store)->load(story);
    ASSERT_TRUE(kept) << kept.error().message;
    std::set<std::string> found;
    for (const PassageRecord& each : kept->passages)
        found.insert(each.passage.text);
    for (const std::string& each : accepted)
        EXPECT_TRUE(found.contains(each)) << each;
    EXPECT_GE(accepted.size(), 10U);
    RecordProperty("accepted", static_cast<int>(accepted.size()));
}

TEST(Durability, two_processes_write_to_one_database_and_lose_nothing) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    const StoryId story = *(*open_sqlite(path))->create({}, "Once.");
    constexpr int n_each = 40;
    const auto writer = [&](int first) {
        return started([&path, story, first] {
            auto store = open_sqlite(path);
            if (!store) return 2;
            for (int number = first; number < first + n_each; ++number) {
                const auto passage = (*store)->add_passage(
                    story, PassageId::root, story::Origin::written, word(number), Timestamp{});
                if (!passage) return 3;
            }
            return 0;
        });
    };
    const int one = writer(0);
    const int two = writer(n_each);
    EXPECT_EQ(ended(one), 0);
    EXPECT_EQ(ended(two), 0);
    const auto kept = (*open_sqlite(path))->load(story);
    ASSERT_TRUE(kept) << kept.error().message;
    std::set<std::string> found;
    for (const PassageRecord& each : kept->passages)
        found.insert(each.passage.text);
    EXPECT_EQ(kept->passages.size(), 2U * n_each + 1U);
    EXPECT_EQ(found.size(), 2U * n_each + 1U);
}

TEST(Durability, processes_that_make_the_same_database_at_once_all_succeed) {
    for (int round = 0; round < 5; ++round) {
        const ScratchFolder folder;
        const std::string path = folder.at("new/x.db");
        std::vector<int> makers;
        makers.reserve(4);
        for (int i = 0; i < 4; ++i) {
            makers.push_back(started([&] {
                auto store = open_sqlite(path);
                return store && (*store)->create({}, "Once.") ? 0 : 1;
            }));
        }
        for (const int maker : makers)
            EXPECT_EQ(ended(maker), 0);
        EXPECT_EQ((*open_sqlite(path))->list()->size(), 4U);
    }
}

/// Holds the write lock of the database until the other end of the pipe speaks.
class Holder {
public:
    explicit Holder(const std::string& path) {
        EXPECT_EQ(::pipe(ready_) | ::pipe(finish_), 0);
        process_ = started([&] {
            char byte = 0;
            sqlite3* database = nullptr;
            const bool holds =
                sqlite3_open(path.c_str(), &database) == SQLITE_OK &&
                sqlite3_exec(database, "begin immediate", nullptr, nullptr, nullptr) == SQLITE_OK &&
                ::write(ready_[1], "r", 1) == 1 && ::read(finish_[0], &byte, 1) == 1;
            return holds ? 0 : 1;
        });
        char byte = 0;
        EXPECT_EQ(::read(ready_[0], &byte, 1), 1);
    }
    void let_go() {
        EXPECT_EQ(::write(finish_[1], "f", 1), 1);
        EXPECT_EQ(ended(process_), 0);
    }

private:
    int ready_[2] = {};
    int finish_[2] = {};
    int process_ = 0;
};

TEST(Durability, a_locked_database_is_waited_for_and_then_unavailable) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    std::vector<std::string> told;
    auto store = open_sqlite(path, 400, [&](std::string_view line) { told.emplace_back(line); });
    ASSERT_TRUE(store);
    const StoryId story = *(*store)->create({}, "Once.");
    Holder holder(path);
    const auto begin = steady_clock::now();
    const auto refused = (*store)->add_passage(story, PassageId::root, story::Origin::written,
                                               " Late.", Timestamp{});
    const auto waited = steady_clock::now() - begin;
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find(path), std::string::npos) << refused.error().message;
    EXPECT_NE(refused.error().message.find("another fabula"), std::string::npos);
    EXPECT_GE(waited, milliseconds(400));
    EXPECT_LT(waited, milliseconds(4000));
    EXPECT_EQ(told,
              std::vector<std::string>{"waiting for another fabula that writes to '" + path + "'"});
    EXPECT_TRUE((*store)->load(story)) << "reading goes on";
    EXPECT_TRUE(open_sqlite(path, 100)) << "opening, too";
    holder.let_go();
    EXPECT_TRUE((*store)->add_passage(story, PassageId::root, story::Origin::written, " Now.",
                                      Timestamp{}));
}

TEST(Durability, a_short_wait_is_silent_and_succeeds) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    int n_told = 0;
    auto store = open_sqlite(path, 10'000, [&](std::string_view) { ++n_told; });
    ASSERT_TRUE(store);
    const StoryId story = *(*store)->create({}, "Once.");
    Holder holder(path);
    std::thread soon([&] {
        std::this_thread::sleep_for(milliseconds(30));
        holder.let_go();
    });
    EXPECT_TRUE((*store)->add_passage(story, PassageId::root, story::Origin::written, " Now.",
                                      Timestamp{}));
    soon.join();
    EXPECT_EQ(n_told, 0);
}

}  // namespace
}  // namespace fabula::store
