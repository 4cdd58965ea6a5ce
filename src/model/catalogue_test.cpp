// SPDX-License-Identifier: 0BSD
#include "model/catalogue.h"

#include <gtest/gtest.h>

namespace fabula::model {
namespace {

const std::string hash(64, 'a');

std::string entry(const std::string& name) {
    return "[[model]]\nname = \"" + name +
           "\"\ntitle = \"T\"\nform = \"gguf\"\narchitecture = \"llama\"\n"
           "pieces = [{ npm = \"p@1\", path = \"f\" }]\nsize_bytes = 5\nsha256 = \"" +
           hash + "\"\nlicence = \"MIT\"\n";
}

TEST(Catalogue, built_in_names_the_models_that_are_promised) {
    const CatalogueEntry* const stories = known_model("stories15M");
    ASSERT_NE(stories, nullptr);
    EXPECT_EQ(stories->form, ModelForm::llama2c);
    EXPECT_TRUE(stories->can_fetch());
    EXPECT_EQ(stories->licence, "MIT");
    ASSERT_TRUE(stories->checkpoint);
    EXPECT_EQ(stories->checkpoint->end, 60816028U);
    EXPECT_EQ(stories->tokenizer->begin, stories->checkpoint->end);
    EXPECT_EQ(stories->tokenizer->end, stories->size_bytes);

    const CatalogueEntry* const test_data = known_model("stories260k");
    ASSERT_NE(test_data, nullptr);
    EXPECT_FALSE(test_data->can_fetch());

    const CatalogueEntry* const chat = known_model("tinyllama-1.1b-chat-iq2_xxs");
    ASSERT_NE(chat, nullptr);
    EXPECT_EQ(chat->pieces.size(), 2U);
    EXPECT_FALSE(chat->checkpoint);
    EXPECT_EQ(known_model("gpt-5"), nullptr);
}

TEST(Catalogue, says_which_model_lacks_what) {
    ASSERT_TRUE(parse_catalogue(entry("a") + entry("b")));
    const auto message = [](const std::string& toml) {
        const auto parsed = parse_catalogue(toml);
        return parsed ? "" : parsed.error().message;
    };
    EXPECT_EQ(message(entry("a") + entry("a")), "catalogue: model 2: its name comes twice");
    EXPECT_EQ(message("x = 1"), "catalogue: no models");
    EXPECT_EQ(message(entry("a") + "[[model]]\nname = \"c\"\n"), "catalogue: model 2: no 'title'");
    std::string wrong = entry("a");
    wrong.replace(wrong.find(hash), 64, "1234");
    EXPECT_EQ(message(wrong), "catalogue: model 1: 'sha256' is no sha256");
    EXPECT_EQ(
        message(entry("a") + "checkpoint = { begin = 3, end = 9, sha256 = \"" + hash + "\" }\n"),
        "catalogue: model 1: 'checkpoint' is no part of the whole");
    EXPECT_TRUE(message("[[model]\n").starts_with("catalogue: line 1: "));
}

}  // namespace
}  // namespace fabula::model
