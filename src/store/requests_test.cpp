// SPDX-License-Identifier: 0BSD
// The queue, on each database: turns, leases, keys, claims that were lost.
#include "store/random_story.h"
#include "store/test_database.h"
#include "store/test_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <set>

namespace fabula::store {
namespace {

using story::PassageId;

class Requests : public testing::TestWithParam<DatabaseKind> {
protected:
    void SetUp() override {
        auto opened = database.open();
        ASSERT_TRUE(opened) << opened.error().message;
        store = std::move(*opened);
    }

    StoryId begun() {
        const auto id = store->create({}, "Once.");
        EXPECT_TRUE(id) << id.error().message;
        return id ? *id : StoryId{};
    }

    static RequestRecord wish(StoryId story, const std::string& key = "") {
        RequestRecord request;
        request.story = story;
        request.key = key;
        request.model = "north";
        request.body = R"({"candidates":3})";
        request.user = "ada";
        request.created = Timestamp{1000};
        return request;
    }

    RequestId asked(StoryId story) {
        const auto request = store->add_request(wish(story), 1000);
        EXPECT_TRUE(request) << request.error().message;
        return request ? request->id : RequestId{};
    }

    /// The one that `server` gets for "north", with a lease until 5000.
    std::optional<RequestRecord> claimed(const std::string& server = "one",
                                         Timestamp now = Timestamp{2000}) {
        auto request = store->claim_request(server, "north", now, Timestamp{5000});
        EXPECT_TRUE(request) << request.error().message;
        return request ? std::move(*request) : std::nullopt;
    }

    RequestRecord now_of(RequestId id) {
        auto request = store->request(id);
        EXPECT_TRUE(request) << request.error().message;
        return request ? std::move(*request) : RequestRecord{};
    }

    /// Draws it, as a server does.
    Result<OfferId> served(const RequestRecord& request) {
        OfferRecord offer = some_offer(request.parent, {" She ran."});
        offer.number = n_offers[request.story]++;
        return store->add_offer(request.story, offer, Claim{request.id, request.claimed_by});
    }

    TestDatabase database{GetParam()};
    std::unique_ptr<Store> store;
    std::map<StoryId, std::size_t> n_offers;
};

TEST_P(Requests, are_kept_as_they_were_asked_and_wait) {
    const StoryId story = begun();
    const OfferId offer = *store->add_offer(story, some_offer(PassageId::root, {" A."}));
    RequestRecord asked = wish(story, "k-1");
    asked.redraw_of = offer;
    asked.state = RequestState::done;  // the store's to say
    asked.claimed_by = "nobody";
    const auto kept = store->add_request(asked, 10);
    ASSERT_TRUE(kept) << kept.error().message;
    asked.id = kept->id;
    asked.state = RequestState::waiting;
    asked.claimed_by = "";
    EXPECT_EQ(*kept, asked);
    EXPECT_EQ(now_of(kept->id), asked);
    EXPECT_EQ(*store->open_requests(story), std::vector{asked});
    EXPECT_EQ(*store->n_open_requests("north"), 1U);
    EXPECT_EQ(*store->n_open_requests("south"), 0U);
    EXPECT_EQ(*store->n_open_requests(""), 1U);
}

TEST_P(Requests, name_what_is_not_there) {
    const StoryId story = begun();
    const StoryId other = begun();
    const OfferId elsewhere = *store->add_offer(other, some_offer(PassageId::root, {" A."}));
    RequestRecord bad = wish(story);
    bad.redraw_of = elsewhere;
    const auto foreign = store->add_request(bad, 10);
    ASSERT_FALSE(foreign);
    EXPECT_EQ(foreign.error().code, ErrorCode::not_found);
    bad = wish(story);
    bad.parent = PassageId{4};
    EXPECT_EQ(store->add_request(bad, 10).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->add_request(wish(StoryId{99}), 10).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->request(RequestId{9}).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->cancel_request(RequestId{9}, {}).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->fail_request({RequestId{9}, "one"}, "", {}).error().code,
              ErrorCode::not_found);
    EXPECT_EQ(store->open_requests(StoryId{99}).error().code, ErrorCode::not_found);
    bad = wish(story);
    bad.body = std::string("a\0b", 3);
    EXPECT_EQ(store->add_request(bad, 10).error().code, ErrorCode::invalid_input);
    bad = wish(story, std::string(257, 'k'));
    EXPECT_EQ(store->add_request(bad, 10).error().code, ErrorCode::invalid_input);
    EXPECT_EQ(*store->n_open_requests(""), 0U);
}

TEST_P(Requests, of_the_same_key_are_the_same_request) {
    const StoryId story = begun();
    const auto first = store->add_request(wish(story, "k"), 1);
    ASSERT_TRUE(first) << first.error().message;
    const auto again = store->add_request(wish(story, "k"), 1);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, *first) << "also where the queue is full";
    ASSERT_TRUE(served(*claimed()));
    EXPECT_EQ(store->add_request(wish(story, "k"), 1)->state, RequestState::done);

    RequestRecord other = wish(story, "k");
    other.body = "{}";
    const auto refused = store->add_request(other, 10);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_NE(refused.error().message.find("same key"), std::string::npos);
    other = wish(story, "k");
    other.redraw_of = now_of(first->id).offer;
    EXPECT_EQ(store->add_request(other, 10).error().code, ErrorCode::conflict);
    const PassageId passage =
        *store->add_passage(story, PassageId::root, story::Origin::written, " On.", {});
    other = wish(story, "k");
    other.parent = passage;
    EXPECT_EQ(store->add_request(other, 10).error().code, ErrorCode::conflict);

    EXPECT_NE(store->add_request(wish(begun(), "k"), 10)->id, first->id) << "another story";
    EXPECT_NE(asked(story), asked(story)) << "without a key each is its own";
}

TEST_P(Requests, are_refused_where_the_queue_is_full) {
    const StoryId story = begun();
    const RequestId first = asked(story);
    asked(begun());
    const auto refused = store->add_request(wish(story), 2);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::exhausted);
    claimed();
    EXPECT_FALSE(store->add_request(wish(story), 2)) << "claimed ones are open";
    ASSERT_TRUE(store->cancel_request(first, {}));
    EXPECT_TRUE(store->add_request(wish(story), 2));
}

TEST_P(Requests, are_claimed_by_turns_so_that_no_story_waits_for_another_ones_pile) {
    std::vector<StoryId> stories;
    stories.reserve(10);
    for (int i = 0; i < 10; ++i)
        stories.push_back(begun());
    for (int i = 0; i < 20; ++i)
        asked(stories[0]);  // the pile comes first
    for (int n = 0; n < 3; ++n) {
        for (const StoryId story : stories)
            asked(story);
    }
    // While a story waits, no other is served more than twice.
    std::map<StoryId, std::map<StoryId, int>> since;
    std::map<StoryId, int> left;
    for (const StoryId story : stories)
        left[story] = story == stories[0] ? 23 : 3;
    RequestId last{};
    for (int i = 0; i < 50; ++i) {
        const auto request = claimed();
        ASSERT_TRUE(request);
        if (request->story == stories[0]) {
            EXPECT_GT(request->id, last) << "the oldest of its story";
            last = request->id;
        }
        --left[request->story];
        since[request->story].clear();
        for (const StoryId other : stories) {
            if (other == request->story || left[other] == 0) continue;
            EXPECT_LE(++since[other][request->story], 2) << i;
        }
    }
    EXPECT_FALSE(claimed());
}

TEST_P(Requests, of_a_story_that_was_not_served_for_long_come_first) {
    const StoryId one = begun();
    const StoryId two = begun();
    for (const StoryId story : {one, two}) {
        asked(story);
        ASSERT_EQ(claimed()->story, story);
    }
    asked(two);
    asked(one);
    EXPECT_EQ(claimed()->story, one) << "served before the other, whoever asked first now";
    EXPECT_EQ(claimed()->story, two);
}

TEST_P(Requests, are_claimed_for_one_model_and_once) {
    const StoryId story = begun();
    RequestRecord south = wish(story);
    south.model = "south";
    const RequestId for_south = store->add_request(south, 10)->id;
    const RequestId for_north = asked(story);
    const auto mine = claimed("one");
    ASSERT_TRUE(mine);
    EXPECT_EQ(mine->id, for_north);
    EXPECT_EQ(mine->state, RequestState::claimed);
    EXPECT_EQ(mine->claimed_by, "one");
    EXPECT_EQ(mine->lease_until, Timestamp{5000});
    EXPECT_EQ(mine->attempts, 1U);
    EXPECT_EQ(now_of(for_north), *mine);
    EXPECT_FALSE(claimed("two"));
    EXPECT_EQ(now_of(for_south).state, RequestState::waiting);
}

TEST_P(Requests, whose_lease_ended_are_claimed_by_another_and_lost_to_the_first) {
    const StoryId story = begun();
    asked(story);
    const auto first = claimed("one");
    EXPECT_FALSE(claimed("two", Timestamp{5000})) << "the lease has not ended yet";
    const auto second = claimed("two", Timestamp{5001});
    ASSERT_TRUE(second);
    EXPECT_EQ(second->id, first->id);
    EXPECT_EQ(second->attempts, 2U);

    const auto late = served(*first);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::conflict);
    EXPECT_NE(late.error().message.find("not claimed by 'one' any more"), std::string::npos);
    EXPECT_TRUE(store->load(story)->offers.empty()) << "nothing is kept";
    EXPECT_EQ(store->fail_request({first->id, "one"}, "no", {}).error().code, ErrorCode::conflict);
    EXPECT_TRUE(store->renew_claims("one", Timestamp{9000})->empty());
    n_offers.clear();
    EXPECT_TRUE(served(*second));
}

TEST_P(Requests, whose_lease_ended_may_still_be_finished_where_nobody_took_them) {
    const StoryId story = begun();
    asked(story);
    const auto mine = claimed("one", Timestamp{2000});
    const auto offer = served(*mine);  // whenever that is
    ASSERT_TRUE(offer) << offer.error().message;
}

TEST_P(Requests, of_a_server_are_renewed_together) {
    const StoryId story = begun();
    const RequestId first = asked(story);
    const RequestId second = asked(story);
    const RequestId third = asked(story);
    for (const char* server : {"one", "one", "two"})
        claimed(server);
    EXPECT_EQ(*store->renew_claims("one", Timestamp{9000}), (std::vector{first, second}));
    EXPECT_EQ(now_of(first).lease_until, Timestamp{9000});
    EXPECT_EQ(now_of(third).lease_until, Timestamp{5000});
    EXPECT_FALSE(claimed("three", Timestamp{5000}));
    EXPECT_EQ(claimed("three", Timestamp{6000})->id, third);
    ASSERT_TRUE(store->cancel_request(first, {}));
    EXPECT_EQ(*store->renew_claims("one", Timestamp{9000}), std::vector{second});
}

TEST_P(Requests, become_done_with_their_offer) {
    const StoryId story = begun();
    const RequestId id = asked(story);
    const auto mine = claimed();
    const auto offer = served(*mine);
    ASSERT_TRUE(offer) << offer.error().message;
    const RequestRecord done = now_of(id);
    EXPECT_EQ(done.state, RequestState::done);
    EXPECT_EQ(done.offer, *offer);
    EXPECT_EQ(done.claimed_by, "");
    EXPECT_EQ(done.finished, store->load(story)->offers[0].created);
    EXPECT_TRUE(store->open_requests(story)->empty());

    RequestRecord more = wish(story);
    more.redraw_of = *offer;
    ASSERT_TRUE(store->add_request(more, 10));
    const auto redraw = claimed();
    const std::vector<CandidateRecord> candidates{some_candidate(7, " She sang.")};
    const auto kept =
        store->add_candidates(*offer, candidates, Claim{redraw->id, redraw->claimed_by});
    ASSERT_TRUE(kept) << kept.error().message;
    EXPECT_EQ(now_of(redraw->id).state, RequestState::done);
    EXPECT_EQ(now_of(redraw->id).offer, *offer);
    EXPECT_EQ(now_of(redraw->id).finished, candidates[0].created);
    const std::vector<CandidateRecord> again{some_candidate(8, " She slept.")};
    EXPECT_EQ(store->add_candidates(*offer, again, Claim{redraw->id, "one"}).error().code,
              ErrorCode::conflict);
    EXPECT_EQ(store->load(story)->offers[0].candidates.size(), 2U) << "nothing is kept";
}

TEST_P(Requests, are_not_done_by_an_offer_that_is_refused_or_of_another_story) {
    const StoryId story = begun();
    const StoryId other = begun();
    asked(story);
    const auto mine = claimed();
    const Claim claim{mine->id, "one"};
    OfferRecord wrong = some_offer(PassageId::root, {" A."});
    wrong.number = 3;
    EXPECT_EQ(store->add_offer(story, wrong, claim).error().code, ErrorCode::conflict);
    EXPECT_EQ(now_of(mine->id).state, RequestState::claimed);
    wrong.number = 0;
    EXPECT_EQ(store->add_offer(other, wrong, claim).error().code, ErrorCode::conflict);
    EXPECT_TRUE(store->load(other)->offers.empty());
    EXPECT_TRUE(store->add_offer(story, wrong, claim));
}

TEST_P(Requests, fail_with_one_line) {
    const StoryId story = begun();
    const RequestId id = asked(story);
    claimed();
    ASSERT_TRUE(store->fail_request({id, "one"}, "the model\nfell over \xff", Timestamp{3000}));
    const RequestRecord failed = now_of(id);
    EXPECT_EQ(failed.state, RequestState::failed);
    EXPECT_EQ(failed.error, "the model fell over \ufffd");
    EXPECT_EQ(failed.finished, Timestamp{3000});
    EXPECT_FALSE(failed.offer);
    EXPECT_EQ(store->fail_request({id, "one"}, "", {}).error().code, ErrorCode::conflict);
    EXPECT_FALSE(claimed());
}

TEST_P(Requests, are_put_back_by_a_server_that_goes) {
    const StoryId story = begun();
    const RequestId first = asked(story);
    const RequestId second = asked(story);
    claimed("one");
    claimed("two");
    ASSERT_TRUE(store->release_claims("one"));
    EXPECT_EQ(now_of(first).state, RequestState::waiting);
    EXPECT_EQ(now_of(first).claimed_by, "");
    EXPECT_EQ(now_of(second).claimed_by, "two");
    EXPECT_EQ(claimed("three")->id, first);
    EXPECT_EQ(now_of(first).attempts, 2U);
}

TEST_P(Requests, that_are_cancelled_say_how_they_stood_and_keep_nothing) {
    const StoryId story = begun();
    const RequestId waits = asked(story);
    const auto waited = store->cancel_request(waits, Timestamp{3000});
    ASSERT_TRUE(waited) << waited.error().message;
    EXPECT_EQ(waited->state, RequestState::waiting);
    EXPECT_EQ(now_of(waits).state, RequestState::cancelled);
    EXPECT_EQ(now_of(waits).finished, Timestamp{3000});
    EXPECT_FALSE(claimed());

    const RequestId works = asked(story);
    const auto mine = claimed();
    const auto worked = store->cancel_request(works, Timestamp{3001});
    EXPECT_EQ(*worked, *mine);
    EXPECT_EQ(served(*mine).error().code, ErrorCode::conflict);
    EXPECT_TRUE(store->load(story)->offers.empty());
    EXPECT_EQ(store->cancel_request(works, Timestamp{4000})->state, RequestState::cancelled);
    EXPECT_EQ(now_of(works).finished, Timestamp{3001}) << "one that has ended stays";
}

TEST_P(Requests, that_ended_are_forgotten_after_a_while) {
    const StoryId story = begun();
    const RequestId old = asked(story);
    const RequestId recent = asked(story);
    const RequestId open = asked(story);
    ASSERT_TRUE(store->cancel_request(old, Timestamp{3000}));
    ASSERT_TRUE(store->cancel_request(recent, Timestamp{4000}));
    const auto version = *store->version(story);
    EXPECT_EQ(*store->forget_requests(Timestamp{4000}), 1U);
    EXPECT_EQ(store->request(old).error().code, ErrorCode::not_found);
    EXPECT_TRUE(store->request(recent));
    EXPECT_TRUE(store->request(open));
    EXPECT_EQ(*store->version(story), version);
    EXPECT_EQ(*store->forget_requests(Timestamp{4000}), 0U);
    EXPECT_GT(asked(story), open) << "no number is given twice";
}

TEST_P(Requests, go_with_their_story) {
    const StoryId story = begun();
    const StoryId other = begun();
    asked(story);
    const RequestId stays = asked(other);
    ASSERT_TRUE(served(*claimed()));
    ASSERT_TRUE(store->set_notes(story, {"a", "b", {}}));
    const RequestId open = asked(story);
    const auto gone = store->remove(story);
    ASSERT_TRUE(gone) << gone.error().message;
    EXPECT_EQ(store->request(open).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->version(story).error().code, ErrorCode::not_found);
    EXPECT_EQ(store->notes(story).error().code, ErrorCode::not_found);
    EXPECT_EQ(claimed()->id, stays);
    EXPECT_TRUE(store->check()->is_sound) << store->check()->findings;
}

TEST_P(Requests, outlive_the_process_that_was_asked) {
    const StoryId story = begun();
    const RequestId id = asked(story);
    claimed();
    store.reset();
    SetUp();
    EXPECT_EQ(now_of(id).state, RequestState::claimed);
    EXPECT_EQ(claimed("two", Timestamp{6000})->id, id);
}

/// Claims until there is none, and serves what it got; writes the ids to a pipe.
int serve_all(const TestDatabase& database, const std::string& server, int pipe) {
    auto store = database.open();
    if (!store) return 2;
    for (;;) {
        const auto open = (*store)->n_open_requests("north");
        if (!open) return 3;
        if (*open == 0) return 0;
        const auto request =
            (*store)->claim_request(server, "north", Timestamp{2000}, Timestamp{9000});
        if (!request) return 4;
        if (!*request) continue;
        const auto id = static_cast<std::int64_t>((*request)->id);
        if (::write(pipe, &id, sizeof id) != sizeof id) return 5;
        if (!(*store)->fail_request({(*request)->id, server}, "served", Timestamp{3000})) return 6;
    }
}

TEST_P(Requests, are_claimed_once_however_many_processes_claim) {
    constexpr int n_stories = 5;
    constexpr int n_each = 12;
    for (int i = 0; i < n_stories; ++i) {
        const StoryId story = begun();
        for (int k = 0; k < n_each; ++k)
            asked(story);
    }
    int report[2];
    ASSERT_EQ(::pipe(report), 0);
    std::vector<int> servers;
    servers.reserve(4);
    for (int i = 0; i < 4; ++i) {
        servers.push_back(
            started([&] { return serve_all(database, "server " + std::to_string(i), report[1]); }));
    }
    for (const int server : servers)
        EXPECT_EQ(ended(server), 0);
    ::close(report[1]);
    std::multiset<std::int64_t> claimed_ids;
    std::int64_t id = 0;
    while (::read(report[0], &id, sizeof id) == sizeof id)
        claimed_ids.insert(id);
    ::close(report[0]);
    EXPECT_EQ(claimed_ids.size(), static_cast<std::size_t>(n_stories * n_each));
    EXPECT_EQ(std::set(claimed_ids.begin(), claimed_ids.end()).size(), claimed_ids.size());
}

INSTANTIATE_TEST_SUITE_P(Each, Requests, testing::ValuesIn(database_kinds()),
                         [](const auto& kind) { return std::string(name_of(kind.param)); });

}  // namespace
}  // namespace fabula::store
