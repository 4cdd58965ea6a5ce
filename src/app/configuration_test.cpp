// SPDX-License-Identifier: 0BSD
#include "app/configuration.h"

#include "app/files.h"
#include "app/open_model.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace fabula::app {
namespace {

using Variables = std::map<std::string, std::string>;

class ConfigurationLayers : public ::testing::Test {
protected:
    void SetUp() override {
        folder = std::filesystem::path(::testing::TempDir()) /
                 ("fabula-configuration-" + std::to_string(getpid()));
        std::filesystem::create_directories(folder);
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string write(const std::string& name, const std::string& text) const {
        auto path = (folder / name).string();
        EXPECT_TRUE(write_file(path, text));
        return path;
    }

    static Result<Configuration> load(const Flags& flags, const std::string& file,
                                      const Variables& environment) {
        return Configuration::load(flags, file,
                                   [&](const std::string& name) -> std::optional<std::string> {
                                       const auto at = environment.find(name);
                                       if (at == environment.end()) return {};
                                       return at->second;
                                   });
    }

    std::filesystem::path folder;
};

TEST_F(ConfigurationLayers, stand_in_the_order_flag_environment_settings_file_file_default) {
    const auto file = write("config.toml",
                            "steps = 3\n[settings]\ntop_k = 11\ntop_p = 0.5\nmin_p = 0.1\n"
                            "typical_p = 0.6\n");
    Flags flags;
    flags.settings_file = write("calm.json", R"({"top_p": 0.6, "min_p": 0.2, "typical_p": 0.7})");
    flags.values["typical_p"] = "0.9";
    const auto loaded = load(flags, file, {{"FABULA_MIN_P", "0.3"}, {"FABULA_TYPICAL_P", "0.8"}});
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings().top_k, 11);
    EXPECT_EQ(loaded->source("top_k"), "file '" + file + "'");
    EXPECT_EQ(loaded->settings().top_p, 0.6);
    EXPECT_EQ(loaded->source("top_p"), "settings file '" + flags.settings_file + "'");
    EXPECT_EQ(loaded->settings().min_p, 0.3);
    EXPECT_EQ(loaded->source("min_p"), "environment FABULA_MIN_P");
    EXPECT_EQ(loaded->settings().typical_p, 0.9);
    EXPECT_EQ(loaded->source("typical_p"), "flag --typical-p");
    EXPECT_EQ(loaded->source("temperature"), "default");
    EXPECT_EQ(loaded->number("steps", 1, 100).value(), 3U);
}

TEST_F(ConfigurationLayers, name_the_layer_of_a_value_out_of_range) {
    const auto loaded = load({}, "", {{"FABULA_TOP_P", "1.5"}});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::invalid_input);
    EXPECT_NE(loaded.error().message.find("environment FABULA_TOP_P"), std::string::npos);
    EXPECT_NE(loaded.error().message.find("1.5"), std::string::npos);
}

TEST_F(ConfigurationLayers, refuse_words_where_numbers_belong) {
    Flags flags;
    flags.values["top_k"] = "many";
    EXPECT_EQ(load(flags, "", {}).error().message, "flag --top-k: top_k 'many' is no number");
    flags.values = {{"steps", "0"}};
    const auto loaded = load(flags, "", {});
    ASSERT_TRUE(loaded);
    EXPECT_FALSE(loaded->number("steps", 1, 9));
}

TEST_F(ConfigurationLayers, need_no_file_but_a_sound_one) {
    EXPECT_TRUE(load({}, (folder / "none.toml").string(), {}));
    const auto broken = load({}, write("broken.toml", "steps = \n"), {});
    ASSERT_FALSE(broken);
    EXPECT_NE(broken.error().message.find("line 1"), std::string::npos);
    EXPECT_FALSE(load({}, write("unknown.toml", "stepz = 3\n"), {}));
    Flags flags;
    flags.settings_file = (folder / "none.json").string();
    EXPECT_EQ(load(flags, "", {}).error().code, ErrorCode::not_found);
}

TEST_F(ConfigurationLayers, need_the_file_that_the_environment_names) {
    const auto missing = (folder / "none.toml").string();
    const auto loaded = load({}, missing, {{"FABULA_CONFIG", missing}});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::not_found);
    EXPECT_EQ(loaded.error().message,
              "environment FABULA_CONFIG: there is no configuration file '" + missing + "'");
    const auto empty = write("empty.toml", "");
    EXPECT_TRUE(load({}, empty, {{"FABULA_CONFIG", empty}}));
    // A caller that reads no file at all asks for none.
    EXPECT_TRUE(load({}, "", {{"FABULA_CONFIG", missing}}));
}

TEST_F(ConfigurationLayers, choose_what_computes) {
    const auto file = write("config.toml", "backend = \"llama\"\ncache_type = \"f32\"\n");
    Flags flags;
    flags.values["cache_type"] = "f16";
    const auto loaded = load(flags, file, {{"FABULA_KERNEL", "portable"}});
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->source("cache_type"), "flag --cache-type");
    EXPECT_EQ(loaded->source("kernel"), "environment FABULA_KERNEL");
    const auto options = open_options(*loaded);
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->backend, model::Backend::llama);
    EXPECT_EQ(options->kernel, "portable");
    EXPECT_EQ(options->cache, model::CacheType::f16);
    flags.values["kernel"] = "avx2";
    EXPECT_EQ(open_options(*load(flags, file, {})).error().message,
              "flag --kernel: backend llama has none to choose");
    EXPECT_EQ(open_options(*load({}, "", {}))->backend, model::Backend::automatic);
}

TEST_F(ConfigurationLayers, name_where_an_unknown_way_to_compute_was_set) {
    const auto refusal = [](const std::string& variable) {
        return open_options(*load({}, "", {{variable, "fast"}})).error().message;
    };
    EXPECT_EQ(refusal("FABULA_BACKEND"),
              "environment FABULA_BACKEND: backend: 'fast' is none of auto, cpu, llama");
    EXPECT_EQ(refusal("FABULA_KERNEL"),
              "environment FABULA_KERNEL: kernel: 'fast' is none of avx512, avx2, portable");
    EXPECT_EQ(refusal("FABULA_CACHE_TYPE"),
              "environment FABULA_CACHE_TYPE: cache type: 'fast' is none of f16, f32");
}

TEST_F(ConfigurationLayers, read_settings_from_toml_alone_and_from_a_table) {
    for (const std::string text : {"top_k = 7\n", "[settings]\ntop_k = 7\n", "{\"top_k\": 7}"}) {
        Flags flags;
        flags.settings_file = write("settings", text);
        const auto loaded = load(flags, "", {});
        ASSERT_TRUE(loaded) << loaded.error().message;
        EXPECT_EQ(loaded->settings().top_k, 7);
    }
}

TEST_F(ConfigurationLayers, take_lists_from_flags) {
    Flags flags;
    flags.bad_words = {"Twitter"};
    flags.logit_bias = {"42=-100", "7=1.5"};
    flags.order = {"top_k", "temperature"};
    const auto loaded = load(flags, "", {});
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->settings().bad_words, std::vector<std::string>{"Twitter"});
    EXPECT_EQ(loaded->settings().logit_bias.at(7), 1.5);
    EXPECT_EQ(loaded->settings().order.front(), sample::Stage::top_k);
    EXPECT_EQ(loaded->settings().order.size(), sample::Settings{}.order.size());
    flags.logit_bias = {"seven=1"};
    EXPECT_FALSE(load(flags, "", {}));
}

}  // namespace
}  // namespace fabula::app
