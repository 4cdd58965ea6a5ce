// SPDX-License-Identifier: 0BSD
#include "model/remote/event_stream.h"

#include <gtest/gtest.h>

namespace fabula::model {
namespace {

std::vector<std::string> data_of(const std::vector<StreamEvent>& events) {
    std::vector<std::string> data;
    data.reserve(events.size());
    for (const auto& event : events)
        data.push_back(event.data);
    return data;
}

// All that a stream gives when it comes in pieces of `size` bytes.
std::vector<std::string> read(Framing framing, std::string_view stream, std::size_t size) {
    EventReader reader(framing);
    std::vector<std::string> all;
    for (std::size_t at = 0; at < stream.size(); at += size) {
        const auto events = reader.take(stream.substr(at, size));
        EXPECT_TRUE(events) << events.error().message;
        if (!events) return all;
        for (auto& each : data_of(*events))
            all.push_back(std::move(each));
    }
    for (auto& each : data_of(reader.finish()))
        all.push_back(std::move(each));
    return all;
}

using Texts = std::vector<std::string>;

TEST(EventReader, reads_events_however_they_are_cut) {
    constexpr std::string_view stream =
        "\xEF\xBB\xBF: a comment\n\ndata: one\n\nevent: x\ndata:two\r\ndata: lines\r\n\r\n"
        "id: 7\rdata: \xC3\xA9\r\rretry: 1\n\ndata\n\ndata:  two spaces\n\n";
    const Texts expected{"one", "two\nlines", "\xC3\xA9", "", " two spaces"};
    for (std::size_t size = 1; size <= stream.size(); ++size)
        EXPECT_EQ(read(Framing::events, stream, size), expected) << size;
}

TEST(EventReader, an_event_without_its_empty_line_is_none) {
    EXPECT_EQ(read(Framing::events, "data: one\n\ndata: tw", 3), Texts{"one"});
    // Its lines are whole, but the next may have been more data.
    EXPECT_EQ(read(Framing::events, "data: one\n\ndata: two\n", 3), Texts{"one"});
}

TEST(EventReader, reads_lines) {
    const Texts expected{"{\"a\":1}", "{\"b\":2}", "{\"c\":3}"};
    for (std::size_t size = 1; size < 30; ++size)
        EXPECT_EQ(read(Framing::lines, "{\"a\":1}\n\r\n{\"b\":2}\r\n{\"c\":3}", size), expected);
}

TEST(EventReader, holds_no_more_than_is_allowed) {
    EventReader reader(Framing::events);
    const std::string block(1000, 'x');
    Result<std::vector<StreamEvent>> last = reader.take("data: ");
    for (int i = 0; i < 2000 && last; ++i)
        last = reader.take(i % 2 == 0 ? block : "\ndata: " + block);
    ASSERT_FALSE(last);
    EXPECT_EQ(last.error().code, ErrorCode::exhausted);
}

}  // namespace
}  // namespace fabula::model
