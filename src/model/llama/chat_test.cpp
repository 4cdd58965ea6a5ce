// SPDX-License-Identifier: 0BSD
#include "model/llama/chat.h"

#include <gtest/gtest.h>

namespace fabula::model {
namespace {

// As TinyLlama-1.1B-Chat has it, shortened.
constexpr std::string_view roles =
    "{% if message['role'] == 'user' %}{{ '<|user|>\n' + message['content'] + eos_token }}"
    "{% endif %}{{ '<|assistant|>' }}";

TEST(Chat, puts_each_role_on_a_line_and_the_end_token_behind_it) {
    EXPECT_EQ(frame_of_roles(roles, "Be kind.", "Write.", "</s>"),
              "<|system|>\nBe kind.</s>\n<|user|>\nWrite.</s>\n<|assistant|>\n");
    EXPECT_EQ(frame_of_roles(roles, "", "Write.", "</s>"), "<|user|>\nWrite.</s>\n<|assistant|>\n");
}

TEST(Chat, leaves_other_templates_to_those_who_know_them) {
    EXPECT_FALSE(frame_of_roles("", "", "Write.", "</s>"));
    EXPECT_FALSE(frame_of_roles("{{ '<|im_start|>' + message['role'] }}", "", "Write.", "</s>"));
    EXPECT_FALSE(
        frame_of_roles("<|user|> <|assistant|> {{ message['content'] }}", "", "Write.", "</s>"));
}

}  // namespace
}  // namespace fabula::model
