// SPDX-License-Identifier: 0BSD
#include "serve/head.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace fabula::serve {
namespace {

HeadState state(std::string_view bytes) {
    return state_of_head(bytes, HeadLimits{});
}

TEST(Head, is_waited_for_until_its_empty_line) {
    const std::string whole = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    for (std::size_t n = 0; n < whole.size(); ++n)
        EXPECT_EQ(state(std::string_view(whole).substr(0, n)), HeadState::waits) << n;
    EXPECT_EQ(state(whole), HeadState::ready);
    EXPECT_EQ(state(whole + whole), HeadState::ready);
}

TEST(Head, waits_for_a_small_body_whose_length_is_told) {
    const std::string head = "POST / HTTP/1.1\r\ncontent-length:  5 \r\n\r\n";
    EXPECT_EQ(state(head + "1234"), HeadState::waits);
    EXPECT_EQ(state(head + "12345"), HeadState::ready);
    EXPECT_EQ(state("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n"), HeadState::ready);
    EXPECT_EQ(state("POST / HTTP/1.1\r\nContent-Length: 65536\r\n\r\n"), HeadState::waits);
    EXPECT_EQ(state("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), HeadState::ready);
    EXPECT_EQ(state("POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"),
              HeadState::ready);
    for (const char* length : {"x", "-1", "5x", "", "99999999999999999999999"})
        EXPECT_EQ(state(std::string("POST / HTTP/1.1\r\nContent-Length: ") + length + "\r\n\r\n"),
                  HeadState::ready)
            << length;
}

TEST(Head, has_limits_that_hold_before_it_is_whole) {
    EXPECT_EQ(state("GET /" + std::string(8190, 'a')), HeadState::too_large);
    EXPECT_EQ(state("GET /" + std::string(8000, 'a')), HeadState::waits);
    std::string many = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 100; ++i)
        many += "a: b\r\n";
    EXPECT_EQ(state(many), HeadState::waits);
    EXPECT_EQ(state(many + "a: b\r\n"), HeadState::too_large);
    std::string large = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 5; ++i)
        large += "a: " + std::string(4000, 'b') + "\r\n";
    EXPECT_EQ(state(large), HeadState::too_large);
}

TEST(Head, has_no_bytes_that_two_readers_understand_in_two_ways) {
    EXPECT_EQ(state("GET / HTTP/1.1\nHost: x\n\n"), HeadState::malformed);
    EXPECT_EQ(state("GET / HTTP/1.1\r\nHost: x\r\rA: b\r\n\r\n"), HeadState::malformed);
    EXPECT_EQ(state("GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n"), HeadState::malformed);
    EXPECT_EQ(state(std::string_view("GET /\0 HTTP/1.1\r\n\r\n", 20)), HeadState::malformed);
    EXPECT_EQ(state("\n"), HeadState::malformed);
    for (const char* line : {"GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET /",
                             "GET / / HTTP/1.1", "GET /#a HTTP/1.1"})
        EXPECT_EQ(state(std::string(line) + "\r\n\r\n"), HeadState::malformed) << line;
    // Two lengths: not for this to choose between.
    EXPECT_EQ(state("POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n"),
              HeadState::ready);
}

}  // namespace
}  // namespace fabula::serve
