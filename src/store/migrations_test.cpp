// SPDX-License-Identifier: 0BSD
#include "store/migrations.h"

#include "base/scratch_folder.h"
#include "store/random_story.h"
#include "store/sqlite_backend.h"
#include "store/test_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace fabula::store {
namespace {

int newest() {
    return static_cast<int>(migrations().size());
}

std::string newest_backup(const std::string& path) {
    return path + ".backup-v" + std::to_string(newest());
}

std::vector<Migration> with_next(const Migration& next) {
    std::vector<Migration> steps(migrations().begin(), migrations().end());
    steps.push_back(next);
    return steps;
}

Result<std::unique_ptr<Store>> opened_with(const std::string& path,
                                           std::span<const Migration> steps) {
    auto backend = SqliteBackend::open(path, {1000, {}}, steps);
    if (!backend) return backend.error();
    return make_store(std::move(*backend));
}

const Migration adds_colour{{"alter table stories add column colour text not null default 'red'"},
                            {"create index stories_by_colour on stories (colour)"}};

TEST(Migrations, take_an_older_database_along_after_a_backup) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    const Story story = random_story(1);
    const StoryId id = *(*open_sqlite(path))->add_story(story);
    const auto steps = with_next(adds_colour);

    const auto store = opened_with(path, steps);

    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->check()->schema, newest() + 1);
    EXPECT_EQ(renumbered(*(*store)->load(id)), renumbered(story));
    EXPECT_EQ(sql_fault(path, "select colour from stories"), "");

    const auto backup = open_sqlite(newest_backup(path));
    ASSERT_TRUE(backup) << backup.error().message;
    EXPECT_EQ((*backup)->check()->schema, newest());
    EXPECT_TRUE((*backup)->check()->is_sound);
    EXPECT_EQ(renumbered(*(*backup)->load(id)), renumbered(story));
    EXPECT_FALSE(std::filesystem::exists(newest_backup(path) + ".part"));
}

TEST(Migrations, back_up_the_log_that_was_not_yet_in_the_file) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    const auto writer = started([&]() -> int {
        auto store = open_sqlite(path);
        const bool is_kept = store && (*store)->create({}, "Only in the log.");
        ::_exit(is_kept ? 0 : 1);  // without closing, as a crash
    });
    ASSERT_EQ(ended(writer), 0);
    ASSERT_NE(bytes_of(path + "-wal").find("Only in the log."), std::string::npos);
    const auto steps = with_next(adds_colour);
    ASSERT_TRUE(opened_with(path, steps));
    EXPECT_NE(bytes_of(newest_backup(path)).find("Only in the log."), std::string::npos);
}

TEST(Migrations, make_no_backup_of_a_new_database) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    const auto steps = with_next(adds_colour);
    const auto store = opened_with(path, steps);
    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->check()->schema, newest() + 1);
    EXPECT_FALSE(std::filesystem::exists(path + ".backup-v0"));
    EXPECT_FALSE(std::filesystem::exists(newest_backup(path)));
}

TEST(Migrations, that_fail_leave_the_old_schema_and_every_story) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    const StoryId id = *(*open_sqlite(path))->create({}, "Once.");
    for (const char* wrong : {"create table stories (id bigint)", "not even SQL",
                              "insert into choices values (1, 0, 5, 0, 0, '', '', 0)"}) {
        const auto steps = with_next({{"create table extra (id bigint)", wrong}, {}});
        const auto store = opened_with(path, steps);
        ASSERT_FALSE(store) << wrong;
        const std::string& message = store.error().message;
        EXPECT_NE(
            message.find("migration to schema " + std::to_string(newest() + 1) + " was undone"),
            std::string::npos)
            << message;
        EXPECT_NE(message.find(path), std::string::npos) << message;
        const auto old = open_sqlite(path);
        ASSERT_TRUE(old) << old.error().message;
        EXPECT_EQ((*old)->check()->schema, newest());
        EXPECT_TRUE((*old)->check()->is_sound);
        EXPECT_TRUE((*old)->load(id));
        EXPECT_NE(sql_fault(path, "select * from extra"), "");
    }
}

TEST(Migrations, refuse_a_newer_schema_and_name_both_numbers) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    ASSERT_TRUE(open_sqlite(path));
    run_sql(path, "update fabula_schema set version = 77");
    const auto store = open_sqlite(path);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(store.error().message, "database '" + path + "': its schema 77 is newer than " +
                                         std::to_string(newest()) +
                                         ", the newest that this fabula knows; use a newer fabula");
}

/// The story in a database as schema 1 had it; its id there is 1.
void make_schema_1(const std::string& path, const Story& story) {
    const std::string donor = path + ".donor";
    ASSERT_EQ(*(*open_sqlite(donor))->add_story(story), StoryId{1});
    ASSERT_TRUE(SqliteBackend::open(path, {1000, {}}, migrations().first(1)));
    const std::string offers =
        "id, story, parent, number, prompt_ids, model, model_hash, adapter_hash, backend, created";
    const std::string candidates =
        "offer, \"index\", text, ids_bytes, tokens, settings, policy, propensity, stream, ending, "
        "score, copied_share, seconds, created";
    std::string copy = "attach '" + donor + "' as donor;";
    const std::vector<std::pair<std::string, std::string>> tables{
        {"stories", "id, title, seed, model, system, instruction, created"},
        {"passages", "*"},
        {"choices", "story, number, offer, \"index\", passage, chooser, reason, created"},
        {"moves", "*"}};
    for (const auto& [table, columns] : tables) {
        for (const char* part : {"insert into main.", table.c_str(), " select ", columns.c_str(),
                                 " from donor.", table.c_str(), ";"}) {
            copy += part;
        }
    }
    copy += "insert into main.offers (" + offers + ") select " + offers +
            " from donor.offers;"
            "insert into main.candidates (" +
            candidates + ") select " + candidates +
            " from donor.candidates;"
            "insert into main.prompt_blocks (offer, position, text, ids)"
            " select offer, position, text, ids from donor.prompt_blocks";
    run_sql(path, copy);
}

TEST(Migrations, from_schema_1_promise_nothing_for_the_offers_that_are_there) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    Story story = random_story(1);
    ASSERT_FALSE(story.offers.empty());
    make_schema_1(path, story);
    ASSERT_NE(sql_fault(path, "select arithmetic from offers"), "");

    const auto store = open_sqlite(path);

    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->check()->schema, newest());
    EXPECT_TRUE((*store)->check()->is_sound);
    story.record.source = "";
    story.ratings.clear();
    story.notes = {};
    for (ChoiceRecord& choice : story.choices) {
        choice.user = "";
        choice.shown.clear();
        choice.seconds.reset();
    }
    for (OfferRecord& offer : story.offers) {
        offer.arithmetic = "";
        for (PromptBlock& block : offer.prompt)
            block = {block.text, block.ids, "", {}, 0};
        for (CandidateRecord& candidate : offer.candidates) {
            candidate.bans.clear();
            candidate.draws = 0;
        }
    }
    EXPECT_EQ(renumbered(*(*store)->load(StoryId{1})), renumbered(story));
    EXPECT_EQ(sql_fault(path, "update offers set arithmetic = 'cpu'"), "offers are append-only");
    EXPECT_NE(sql_fault(path + ".backup-v1", "select arithmetic from offers"), "");
}

TEST(Migrations, from_schema_5_leave_every_story_as_it_was_and_give_it_a_queue) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    Story story = random_story(2);
    story.notes = {};
    ASSERT_FALSE(story.ratings.empty());
    const std::string donor = path + ".donor";
    ASSERT_EQ(*(*open_sqlite(donor))->add_story(story), StoryId{1});
    ASSERT_TRUE(SqliteBackend::open(path, {1000, {}}, migrations().first(5)));
    std::string copy = "attach '" + donor + "' as donor; delete from main.counters;";
    for (const std::string table : {"stories", "passages", "offers", "prompt_blocks", "candidates",
                                    "choices", "ratings", "moves"})
        copy.append("insert into main." + table).append(" select * from donor." + table + ";");
    run_sql(path, copy +
                      "insert into main.counters select * from donor.counters"
                      " where name <> 'request'");
    ASSERT_NE(sql_fault(path, "select * from requests"), "");

    auto store = open_sqlite(path);

    ASSERT_TRUE(store) << store.error().message;
    EXPECT_EQ((*store)->check()->schema, newest());
    EXPECT_TRUE((*store)->check()->is_sound) << (*store)->check()->findings;
    EXPECT_EQ(renumbered(*(*store)->load(StoryId{1})), renumbered(story));
    EXPECT_EQ(*(*store)->version(StoryId{1}), 1U);
    RequestRecord request;
    request.story = StoryId{1};
    request.model = "north";
    const auto asked = (*store)->add_request(request, 10);
    ASSERT_TRUE(asked) << asked.error().message;
    EXPECT_EQ((*store)->claim_request("one", "north", Timestamp{1}, Timestamp{9}).value()->id,
              asked->id);
    EXPECT_EQ(*(*store)->version(StoryId{1}), 3U);
    ASSERT_TRUE((*store)->set_notes(StoryId{1}, {"a", "b", {}}));
    EXPECT_EQ(sql_fault(path, "update notes set memory = ''"), "notes are append-only");
    EXPECT_NE(sql_fault(path + ".backup-v5", "select * from requests"), "");
    EXPECT_EQ(sql_fault(path + ".backup-v5", "select * from ratings"), "");
}

TEST(Migrations, run_once_when_several_processes_open_an_old_database) {
    const ScratchFolder folder;
    const std::string path = folder.at("x.db");
    ASSERT_TRUE(open_sqlite(path));
    const auto steps = with_next(adds_colour);
    std::vector<int> openers;
    openers.reserve(4);
    for (int i = 0; i < 4; ++i) {
        openers.push_back(started([&] { return opened_with(path, steps) ? 0 : 1; }));
    }
    for (const int opener : openers)
        EXPECT_EQ(ended(opener), 0);
    EXPECT_EQ((*opened_with(path, steps))->check()->schema, newest() + 1);
}

}  // namespace
}  // namespace fabula::store
