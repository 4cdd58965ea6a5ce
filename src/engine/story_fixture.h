// SPDX-License-Identifier: 0BSD
// For the tests of this module: a store in a folder of its own and a scripted model.
#pragma once

#include "base/scratch_folder.h"
#include "engine/write.h"
#include "model/scripted.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace fabula::engine {

class StoryFixture : public ::testing::Test {
protected:
    void SetUp() override { database = store::open_sqlite((folder / "story.db").string()).value(); }
    void TearDown() override { database.reset(); }

    void say(const std::string& script, std::size_t window_tokens = 4096) {
        generator = model::make_local(model::make_scripted(script, window_tokens).value());
    }

    store::Story begin_story(const std::string& opening, const WriteOptions& options,
                             std::uint64_t seed = 1) {
        store::StoryRecord record;
        record.seed = seed;
        auto story = begin(*database, *generator, record, opening, options);
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

    ScratchFolder scratch;
    std::filesystem::path folder{scratch.path()};
    std::unique_ptr<store::Store> database;
    std::unique_ptr<model::Generator> generator;
    std::vector<Event> events;
};

}  // namespace fabula::engine
