// SPDX-License-Identifier: 0BSD
// For the tests of this module: a store in a folder of its own and a scripted model.
#pragma once

#include "engine/write.h"
#include "model/scripted.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace fabula::engine {

class StoryFixture : public ::testing::Test {
protected:
    StoryFixture() : folder_(scratch()) {
        store_ = store::open_sqlite((folder_ / "story.db").string()).value();
    }
    ~StoryFixture() override {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    void say(const std::string& script, std::size_t window_tokens = 4096) {
        generator_ = model::make_local(model::make_scripted(script, window_tokens).value());
    }

    store::Story begin_story(const std::string& opening, const WriteOptions& options,
                             std::uint64_t seed = 1) {
        store::StoryRecord record;
        record.seed = seed;
        auto story = begin(*store_, *generator_, record, opening, options);
        EXPECT_TRUE(story) << story.error().message;
        return *std::move(story);
    }

    static WriteOptions options(std::size_t steps, int max_new_tokens) {
        WriteOptions made;
        made.steps = steps;
        made.offer.settings.temperature = 1;
        made.offer.settings.max_new_tokens = max_new_tokens;
        made.offer.clock = [] { return Timestamp{1000}; };
        return made;
    }

    std::filesystem::path folder_;
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<model::Generator> generator_;
    std::vector<Event> events_;

private:
    static std::filesystem::path scratch() {
        auto name = (std::filesystem::path(::testing::TempDir()) / "fabula-engine-XXXXXX").string();
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        return name;
    }
};

}  // namespace fabula::engine
