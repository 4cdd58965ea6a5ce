// SPDX-License-Identifier: 0BSD
// Removing really removes: the words are in none of the database's files.
#include "base/scratch_folder.h"
#include "store/random_story.h"
#include "store/store.h"
#include "store/test_files.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <chrono>

namespace fabula::store {
namespace {

using story::PassageId;

/// The names of those files of the database that hold `word`.
std::string files_with(const std::string& path, const std::string& word) {
    std::string found;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
        if (bytes_of(path + suffix).find(word) != std::string::npos) {
            found += path + suffix + " ";
        }
    }
    return found;
}

/// A story of many rows, short and long, each with `word` in every text that there is.
StoryId told_of(Store& store, const std::string& word, std::size_t n_steps) {
    StoryRecord record;
    record.model = word;
    record.system = word;
    const StoryId id = *store.create(record, word + " opens");
    auto parent = PassageId::root;
    for (std::size_t i = 0; i < n_steps; ++i) {
        std::string text = " " + word;
        for (std::size_t k = 0; k < 37 * i * i % 3001; ++k)
            text += ' ' + word;
        OfferRecord offer = some_offer(parent, {text, word});
        offer.prompt[0].text = text;
        offer.backend = word;
        offer.candidates[0].settings.bad_words = {word};
        const auto kept = store.add_offer(id, offer);
        EXPECT_TRUE(kept) << kept.error().message;
        const auto passage = store.choose({{*kept, 0, {}, word, word, {}}, Timestamp{}, parent});
        EXPECT_TRUE(passage) << passage.error().message;
        parent = *passage;
    }
    return id;
}

TEST(Removal, leaves_no_word_in_any_file) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    auto store = open_sqlite(path);
    ASSERT_TRUE(store) << store.error().message;
    const StoryId kept = told_of(**store, "dragonfly", 10);
    const StoryId removed = told_of(**store, "nightingale", 30);
    const StoryId also_kept = told_of(**store, "hedgehog", 20);
    ASSERT_NE(files_with(path, "nightingale"), "");
    const auto done = (*store)->remove(removed);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(files_with(path, "nightingale"), "");
    EXPECT_NE(files_with(path, "dragonfly"), "");
    for (const StoryId id : {kept, also_kept})
        EXPECT_TRUE((*store)->load(id));
    EXPECT_FALSE((*store)->load(removed));
    EXPECT_EQ((*store)->list()->size(), 2U);
    store->reset();
    EXPECT_EQ(files_with(path, "nightingale"), "");
}

TEST(Removal, says_when_a_reader_keeps_old_pages_and_finishes_at_the_next_open) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    auto store = open_sqlite(path, 50);
    ASSERT_TRUE(store) << store.error().message;
    const StoryId id = told_of(**store, "nightingale", 3);
    int ready[2];
    int finish[2];
    ASSERT_EQ(::pipe(ready) | ::pipe(finish), 0);
    // Another process stands in the middle of reading.
    const int reader = started([&] {
        sqlite3* database = nullptr;
        sqlite3_stmt* rows = nullptr;
        char byte = 0;
        const bool reads = sqlite3_open(path.c_str(), &database) == SQLITE_OK &&
                           sqlite3_prepare_v2(database, "select * from passages", -1, &rows,
                                              nullptr) == SQLITE_OK &&
                           sqlite3_step(rows) == SQLITE_ROW;
        return reads && ::write(ready[1], "r", 1) == 1 && ::read(finish[0], &byte, 1) == 1 ? 0 : 1;
    });
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    const auto done = (*store)->remove(id);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::unavailable);
    EXPECT_NE(done.error().message.find("story 1 is removed, but"), std::string::npos)
        << done.error().message;
    EXPECT_FALSE((*store)->load(id));
    EXPECT_NE(files_with(path, "nightingale"), "") << "or this test shows nothing";
    // A store that opens meanwhile works, and leaves the rest to a later one.
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(open_sqlite(path, 60000));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30)) << "it waited";
    ASSERT_EQ(::write(finish[1], "f", 1), 1);
    EXPECT_EQ(ended(reader), 0);
    store->reset();
    const auto again = open_sqlite(path);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(files_with(path, "nightingale"), "");
}

}  // namespace
}  // namespace fabula::store
