// SPDX-License-Identifier: 0BSD
#include "serve/completion.h"

#include <gtest/gtest.h>

namespace fabula::serve {
namespace {

TEST(Completion, refuses_what_is_no_object) {
    for (const char* body : {"7", "-1", "1.5", "true", "null", "\"x\"", "[]", "[1]", "", "{"}) {
        for (const auto& asked : {asked_completion(body), asked_chat(body, true)}) {
            ASSERT_FALSE(asked) << body;
            EXPECT_EQ(asked.error().code, ErrorCode::invalid_input) << body;
            EXPECT_EQ(asked.error().message.substr(0, 8), "the body") << asked.error().message;
        }
    }
}

TEST(Completion, reads_what_openai_has) {
    const auto asked = asked_completion(
        R"({"prompt":"The well","max_tokens":7,"n":3,"stop":".","top_k":5,"user":"me","seed":4})");
    ASSERT_TRUE(asked) << asked.error().message;
    EXPECT_EQ(asked->n, 3U);
    EXPECT_EQ(asked->seed, 4U);
    EXPECT_EQ(asked->settings.max_new_tokens, 7);
    EXPECT_EQ(asked->settings.top_k, 5);
    EXPECT_EQ(asked->settings.stop, std::vector<std::string>{"."});
}

}  // namespace
}  // namespace fabula::serve
