// SPDX-License-Identifier: 0BSD
#include "serve/story_feed.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace fabula::serve {
namespace {

using std::chrono::milliseconds;

TEST(StoryFeed, numbers_events_from_one_and_gives_those_behind_a_number) {
    StoryFeed feed("abc");
    for (const char* kind : {"step", "text", "offer"})
        feed.publish(kind, "{}");
    const auto all = feed.after(0, milliseconds(0));
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 3U);
    EXPECT_EQ((*all)[2].number, 3U);
    EXPECT_EQ((*all)[2].kind, "offer");
    EXPECT_EQ(feed.after(2, milliseconds(0))->size(), 1U);
    EXPECT_EQ(feed.after(0, milliseconds(0), 2)->size(), 2U);
    EXPECT_TRUE(feed.after(3, milliseconds(0))->empty());
    EXPECT_FALSE(feed.after(4, milliseconds(0)));  // of another account
}

TEST(StoryFeed, says_when_events_are_not_kept_any_more) {
    StoryFeed feed("abc", {3, 1000});
    for (int i = 0; i < 5; ++i)
        feed.publish("text", "{}");
    EXPECT_FALSE(feed.after(1, milliseconds(0)));
    ASSERT_TRUE(feed.after(2, milliseconds(0)));
    EXPECT_EQ(feed.after(2, milliseconds(0))->front().number, 3U);

    StoryFeed small("abc", {100, 10});
    small.publish("text", std::string(8, 'a'));
    small.publish("text", std::string(800, 'b'));  // the newest stays, whatever its size
    EXPECT_FALSE(small.after(0, milliseconds(0)));
    EXPECT_EQ(small.after(1, milliseconds(0))->size(), 1U);
}

TEST(StoryFeed, keeps_every_byte_of_events_of_any_size_while_blocks_are_used_again) {
    StoryFeed feed("abc", {100000, 100000});
    const auto data_of = [](std::uint64_t number) {
        const std::size_t sizes[] = {0, 1, 90, 700, 16384, 16385, 50000};
        return std::string(sizes[number % 7], static_cast<char>('a' + number % 26));
    };
    std::uint64_t n_seen = 0;
    for (std::uint64_t number = 1; number <= 2000; ++number) {
        feed.publish("text", data_of(number));
        const auto last = feed.after(number - 1, milliseconds(0));
        ASSERT_EQ(last->size(), 1U);
        if (number % 50 != 0) continue;
        std::uint64_t before = number;
        while (before > 0 && feed.after(before - 1, milliseconds(0), 1))
            --before;
        const auto all = feed.after(before, milliseconds(0), 100000);
        ASSERT_EQ(all->back().number, number);
        for (const auto& event : *all)
            ASSERT_EQ(event.data, data_of(event.number)) << event.number;
        n_seen += all->size();
    }
    EXPECT_GT(n_seen, 40U);
}

TEST(StoryFeed, wakes_a_reader_that_waits_and_one_that_it_is_closed_for) {
    StoryFeed feed("abc");
    std::thread writer([&] {
        feed.publish("text", "{}");
        feed.close();
    });
    const auto first = feed.after(0, std::chrono::seconds(20));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->size(), 1U);
    EXPECT_TRUE(feed.after(1, std::chrono::seconds(20))->empty());
    writer.join();
    EXPECT_TRUE(feed.is_closed());
}

TEST(StoryFeed, knows_what_is_live_at_one_moment_with_the_newest_number) {
    StoryFeed feed("abc");
    feed.begin(store::RequestId{7}, {0, 2}, "{\"request\":7}");
    feed.add_text(store::RequestId{7}, 2, "She ", "{}");
    feed.add_text(store::RequestId{7}, 2, "ran.", "{}");
    const auto standing = feed.standing();
    EXPECT_EQ(standing.newest, 3U);
    ASSERT_EQ(standing.live.size(), 1U);
    EXPECT_EQ(standing.live[0].texts, (std::vector<std::string>{"", "She ran."}));
    feed.end(store::RequestId{7});
    EXPECT_TRUE(feed.standing().live.empty());
}

TEST(StoryFeed, counts_its_readers) {
    const auto feed = std::make_shared<StoryFeed>("abc");
    {
        const StoryFeed::Reader one(feed);
        const StoryFeed::Reader two(feed);
        EXPECT_EQ(feed->n_readers(), 2U);
    }
    EXPECT_EQ(feed->n_readers(), 0U);
}

TEST(EventId, is_read_as_it_is_written_and_nothing_else_is) {
    const auto id = parse_event_id(event_id("0f-3", 12));
    ASSERT_TRUE(id);
    EXPECT_EQ(id->epoch, "0f-3");
    EXPECT_EQ(id->number, 12U);
    for (const char* bad :
         {"", "12", "-12", "a-", "a-x", "a-1x", "a--1", "a-99999999999999999999"}) {
        const auto found = parse_event_id(bad);
        EXPECT_TRUE(!found || found->epoch == "a-") << bad;
    }
}

TEST(StoryFeed, nothing_is_told_between_where_it_stands_and_the_event_that_says_so) {
    StoryFeed feed("e");
    feed.begin(store::RequestId{1}, {0}, R"({"request":1})");
    std::thread writer;
    feed.publish_standing("story", [&](const StoryFeed::Standing& standing) {
        EXPECT_EQ(standing.newest, 1U);
        EXPECT_EQ(standing.live.size(), 1U);
        writer = std::thread([&] { feed.add_text(store::RequestId{1}, 0, "Rain", "{}"); });
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return std::string("{}");
    });
    writer.join();
    const auto events = feed.after(0, {});
    ASSERT_TRUE(events);
    ASSERT_EQ(events->size(), 3U);
    EXPECT_EQ((*events)[1].kind, "story");
    EXPECT_EQ((*events)[2].kind, "text");
}

TEST(StoryFeed, tells_late_readers_what_was_drawn_ahead_until_it_holds_no_more) {
    StoryFeed feed("e");
    feed.clear_ahead();
    EXPECT_EQ(feed.standing().newest, 0U);  // there is nothing to take back
    feed.add_ahead(R"({"offer":1})");
    feed.add_ahead(R"({"offer":1,"index":1})");
    EXPECT_EQ(feed.standing().ahead.size(), 2U);
    feed.clear_ahead();
    EXPECT_TRUE(feed.standing().ahead.empty());
    const auto events = feed.after(0, {});
    ASSERT_EQ(events->size(), 3U);
    EXPECT_EQ(events->back().data, R"({"offer":null})");
}

}  // namespace
}  // namespace fabula::serve
