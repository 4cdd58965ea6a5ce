// SPDX-License-Identifier: 0BSD
#include "app/presets.h"

#include "app/configuration.h"
#include "app/files.h"
#include "sample/settings_json.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace fabula::app {
namespace {

class Presets : public testing::Test {
protected:
    void SetUp() override {
        folder = std::filesystem::path(testing::TempDir()) /
                 ("presets_" +
                  std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        std::filesystem::remove_all(folder);
        // NOLINTNEXTLINE(concurrency-mt-unsafe): these tests have one thread
        setenv("FABULA_PRESETS", folder.c_str(), 1);
    }
    void TearDown() override {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): these tests have one thread
        unsetenv("FABULA_PRESETS");
        std::filesystem::remove_all(folder);
    }

    static Result<Configuration> load(const Flags& flags, const Environment& environment = none) {
        return Configuration::load(flags, "", environment);
    }
    static std::optional<std::string> none(const std::string&) { return {}; }

    std::filesystem::path folder;
};

TEST_F(Presets, that_come_with_fabula_hold_and_stay) {
    const auto all = presets();
    ASSERT_EQ(all.size(), 3U);
    for (const auto& preset : all) {
        EXPECT_TRUE(preset.is_built_in);
        EXPECT_FALSE(preset.hint.empty());
        EXPECT_TRUE(sample::settings_from_json(preset.json)) << preset.name;
        EXPECT_EQ(save_preset(preset.name, "{}").error().code, ErrorCode::invalid_input);
        EXPECT_EQ(remove_preset(preset.name).error().code, ErrorCode::invalid_input);
    }
}

TEST_F(Presets, are_saved_shown_replaced_and_removed) {
    ASSERT_TRUE(save_preset("storm", R"({"temperature":1.2,"bad_words":["suddenly"]})"));
    EXPECT_EQ(preset_as_text(preset_named("storm").value()),
              "temperature = 1.2\nbad_words = [\"suddenly\"]\n");
    ASSERT_TRUE(save_preset("storm", R"({"temperature":1.1})"));
    EXPECT_EQ(preset_as_text(preset_named("storm").value()), "temperature = 1.1\n");
    EXPECT_EQ(presets().back().name, "storm");
    EXPECT_EQ(preset_named("strom").error().message,
              "unknown preset 'strom': did you mean 'storm'?");
    ASSERT_TRUE(remove_preset("storm"));
    EXPECT_EQ(remove_preset("storm").error().code, ErrorCode::not_found);
}

TEST_F(Presets, have_names_that_are_no_paths_and_settings_that_hold) {
    const std::vector<std::string> bad{"", "../x", "a/b", "Big", "-x", "a b", std::string(65, 'a')};
    for (const auto& name : bad) {
        EXPECT_EQ(save_preset(name, "{}").error().code, ErrorCode::invalid_input) << name;
        EXPECT_EQ(preset_named(name).error().code, ErrorCode::invalid_input) << name;
    }
    EXPECT_EQ(save_preset("storm", R"({"top_p":7})").error().code, ErrorCode::invalid_input);
    EXPECT_EQ(preset_named("storm").error().code, ErrorCode::not_found);
}

TEST_F(Presets, that_are_damaged_are_named_and_do_not_hide_the_others) {
    ASSERT_TRUE(save_preset("good", R"({"top_k":5})"));
    ASSERT_TRUE(write_file((folder / "broken.json").string(), "{\"top_k\":"));
    const auto all = presets();
    ASSERT_EQ(all.size(), 5U);
    EXPECT_NE(all[3].hint.find("cannot be read"), std::string::npos);
    EXPECT_EQ(all[4].name, "good");
    EXPECT_FALSE(preset_named("broken"));
}

TEST_F(Presets, stand_above_the_configuration_file_and_below_flags) {
    ASSERT_TRUE(save_preset("storm", R"({"temperature":1.2,"top_k":33})"));
    Flags flags;
    flags.values["preset"] = "storm";
    flags.values["top_k"] = "50";
    const auto loaded = load(flags).value();
    EXPECT_EQ(loaded.settings().temperature, 1.2);
    EXPECT_EQ(loaded.settings().top_k, 50);
    EXPECT_EQ(loaded.source("temperature"), "preset 'storm'");
    EXPECT_EQ(loaded.source("top_k"), "flag --top-k");
    EXPECT_EQ(loaded.set_settings(), (std::vector<std::string>{"temperature", "top_k"}));
    const auto variable = [](const std::string& name) {
        return name == "FABULA_PRESET" ? std::optional<std::string>("calm") : std::nullopt;
    };
    EXPECT_EQ(load({}, variable)->source("temperature"), "preset 'calm'");
    EXPECT_EQ(load(flags, variable)->source("temperature"), "preset 'storm'");
    flags.values["preset"] = "nothing";
    EXPECT_EQ(load(flags).error().code, ErrorCode::not_found);
}

TEST(DifferenceJson, has_what_differs_and_nothing_else) {
    sample::Settings settings;
    EXPECT_EQ(difference_json(settings, sample::Settings{}), "{}");
    settings.top_k = 7;
    settings.stop = {"END"};
    EXPECT_EQ(difference_json(settings, sample::Settings{}), R"({"top_k":7,"stop":["END"]})");
    EXPECT_EQ(chosen_json(settings, {"top_k", "min_p"}), R"({"top_k":7,"min_p":0.0})");
}

TEST(SchemaAsJson, has_every_setting_that_settings_have) {
    const auto schema = schema_as_json();
    for (const auto& field : sample::fields())
        EXPECT_NE(schema.find("{\"name\":\"" + std::string(field.name) + "\""), std::string::npos);
    for (const char* const name : {"dry_breakers", "bad_patterns", "logit_bias", "order"})
        EXPECT_NE(schema.find("{\"name\":\"" + std::string(name) + "\""), std::string::npos);
}

}  // namespace
}  // namespace fabula::app
