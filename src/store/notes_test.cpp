// SPDX-License-Identifier: 0BSD
// Notes, and the version that every change to a story makes grow.
#include "store/random_story.h"
#include "store/story_json.h"
#include "store/test_database.h"

#include <gtest/gtest.h>

namespace fabula::store {
namespace {

using story::PassageId;

class Notes : public testing::TestWithParam<DatabaseKind> {
protected:
    void SetUp() override {
        auto opened = database.open();
        ASSERT_TRUE(opened) << opened.error().message;
        store = std::move(*opened);
    }

    TestDatabase database{GetParam()};
    std::unique_ptr<Store> store;
};

TEST_P(Notes, are_the_last_that_were_kept) {
    const StoryId id = *store->create({}, "Once.");
    EXPECT_EQ(*store->notes(id), NotesRecord{});
    ASSERT_TRUE(store->set_notes(id, {"The harbour is closed.", "", Timestamp{1}}));
    const NotesRecord last{"The harbour is open.", "Slower.", Timestamp{2}};
    ASSERT_TRUE(store->set_notes(id, last));
    EXPECT_EQ(*store->notes(id), last);
    EXPECT_EQ(store->load(id)->notes, last);
    EXPECT_EQ(store->notes(StoryId{9}).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->set_notes(StoryId{9}, last).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->set_notes(id, {"\xff", "", {}}).error().code, ErrorCode::invalid_input);
    EXPECT_NE(database.fault_of("update notes set memory = ''").find("notes are append-only"),
              std::string::npos);
}

TEST_P(Notes, go_along_with_an_exported_story) {
    const StoryId id = *store->create({}, "Once.");
    EXPECT_EQ(to_json(*store->load(id)).find("\"notes\""), std::string::npos);
    const NotesRecord notes{"The harbour is closed.", "Slower.", Timestamp{1}};
    ASSERT_TRUE(store->set_notes(id, notes));
    const auto read = story_from_json(to_json(*store->load(id)));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->notes, notes);
    EXPECT_EQ(*store->notes(*store->add_story(*read)), notes);
}

TEST_P(Notes, and_every_other_change_make_the_version_grow) {
    StoryRecord record;
    const StoryId id = *store->create(record, "Once.");
    const StoryId other = *store->create(record, "Twice.");
    EXPECT_EQ(*store->version(id), 1U);
    std::uint64_t last = 1;
    const auto expect_grown = [&](const char* by) {
        const auto version = store->version(id);
        ASSERT_TRUE(version) << version.error().message;
        EXPECT_GT(*version, last) << by;
        last = *version;
    };
    const OfferId offer = *store->add_offer(id, some_offer(PassageId::root, {" A."}));
    expect_grown("offer");
    const std::vector<CandidateRecord> more{some_candidate(1, " B.")};
    ASSERT_TRUE(store->add_candidates(offer, more));
    expect_grown("candidates");
    ASSERT_TRUE(store->choose({{offer, std::nullopt, {}, "person", "", {}}, Timestamp{5}}));
    expect_grown("refusal");
    ASSERT_TRUE(store->choose({{offer, 0, {}, "person", "", {}}, Timestamp{5}}));
    expect_grown("choice");
    ASSERT_TRUE(store->rate({offer, 0, 1, "", "", {}}));
    expect_grown("rating");
    ASSERT_TRUE(store->add_passage(id, PassageId::root, story::Origin::written, " C.", {}));
    expect_grown("passage");
    ASSERT_TRUE(store->move(id, MoveKind::undo, PassageId::root, {}));
    expect_grown("move");
    ASSERT_TRUE(store->set_notes(id, {"a", "", {}}));
    expect_grown("notes");
    RequestRecord request;
    request.story = id;
    request.model = "north";
    const RequestId asked = store->add_request(request, 10)->id;
    expect_grown("request");
    ASSERT_TRUE(*store->claim_request("one", "north", Timestamp{1}, Timestamp{9}));
    expect_grown("claim");
    ASSERT_TRUE(store->release_claims("one"));
    expect_grown("release");
    ASSERT_TRUE(*store->claim_request("one", "north", Timestamp{1}, Timestamp{9}));
    expect_grown("claim");
    ASSERT_TRUE(store->fail_request({asked, "one"}, "", {}));
    expect_grown("failure");
    const RequestId next = store->add_request(request, 10)->id;
    expect_grown("request");
    ASSERT_TRUE(store->cancel_request(next, {}));
    expect_grown("cancelling");

    // What changes nothing, and what fails, is not counted.
    ASSERT_TRUE(store->cancel_request(next, {}));
    EXPECT_FALSE(store->add_offer(id, some_offer(PassageId::root, {" D."})));
    EXPECT_FALSE(store->fail_request({asked, "one"}, "", {}));
    EXPECT_EQ(*store->version(id), last);
    EXPECT_EQ(*store->version(other), 1U);
    EXPECT_EQ(*store->version(*store->add_story(random_story(1))), 1U);
    EXPECT_EQ(*store->story_of(offer), id);
    EXPECT_EQ(store->story_of(OfferId{99}).error().code, ErrorCode::not_found);
}

INSTANTIATE_TEST_SUITE_P(Each, Notes, testing::ValuesIn(database_kinds()),
                         [](const auto& kind) { return std::string(name_of(kind.param)); });

}  // namespace
}  // namespace fabula::store
