// SPDX-License-Identifier: 0BSD
// Presets in the shape of each program, written for these tests.
#include "sample/foreign_settings.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fabula::sample {
namespace {

ForeignSettings read(std::string_view text) {
    const auto found = settings_from_foreign(text);
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : ForeignSettings{};
}

TEST(ForeignSettings, reads_what_koboldcpp_writes) {
    const auto found = read(R"({"temp":0.7,"top_p":0.92,"top_k":100,"top_a":0,"typical":1,
        "tfs":0.95,"rep_pen":1.1,"rep_pen_range":360,"rep_pen_slope":0.7,"min_p":0.05,
        "sampler_order":[6,0,1,3,4,2,5],"mirostat":2,"mirostat_tau":4.5,"mirostat_eta":0.2,
        "dynatemp_range":0.25,"xtc_probability":0.5,"xtc_threshold":0.12,"smoothing_factor":0,
        "nsigma":-1})");
    EXPECT_EQ(found.program, Program::kobold);
    const Settings& s = found.settings;
    EXPECT_EQ(s.temperature, 0.7);
    EXPECT_EQ(s.top_p, 0.92);
    EXPECT_EQ(s.top_k, 100);
    EXPECT_EQ(s.typical_p, 1);
    EXPECT_EQ(s.min_p, 0.05);
    EXPECT_EQ(s.repetition_penalty, 1.1);
    EXPECT_EQ(s.penalty_window, 360);
    EXPECT_EQ(s.mirostat_tau, 4.5);
    EXPECT_EQ(s.mirostat_eta, 0.2);
    EXPECT_EQ(s.dynatemp_range, 0.25);
    EXPECT_EQ(s.xtc_probability, 0.5);
    EXPECT_EQ(s.xtc_threshold, 0.12);
    EXPECT_EQ(std::vector(s.order.begin(), s.order.begin() + 5),
              (std::vector{Stage::penalties, Stage::top_k, Stage::typical_p, Stage::top_p,
                           Stage::temperature}));
    EXPECT_EQ(found.left,
              (std::vector<std::string>{"tfs 0.95 has no equal here: left out",
                                        "rep_pen_slope 0.7 has no equal here: left out"}));
}

TEST(ForeignSettings, reads_what_sillytavern_writes) {
    const auto found = read(R"({"temp":1.2,"typical_p":0.9,"rep_pen":1,"rep_pen_range":0,
        "epsilon_cutoff":3,"eta_cutoff":12,"dynatemp":true,"min_temp":0.5,"max_temp":1.5,
        "dynatemp_exponent":2,"genamt":180,"ban_eos_token":true,
        "banned_tokens":"\"shivers down\"\n\"a testament to\"",
        "dry_multiplier":0.8,"dry_sequence_breakers":"[\"\\n\", \":\"]",
        "sampler_priority":["temperature","dynamic_temperature","min_p","top_p"],
        "sampler_order":[0,1],"mirostat_mode":1,"mirostat_tau":5,"logit_bias":[]})");
    EXPECT_EQ(found.program, Program::sillytavern);
    const Settings& s = found.settings;
    EXPECT_EQ(s.temperature, 1);
    EXPECT_EQ(s.dynatemp_range, 0.5);
    EXPECT_EQ(s.dynatemp_exponent, 2);
    EXPECT_NEAR(s.epsilon_cutoff, 3e-4, 1e-12);
    EXPECT_NEAR(s.eta_cutoff, 12e-4, 1e-12);
    EXPECT_EQ(s.max_new_tokens, 180);
    EXPECT_TRUE(s.ignore_end);
    EXPECT_EQ(s.dry_breakers, (std::vector<std::string>{"\n", ":"}));
    EXPECT_EQ(s.order.front(), Stage::temperature);
    EXPECT_EQ(s.order[2], Stage::top_p);
    EXPECT_EQ(s.bad_words.size(), 2U);
    EXPECT_EQ(
        found.left,
        (std::vector<std::string>{"mirostat_mode 1 has no equal here, mode 2 has: left out"}));
}

TEST(ForeignSettings, reads_what_text_generation_webui_writes) {
    const auto found = read(
        "temperature: 1.31\ntop_p: 0.14\ntypical_p: 1\nrepetition_penalty: 1.17\n"
        "repetition_penalty_range: 1024\ntop_k: 49\ntemperature_last: true\n"
        "dynamic_temperature: false\ndynatemp_low: 0.1\ndynatemp_high: 3\n"
        "dry_multiplier: 0.8\ntop_a: 0.2\nguidance_scale: 1\nmuse: 3\n");
    EXPECT_EQ(found.program, Program::webui);
    const Settings& s = found.settings;
    EXPECT_EQ(s.temperature, 1.31);
    EXPECT_EQ(s.dynatemp_range, 0);
    EXPECT_EQ(s.top_p, 0.14);
    EXPECT_EQ(s.top_k, 49);
    EXPECT_EQ(s.penalty_window, 1024);
    EXPECT_EQ(s.order.back(), Stage::temperature);
    EXPECT_EQ(found.left, (std::vector<std::string>{"top_a 0.2 has no equal here: left out",
                                                    "muse 3 is not known here: left out"}));
}

TEST(ForeignSettings, reads_what_hugging_face_writes) {
    const auto found = read(R"({"do_sample":false,"eos_token_id":2,"num_beams":4,
        "length_penalty":0.8,"epsilon_cutoff":0.0003,"no_repeat_ngram_size":3,
        "transformers_version":"4.40.0"})");
    EXPECT_EQ(found.program, Program::huggingface);
    EXPECT_EQ(found.settings.num_beams, 4);
    EXPECT_EQ(found.settings.length_penalty, 0.8);
    EXPECT_EQ(found.settings.temperature, 0);
    EXPECT_EQ(found.settings.epsilon_cutoff, 0.0003);
    EXPECT_EQ(found.settings.no_repeat_ngram_size, 3);
    EXPECT_TRUE(found.left.empty()) << found.left.front();
    const auto contrastive =
        read(R"({"penalty_alpha":0.6,"top_k":4,"eos_token_id":2,"do_sample":false})");
    EXPECT_EQ(contrastive.settings.penalty_alpha, 0.6);
}

TEST(ForeignSettings, names_values_that_lie_out_of_range_and_leaves_them) {
    const auto found = read(R"({"temp":-1,"rep_pen":1.05,"top_k":"many","top_p":7})");
    EXPECT_EQ(found.settings.temperature, 1);
    EXPECT_EQ(found.settings.top_p, 1);
    EXPECT_EQ(found.settings.repetition_penalty, 1.05);
    EXPECT_EQ(found.left,
              (std::vector<std::string>{
                  "temp: temperature -1 is out of range: at least 0, at most 10: left out",
                  "top_k 'many' is no number: left out",
                  "top_p: top_p 7 is out of range: greater than 0, at most 1: left out"}));
}

TEST(ForeignSettings, takes_the_program_that_it_is_told) {
    const Program program = Program::huggingface;
    const auto found = settings_from_foreign(R"({"eta_cutoff":0.002})", &program);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->settings.eta_cutoff, 0.002);
    EXPECT_EQ(program_named("webui").value(), Program::webui);
    EXPECT_FALSE(program_named("koboldai"));
}

TEST(ForeignSettings, refuses_what_is_no_preset_in_one_line) {
    std::string deep = "{\"a\":";
    for (int i = 0; i < 5000; ++i)
        deep += "[";
    std::string large = "{\"a\":\"" + std::string(most_preset_bytes, 'x') + "\"}";
    for (const std::string& text :
         {std::string("{\"temp\":"), std::string("[1,2]"), std::string("just words"), std::string(),
          deep, large, std::string("a: &x [1]\nb: *x"), std::string("a: b: c: d"),
          std::string("{\"penalty_alpha\":0.6}"), std::string("\xFF\xFE{}")}) {
        const auto found = settings_from_foreign(text);
        ASSERT_FALSE(found) << text.substr(0, 40);
        EXPECT_EQ(found.error().message.find('\n'), std::string::npos);
        EXPECT_EQ(found.error().message.find("preset: "), 0U) << found.error().message;
    }
}

TEST(ForeignKeys, name_settings_that_exist) {
    for (const auto& key : foreign_keys()) {
        EXPECT_NE(std::string(key.names), "");
        const std::string ours = key.ours;
        if (ours.empty() || ours.find_first_of(", ") != std::string::npos) continue;
        const bool is_list = ours == "order" || ours == "dry_breakers" || ours == "bad_words" ||
                             ours == "stop" || ours == "ignore_end";
        EXPECT_TRUE(is_list || field_named(ours)) << ours;
    }
}

}  // namespace
}  // namespace fabula::sample
