// SPDX-License-Identifier: 0BSD
#include "sample/settings_json.h"

#include <gtest/gtest.h>

namespace fabula::sample {
namespace {

std::string fault(std::string_view json) {
    const auto read = settings_from_json(json);
    return read ? "" : read.error().message;
}

TEST(ToJson, writes_every_setting_on_one_line_in_the_order_of_the_fields) {
    Settings settings;
    settings.temperature = 0.75;
    settings.bad_words = {"heck", "naïve"};
    settings.logit_bias = {{10, -1.5}, {2, 100}};
    settings.dry_breakers = {"\n"};
    EXPECT_EQ(
        to_json(settings),
        R"({"temperature":0.75,"dynatemp_range":0.0,"dynatemp_exponent":1.0,"top_k":0,"top_p":1.0,)"
        R"("min_p":0.0,"typical_p":1.0,"epsilon_cutoff":0.0,"eta_cutoff":0.0,"top_n_sigma":0.0,)"
        R"("xtc_probability":0.0,"xtc_threshold":0.1,"mirostat_tau":0.0,"mirostat_eta":0.1,)"
        R"("repetition_penalty":1.0,"frequency_penalty":0.0,"presence_penalty":0.0,)"
        R"("penalty_window":-1,"dry_multiplier":0.0,"dry_base":1.75,"dry_allowed_length":2,)"
        R"("dry_window":-1,"no_repeat_ngram_size":0,"min_new_tokens":0,"max_new_tokens":64,)"
        R"("num_beams":1,"length_penalty":1.0,"penalty_alpha":0.0,)"
        R"("dry_breakers":["\n"],"bad_words":["heck","naïve"],"bad_patterns":[],"stop":[],)"
        R"("logit_bias":{"2":100.0,"10":-1.5},"ignore_end":false,)"
        R"("order":["penalties","dry","temperature","top_k","top_p","min_p","typical_p",)"
        R"("epsilon_cutoff","eta_cutoff","top_n_sigma","xtc"]})");
}

TEST(ToJson, writes_a_broken_word_with_replacement_characters) {
    Settings settings;
    settings.stop = {"a\xFF"};
    EXPECT_NE(to_json(settings).find("a\xEF\xBF\xBD"), std::string::npos);
}

TEST(SettingsFromJson, reads_back_what_was_written) {
    Settings settings;
    settings.temperature = 0.1 + 0.2;
    settings.typical_p = 1.0 / 3;
    settings.top_k = 40;
    settings.bad_words = {"follow on", "\"\\"};
    settings.stop = {"\n\n", "THE END"};
    settings.logit_bias = {{0, -100}, {31999, 0.25}};
    settings.ignore_end = true;
    settings.order = completed_order({Stage::min_p, Stage::temperature});
    const auto read = settings_from_json(to_json(settings));
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(*read, settings);
}

TEST(SettingsFromJson, leaves_absent_keys_as_they_are_in_the_base) {
    Settings base;
    base.top_k = 17;
    base.stop = {"END"};
    const auto read = settings_from_json(R"({"temperature": 1, "order": ["min_p"]})", base);
    ASSERT_TRUE(read.has_value());
    base.temperature = 1;
    base.order = completed_order({Stage::min_p});
    EXPECT_EQ(*read, base);
}

TEST(SettingsFromJson, takes_a_whole_number_written_as_a_real_one) {
    EXPECT_EQ(settings_from_json(R"({"top_k": 40.0})")->top_k, 40);
}

TEST(SettingsFromJson, refuses_what_is_no_object) {
    for (const char* text : {"", "[]", "3", "null", "{", "{\"top_k\": 1}}", "{'top_k': 1}",
                             "{\"top_k\": NaN}", "\xFF\xFE", "{\"temperature\": 1e999}"})
        EXPECT_FALSE(fault(text).empty()) << text;
}

TEST(SettingsFromJson, names_the_key_that_is_wrong) {
    EXPECT_EQ(fault(R"({"temprature": 1})"),
              "unknown setting 'temprature': did you mean 'temperature'?");
    EXPECT_EQ(fault(R"({"badwords": []})"),
              "unknown setting 'badwords': did you mean 'bad_words'?");
    EXPECT_EQ(fault(R"({"top-p": 0.5})"), "unknown setting 'top-p': did you mean 'top_p'?");
    EXPECT_EQ(fault(R"({"top_p": "0.9"})"), "top_p must be a number");
    EXPECT_EQ(fault(R"({"top_p": 9})"), "top_p 9 is out of range: greater than 0, at most 1");
    EXPECT_EQ(fault(R"({"top_k": 1.5})"),
              "top_k 1.5 is out of range: a whole number, at least 0, at most 1000000");
    EXPECT_EQ(fault(R"({"ignore_end": 1})"), "ignore_end must be true or false");
    EXPECT_EQ(fault(R"({"stop": "END"})"), "stop must be a list of texts");
    EXPECT_EQ(fault(R"({"bad_words": ["a", 2]})"), "bad_words must be a list of texts");
    EXPECT_EQ(fault(R"({"bad_words": ["  "]})"), "bad_words: entry 1 is empty");
    EXPECT_EQ(fault(R"({"order": ["top_kk"]})"),
              "order: unknown stage 'top_kk': did you mean 'top_k'?");
    EXPECT_EQ(fault(R"({"order": ["top_k", "top_k"]})"), "order: the stage top_k is doubled");
    EXPECT_EQ(fault(R"({"logit_bias": [1]})"),
              "logit_bias must be an object from token id to bias");
    EXPECT_EQ(fault(R"({"logit_bias": {"5": true}})"), "logit_bias of token 5 must be a number");
    EXPECT_EQ(fault(R"({"logit_bias": {"5": 101}})"),
              "logit_bias 101 of token 5 is out of range: at least -100, at most 100");
    for (const char* key : {"-1", "05", "+5", "5.0", "five", "", "99999999999", " 5"})
        EXPECT_EQ(fault("{\"logit_bias\": {\"" + std::string(key) + "\": 1}}"),
                  "logit_bias: a key must be a token id, a whole number from 0 on")
            << key;
}

TEST(SettingsFromJson, survives_deep_nesting) {
    EXPECT_FALSE(fault(std::string(200000, '[')).empty());
    EXPECT_FALSE(
        fault("{\"stop\":" + std::string(100000, '[') + std::string(100000, ']') + "}").empty());
}

}  // namespace
}  // namespace fabula::sample
