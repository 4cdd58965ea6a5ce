// SPDX-License-Identifier: 0BSD
// Each sentence of the contract in store.h, on each database.
#include "store/check.h"
#include "store/migrations.h"
#include "store/random_story.h"
#include "store/test_database.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

namespace fabula::store {
namespace {

using story::PassageId;

class EachStore : public testing::TestWithParam<DatabaseKind> {
protected:
    void SetUp() override { reopen(); }

    void reopen() {
        store.reset();
        auto opened = database.open();
        ASSERT_TRUE(opened) << opened.error().message;
        store = std::move(*opened);
    }

    StoryId begun(const std::string& opening = "Once upon a time, there was a girl.") {
        StoryRecord record;
        record.seed = ~std::uint64_t{0};
        record.model = "stories15M";
        record.created = Timestamp{1000};
        const auto id = store->create(record, opening);
        EXPECT_TRUE(id) << id.error().message;
        return *id;
    }

    OfferId offered(StoryId story, PassageId parent, std::size_t number = 0) {
        OfferRecord offer = some_offer(parent, {" She ran.", " She sang.", " She slept."});
        offer.number = number;
        const auto id = store->add_offer(story, offer);
        EXPECT_TRUE(id) << id.error().message;
        return *id;
    }

    PassageId taken(OfferId offer, std::size_t index) {
        const auto passage =
            store->choose({{offer, index, {}, "person", "liked it", {}}, Timestamp{2000}});
        EXPECT_TRUE(passage) << passage.error().message;
        return *passage;
    }

    Story loaded(StoryId id) {
        auto story = store->load(id);
        EXPECT_TRUE(story) << story.error().message;
        return story ? std::move(*story) : Story{};
    }

    void expect_error(const Error& error, ErrorCode code, const std::string& words) {
        EXPECT_EQ(error.code, code) << error.message;
        EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
        EXPECT_NE(error.message.find(database.where()), std::string::npos) << error.message;
        EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
    }

    TestDatabase database{GetParam()};
    std::unique_ptr<Store> store;
};

TEST_P(EachStore, begins_a_story_with_its_opening_and_a_start) {
    const StoryId id = begun("Once upon a time,\n there was a girl.");
    reopen();
    const Story story = loaded(id);
    EXPECT_EQ(story.record.id, id);
    EXPECT_EQ(story.record.title, "Once upon a time, there was a girl.");
    EXPECT_EQ(story.record.seed, ~std::uint64_t{0});
    EXPECT_EQ(story.record.created, Timestamp{1000});
    EXPECT_EQ(story.tree.size(), 1U);
    EXPECT_EQ(story.passages[0].passage.text, "Once upon a time,\n there was a girl.");
    EXPECT_EQ(story.moves,
              (std::vector<MoveRecord>{{MoveKind::start, PassageId::root, Timestamp{1000}}}));
    EXPECT_EQ(story.head(), PassageId::root);
}

TEST_P(EachStore, titles_are_cut_between_words_and_never_inside_a_character) {
    EXPECT_EQ(
        loaded(begun("one two three four five six seven eight nine ten eleven twelve thirteen"))
            .record.title,
        "one two three four five six seven eight nine ten eleven");
    std::string wide;
    for (int i = 0; i < 50; ++i)
        wide += "\u6f22";
    EXPECT_EQ(loaded(begun(wide)).record.title.size(), 60U);
    EXPECT_EQ(loaded(begun(" a" + wide)).record.title.size(), 58U);
    EXPECT_EQ(loaded(begun(" \n ")).record.title, "untitled");
}

TEST_P(EachStore, keeps_an_offer_as_it_was_made) {
    const StoryId id = begun();
    OfferRecord offer = some_offer(PassageId::root, {" She ran.", " She sang."});
    offer.candidates[1].score = -std::numeric_limits<double>::infinity();
    offer.candidates[1].propensity = 0.1;
    offer.candidates[1].settings.bad_words = {"caf\u00e9"};
    const auto kept = store->add_offer(id, offer);
    ASSERT_TRUE(kept) << kept.error().message;
    reopen();
    const Story story = loaded(id);
    ASSERT_EQ(story.offers.size(), 1U);
    offer.id = *kept;
    EXPECT_EQ(story.offers[0], offer);
    EXPECT_EQ(story.head(), PassageId::root);
}

TEST_P(EachStore, refuses_an_offer_whose_number_is_not_the_next) {
    const StoryId id = begun();
    offered(id, PassageId::root);
    const auto again = store->add_offer(id, some_offer(PassageId::root, {" x"}));
    ASSERT_FALSE(again);
    expect_error(again.error(), ErrorCode::conflict, "offer 1, not 0, is the next");
    offered(id, PassageId::root, 1);
    EXPECT_EQ(loaded(id).offers.size(), 2U);
}

TEST_P(EachStore, refuses_an_offer_with_an_index_twice) {
    OfferRecord offer = some_offer(PassageId::root, {" a", " b"});
    offer.candidates[1].index = 0;
    const auto kept = store->add_offer(begun(), offer);
    ASSERT_FALSE(kept);
    expect_error(kept.error(), ErrorCode::conflict, "comes twice");
}

TEST_P(EachStore, adds_regenerated_candidates_under_free_indices_only) {
    const StoryId id = begun();
    const OfferId offer = offered(id, PassageId::root);
    const std::vector<CandidateRecord> more{some_candidate(3, " She flew."),
                                            some_candidate(7, " She fell.")};
    ASSERT_TRUE(store->add_candidates(offer, more));
    const std::vector<CandidateRecord> clash{some_candidate(8, " x"), some_candidate(7, " y")};
    const auto refused = store->add_candidates(offer, clash);
    ASSERT_FALSE(refused);
    expect_error(refused.error(), ErrorCode::conflict, "has a candidate 7 already");
    const Story story = loaded(id);
    ASSERT_EQ(story.offers[0].candidates.size(), 5U) << "index 8 must not stay behind";
    EXPECT_EQ(story.offers[0].candidates[4], more[1]);
    const auto lost = store->add_candidates(OfferId{99}, more);
    ASSERT_FALSE(lost);
    expect_error(lost.error(), ErrorCode::not_found, "no offer 99");
}

TEST_P(EachStore, choosing_makes_a_passage_and_moves_there) {
    const StoryId id = begun();
    const OfferId offer = offered(id, PassageId::root);
    const PassageId passage = taken(offer, 1);
    EXPECT_EQ(passage, PassageId{1});
    reopen();
    const Story story = loaded(id);
    EXPECT_EQ(story.head(), passage);
    EXPECT_EQ(story.tree.at(passage),
              (story::Passage{PassageId::root, story::Origin::generated, " She sang."}));
    EXPECT_EQ(story.passages[1].offer, offer);
    EXPECT_EQ(story.passages[1].index, 1U);
    EXPECT_EQ(
        story.choices,
        (std::vector<ChoiceRecord>{{offer, 1, passage, "person", "liked it", Timestamp{2000}}}));
    EXPECT_EQ(story.moves.back(), (MoveRecord{MoveKind::choice, passage, Timestamp{2000}}));
}

TEST_P(EachStore, choosing_again_branches_and_overwrites_nothing) {
    const StoryId id = begun();
    const OfferId offer = offered(id, PassageId::root);
    EXPECT_EQ(taken(offer, 1), PassageId{1});
    ASSERT_TRUE(store->move(id, MoveKind::undo, PassageId::root, Timestamp{3000}));
    EXPECT_EQ(loaded(id).head(), PassageId::root);
    EXPECT_EQ(taken(offer, 2), PassageId{2});
    const Story story = loaded(id);
    EXPECT_EQ(story.tree.children(PassageId::root),
              (std::vector<PassageId>{PassageId{1}, PassageId{2}}));
    EXPECT_EQ(story.choices.size(), 2U);
    EXPECT_EQ(story.moves.size(), 4U);
}

TEST_P(EachStore, keeps_a_refusal_and_stays_where_it_is) {
    const StoryId id = begun();
    const OfferId offer = offered(id, PassageId::root);
    const auto stayed = store->choose({{offer, std::nullopt, {}, "person", "", {}}, Timestamp{5}});
    ASSERT_TRUE(stayed) << stayed.error().message;
    EXPECT_EQ(*stayed, PassageId::root);
    const Story story = loaded(id);
    EXPECT_EQ(story.tree.size(), 1U);
    ASSERT_EQ(story.choices.size(), 1U);
    EXPECT_FALSE(story.choices[0].index.has_value());
    EXPECT_EQ(story.moves.size(), 1U);
}

TEST_P(EachStore, choosing_what_is_not_there_says_so) {
    const OfferId offer = offered(begun(), PassageId::root);
    const auto index = store->choose({{offer, 3, {}, "person", "", {}}, Timestamp{}});
    ASSERT_FALSE(index);
    expect_error(index.error(), ErrorCode::not_found, "has no candidate 3");
    const auto lost = store->choose({{OfferId{8}, 0, {}, "person", "", {}}, Timestamp{}});
    ASSERT_FALSE(lost);
    expect_error(lost.error(), ErrorCode::not_found, "no offer 8");
}

TEST_P(EachStore, a_choice_for_a_head_that_somebody_moved_changes_nothing) {
    const StoryId id = begun();
    const PassageId first = taken(offered(id, PassageId::root), 0);
    const OfferId second = offered(id, first);
    // Another process goes back while this one still means to go on from `first`.
    ASSERT_TRUE((*database.open())->move(id, MoveKind::undo, PassageId::root, Timestamp{3000}));
    const Story before = loaded(id);

    const auto refused = store->choose({{second, 1, {}, "score", "", {}}, Timestamp{4000}, first});

    ASSERT_FALSE(refused);
    expect_error(refused.error(), ErrorCode::conflict, "was moved by somebody else meanwhile");
    expect_error(refused.error(), ErrorCode::conflict, "stands at passage 0, not at 1 any more");
    EXPECT_EQ(loaded(id), before);
    EXPECT_EQ(before.offers.size(), 2U);
    ASSERT_TRUE(store->move(id, MoveKind::jump, first, Timestamp{5000}));
    EXPECT_EQ(*store->choose({{second, 1, {}, "score", "", {}}, Timestamp{6000}, first}),
              PassageId{2});
}

TEST_P(EachStore, adds_what_a_person_wrote_and_moves_there) {
    const StoryId id = begun();
    const auto first = store->add_passage(id, PassageId::root, story::Origin::written,
                                          " I wrote this.", Timestamp{7});
    ASSERT_TRUE(first) << first.error().message;
    const auto second = store->add_passage(id, PassageId::root, story::Origin::edited,
                                           " I wrote that.", Timestamp{8});
    ASSERT_TRUE(second) << second.error().message;
    const Story story = loaded(id);
    EXPECT_EQ(story.head(), *second);
    EXPECT_EQ(story.tree.at(*first).origin, story::Origin::written);
    EXPECT_EQ(story.moves.back(), (MoveRecord{MoveKind::edit, *second, Timestamp{8}}));
}

TEST_P(EachStore, only_people_add_passages_and_only_undo_and_jump_are_moves) {
    const StoryId id = begun();
    const auto passage =
        store->add_passage(id, PassageId::root, story::Origin::generated, " x", Timestamp{});
    ASSERT_FALSE(passage);
    expect_error(passage.error(), ErrorCode::invalid_input, "not generated");
    for (const MoveKind kind : {MoveKind::start, MoveKind::choice, MoveKind::edit}) {
        const auto moved = store->move(id, kind, PassageId::root, Timestamp{});
        ASSERT_FALSE(moved);
        expect_error(moved.error(), ErrorCode::invalid_input, name_of(kind));
    }
}

TEST_P(EachStore, names_the_story_or_passage_that_is_not_there) {
    const StoryId id = begun();
    const auto load = store->load(StoryId{9});
    ASSERT_FALSE(load);
    expect_error(load.error(), ErrorCode::not_found, "no story 9");
    const auto gone = store->remove(StoryId{9});
    ASSERT_FALSE(gone);
    expect_error(gone.error(), ErrorCode::not_found, "no story 9");
    const auto offer = store->add_offer(id, some_offer(PassageId{4}, {" x"}));
    ASSERT_FALSE(offer);
    expect_error(offer.error(), ErrorCode::not_found, "no passage 4");
    const auto move = store->move(id, MoveKind::jump, PassageId{4}, Timestamp{});
    ASSERT_FALSE(move);
    expect_error(move.error(), ErrorCode::not_found, "no passage 4");
    const auto passage =
        store->add_passage(StoryId{9}, PassageId::root, story::Origin::written, "x", Timestamp{});
    ASSERT_FALSE(passage);
    expect_error(passage.error(), ErrorCode::not_found, "no story 9");
}

TEST_P(EachStore, refuses_texts_that_are_not_utf8_or_hold_nul) {
    const auto opening = store->create({}, "Once \xff");
    ASSERT_FALSE(opening);
    expect_error(opening.error(), ErrorCode::invalid_input, "not UTF-8 at byte 5");
    const StoryId id = begun();
    const auto passage = store->add_passage(id, PassageId::root, story::Origin::written,
                                            std::string("a\0b", 3), Timestamp{});
    ASSERT_FALSE(passage);
    expect_error(passage.error(), ErrorCode::invalid_input, "NUL at byte 1");
    const auto offer = store->add_offer(id, some_offer(PassageId::root, {"\xc0\x80"}));
    ASSERT_FALSE(offer);
    expect_error(offer.error(), ErrorCode::invalid_input, "candidates[0].text");
    EXPECT_EQ(loaded(id).tree.size(), 1U);
}

TEST_P(EachStore, lists_stories_with_what_the_reader_would_read) {
    const StoryId first = begun("One two three.");
    const StoryId second = begun("It's mine.");
    const OfferId offer = offered(first, PassageId::root);
    taken(offer, 0);
    ASSERT_TRUE(store->add_passage(first, PassageId::root, story::Origin::written,
                                   " Four five six seven.", Timestamp{9000}));
    const auto list = store->list();
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ((*list)[0].record.id, first);
    EXPECT_EQ((*list)[0].n_passages, 3U);
    EXPECT_EQ((*list)[0].n_candidates, 3U);
    EXPECT_EQ((*list)[0].words, 7U) << "the branch that was left does not count";
    EXPECT_GE((*list)[0].changed, Timestamp{9000});
    EXPECT_EQ((*list)[1].record.id, second);
    EXPECT_EQ((*list)[1].words, 2U);
    EXPECT_EQ((*list)[1].changed, Timestamp{1000});
}

TEST_P(EachStore, gives_back_every_random_story_that_it_was_given) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        const Story story = random_story(seed, 8);
        const auto id = store->add_story(story);
        ASSERT_TRUE(id) << "seed " << seed << ": " << id.error().message;
        EXPECT_EQ(renumbered(loaded(*id)), renumbered(story)) << "seed " << seed;
    }
    reopen();
    EXPECT_EQ(store->list()->size(), 60U);
    const auto health = store->check();
    ASSERT_TRUE(health) << health.error().message;
    EXPECT_TRUE(health->is_sound) << health->findings;
}

TEST_P(EachStore, refuses_a_story_that_contradicts_itself_and_adds_nothing) {
    Story story = random_story(3);
    story.moves.push_back({MoveKind::jump, PassageId{999}, {}});
    const auto id = store->add_story(story);
    ASSERT_FALSE(id);
    expect_error(id.error(), ErrorCode::invalid_input, "there is no passage 999");
    EXPECT_TRUE(store->list()->empty());
}

TEST_P(EachStore, never_gives_an_id_twice) {
    begun();
    const StoryId second = begun();
    const OfferId offer = offered(second, PassageId::root);
    ASSERT_TRUE(store->remove(second));
    const StoryId third = begun();
    EXPECT_GT(third, second);
    EXPECT_GT(offered(third, PassageId::root), offer);
}

TEST_P(EachStore, forbids_changing_a_row) {
    const StoryId id = begun();
    taken(offered(id, PassageId::root), 0);
    store.reset();
    for (const std::string table :
         {"stories", "passages", "offers", "prompt_blocks", "candidates", "choices", "moves"}) {
        const std::string column = table == "prompt_blocks" ? "text" : "created";
        std::string update = "update ";
        update.append(table).append(" set ").append(column).append(" = 1");
        EXPECT_NE(database.fault_of(update).find(table + " are append-only"), std::string::npos);
    }
}

TEST_P(EachStore, reports_its_health) {
    begun();
    const auto health = store->check();
    ASSERT_TRUE(health) << health.error().message;
    EXPECT_TRUE(health->is_sound) << health->findings;
    EXPECT_EQ(health->where, database.where());
    EXPECT_EQ(health->schema, static_cast<int>(migrations().size()));
    EXPECT_EQ(health->findings, "");
    EXPECT_GT(health->size_bytes, 4096U);
}

TEST_P(EachStore, finds_a_story_that_was_tampered_with) {
    const StoryId id = begun();
    taken(offered(id, PassageId::root), 0);
    const bool is_sqlite = GetParam() == DatabaseKind::sqlite;
    database.run(std::string("drop trigger candidates_are_append_only") +
                 (is_sqlite ? "" : " on candidates") +
                 ";"
                 "update candidates set tokens = 'AAAA' where \"index\" = 1");
    const auto health = store->check();
    ASSERT_TRUE(health) << health.error().message;
    EXPECT_FALSE(health->is_sound);
    EXPECT_NE(health->findings.find("candidate 1 of offer 1"), std::string::npos)
        << health->findings;
    const auto story = store->load(id);
    ASSERT_FALSE(story);
    expect_error(story.error(), ErrorCode::corrupt, "its tokens cannot be read");
    if (!is_sqlite) return;  // which lets nobody do the following
    database.run("pragma foreign_keys = off; delete from offers");
    EXPECT_NE(store->check()->findings.find("rows refer to rows that are missing"),
              std::string::npos);
}

TEST(SqliteStore, opens_files_of_any_name_and_makes_folders_for_itself_alone) {
    const ScratchFolder folder;
    const std::string odd = folder.at("a b/c=\"d'e\u00e9/?mode=ro&x.db");
    const auto opened = open_sqlite(odd);
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_TRUE((*opened)->create({}, "Once."));
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(odd).permissions(), perms::owner_read | perms::owner_write);
    EXPECT_EQ(std::filesystem::status(folder.at("a b")).permissions(), perms::owner_all);
}

TEST_P(EachStore, sees_at_once_what_another_opened_store_added) {
    auto other = database.open();
    ASSERT_TRUE(other);
    const StoryId id = begun();
    const auto passage = (*other)->add_passage(id, PassageId::root, story::Origin::written,
                                               " From elsewhere.", Timestamp{1});
    ASSERT_TRUE(passage) << passage.error().message;
    EXPECT_EQ(loaded(id).head(), *passage);
}

INSTANTIATE_TEST_SUITE_P(Each, EachStore, testing::ValuesIn(database_kinds()),
                         [](const auto& kind) { return std::string(name_of(kind.param)); });

}  // namespace
}  // namespace fabula::store
