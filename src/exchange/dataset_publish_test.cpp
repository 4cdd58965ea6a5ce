// SPDX-License-Identifier: 0BSD
#include "exchange/dataset_publish.h"

#include "base/scratch_folder.h"
#include "exchange/dataset_check.h"
#include "exchange/dataset_files.h"
#include "exchange/dataset_json.h"
#include "store/random_story.h"
#include "store/test_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

namespace fabula::exchange {
namespace {

namespace fs = std::filesystem;

using store::bytes_of;
using store::write_bytes;

class DatasetPublish : public ::testing::Test {
protected:
    void SetUp() override {
        auto opened = store::open_sqlite(scratch.at("x.db"));
        ASSERT_TRUE(opened) << opened.error().message;
        store = *std::move(opened);
        for (std::uint64_t seed = 0; seed < n_stories; ++seed)
            ASSERT_TRUE(store->add_story(store::random_story(seed)));
    }

    PublishOptions options() const {
        PublishOptions options;
        options.folder = folder();
        options.split.shares = {0.5, 0.25, 0.25};
        return options;
    }

    std::string folder() const { return scratch.at("set"); }
    std::string at(const std::string& name) const { return folder() + "/" + name; }

    Manifest published(const PublishOptions& options) {
        const auto manifest = publish(*store, options, {});
        EXPECT_TRUE(manifest) << manifest.error().message;
        return manifest ? *manifest : Manifest();
    }

    std::string refusal(const PublishOptions& options) {
        const auto manifest = publish(*store, options, {});
        return manifest ? "published" : manifest.error().message;
    }

    /// What the check says of the folder, its checksums made anew where `again`.
    CheckReport checked(bool again = true) {
        if (again) {
            const auto sums = checksums_of(folder());
            if (sums) write_bytes(at(checksums_name), *sums);
        }
        const auto report = check_dataset(folder(), {}, {});
        EXPECT_TRUE(report) << report.error().message;
        return report ? *report : CheckReport();
    }

    void expect_fault(const std::string& place, const std::string& words) {
        const auto report = checked();
        ASSERT_GE(report.n_faults, 1U);
        EXPECT_EQ(report.faults[0].place, place) << report.faults[0].what;
        EXPECT_NE(report.faults[0].what.find(words), std::string::npos) << report.faults[0].what;
    }

    std::vector<std::string> names_here() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(fs::path(folder()).parent_path())) {
            const auto name = entry.path().filename().string();
            if (!name.starts_with("x.db")) names.push_back(name);
        }
        return names;
    }

    static constexpr std::uint64_t n_stories = 12;
    ScratchFolder scratch;
    std::unique_ptr<store::Store> store;
};

std::size_t count(const std::string& text, char letter) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), letter));
}

TEST_F(DatasetPublish, writes_what_the_check_finds_sound) {
    const auto manifest = published(options());
    EXPECT_EQ(manifest.total().stories, n_stories);
    EXPECT_GT(manifest.total().pairs, n_stories);
    for (std::size_t i = 0; i < n_splits; ++i) {
        EXPECT_EQ(count(bytes_of(at(offers_file(i))), '\n'), manifest.splits[i].offers);
        EXPECT_EQ(count(bytes_of(at(pairs_file(i))), '\n'), manifest.splits[i].pairs);
    }
    const auto report = checked(false);
    EXPECT_EQ(report.n_faults, 0U) << (report.faults.empty() ? "" : report.faults[0].what);
    EXPECT_EQ(report.manifest, manifest);
    EXPECT_EQ(report.n_offers, manifest.total().offers);
    EXPECT_EQ(names_here(), std::vector<std::string>{"set"});
}

TEST_F(DatasetPublish, gives_the_same_bytes_again) {
    published(options());
    auto again = options();
    again.folder = scratch.at("again");
    published(again);
    for (const auto& name : dataset_files())
        EXPECT_EQ(bytes_of(at(name)), bytes_of(again.folder + "/" + name)) << name;
}

TEST_F(DatasetPublish, puts_a_story_where_it_was_when_more_are_there) {
    published(options());
    std::map<std::string, std::size_t> before;
    const auto read = [&](auto visit) {
        for (std::size_t i = 0; i < n_splits; ++i) {
            const std::string bytes = bytes_of(at(offers_file(i)));
            for (std::size_t begin = 0; begin < bytes.size();) {
                const auto end = bytes.find('\n', begin);
                const auto line = offer_line_from_json(bytes.substr(begin, end - begin));
                ASSERT_TRUE(line);
                visit(line->story, i);
                begin = end + 1;
            }
        }
    };
    read([&](const std::string& story, std::size_t split) { before[story] = split; });
    for (std::uint64_t seed = 100; seed < 108; ++seed)
        ASSERT_TRUE(store->add_story(store::random_story(seed)));
    auto more = options();
    more.existing = Existing::replaced;
    EXPECT_EQ(published(more).total().stories, n_stories + 8);
    std::size_t known = 0;
    read([&](const std::string& story, std::size_t split) {
        if (const auto found = before.find(story); found != before.end()) {
            EXPECT_EQ(found->second, split) << story;
            ++known;
        }
    });
    EXPECT_GT(known, n_stories);
}

TEST_F(DatasetPublish, replaces_only_where_it_is_told_to_and_only_a_data_set) {
    published(options());
    EXPECT_NE(refusal(options()).find("--replace"), std::string::npos);
    auto other = options();
    other.existing = Existing::replaced;
    other.license = "cc0-1.0";
    published(other);
    EXPECT_NE(bytes_of(at(manifest_name)).find("cc0-1.0"), std::string::npos);
    EXPECT_EQ(names_here(), std::vector<std::string>{"set"});
    write_bytes(at("data/notes.txt"), "mine");
    EXPECT_NE(refusal(other).find("data/notes.txt"), std::string::npos);
    EXPECT_EQ(bytes_of(at("data/notes.txt")), "mine");
    fs::remove_all(folder());
    fs::create_directory(folder());
    published(options());  // an empty folder is as good as none
    fs::remove_all(folder());
    write_bytes(folder(), "a file");
    EXPECT_NE(refusal(other).find("a file of that name"), std::string::npos);
}

TEST_F(DatasetPublish, leaves_nothing_when_it_is_stopped_or_fails) {
    // On the heap: with -Og and sanitizers GCC 12 takes one on the stack for uninitialised.
    const auto source = std::make_unique<std::stop_source>();
    auto stopping = options();
    stopping.on_progress = [&](std::size_t done, std::size_t) {
        if (done == 5) source->request_stop();
    };
    const auto stopped = publish(*store, stopping, source->get_token());
    ASSERT_FALSE(stopped);
    EXPECT_NE(stopped.error().message.find("stopped"), std::string::npos);
    EXPECT_TRUE(names_here().empty());
    auto nothing = options();
    nothing.rules.only = *Filter::of({"model=nobody's"});
    EXPECT_NE(refusal(nothing).find("nothing to publish"), std::string::npos);
    auto nowhere = options();
    nowhere.folder = scratch.at("no/such/set");
    EXPECT_NE(refusal(nowhere), "published");
    auto words = options();
    words.license = "my own: licence";
    EXPECT_NE(refusal(words).find("licence"), std::string::npos);
    EXPECT_TRUE(names_here().empty());
}

TEST_F(DatasetPublish, removes_what_the_dead_left_and_not_what_the_living_build) {
    fs::create_directories(scratch.at(".set.part-1/data"));
    fs::create_directories(scratch.at(".set.part-2/data"));
    fs::create_directories(scratch.at(".set.part-x"));
    const int alive = ::open(scratch.at(".set.part-2").c_str(), O_RDONLY | O_DIRECTORY);
    ASSERT_EQ(::flock(alive, LOCK_EX), 0);
    published(options());
    EXPECT_FALSE(fs::exists(scratch.at(".set.part-1")));
    EXPECT_TRUE(fs::exists(scratch.at(".set.part-2")));
    EXPECT_TRUE(fs::exists(scratch.at(".set.part-x")));
    ::close(alive);
}

TEST_F(DatasetPublish, has_a_check_that_finds_changed_files) {
    published(options());
    write_bytes(at("README.md"), bytes_of(at("README.md")) + "\n");
    auto report = checked(false);
    ASSERT_EQ(report.n_faults, 1U);
    EXPECT_EQ(report.faults[0].place, "README.md");
    fs::remove(at("schema.json"));
    report = checked(false);
    EXPECT_EQ(report.n_faults, 2U);
    EXPECT_FALSE(check_dataset(scratch.at("nothing"), {}, {}));
}

TEST_F(DatasetPublish, has_a_check_that_finds_pairs_that_do_not_follow) {
    published(options());
    const std::string pairs = bytes_of(at("pairs/train.jsonl"));
    const auto first = pairs.find('\n') + 1;
    write_bytes(at("pairs/train.jsonl"), pairs.substr(first));
    const auto missing = checked();
    EXPECT_GE(missing.n_faults, 1U);
    write_bytes(at("pairs/train.jsonl"), pairs + pairs.substr(0, first));
    expect_fault("pairs/train.jsonl:" + std::to_string(count(pairs, '\n') + 1),
                 "follows from no offer");
    std::string swapped = pairs;
    swapped.replace(swapped.find("\"chosen\":\""), 10, "\"chosen\":\"x");
    write_bytes(at("pairs/train.jsonl"), swapped);
    expect_fault("pairs/train.jsonl:1", "is not pair");
}

TEST_F(DatasetPublish, has_a_check_that_finds_a_story_in_two_splits) {
    published(options());
    const std::string train = bytes_of(at("data/train.jsonl"));
    const std::string line = train.substr(0, train.find('\n') + 1);
    write_bytes(at("data/test.jsonl"), bytes_of(at("data/test.jsonl")) + line);
    const auto report = checked();
    ASSERT_GE(report.n_faults, 1U);
    EXPECT_NE(report.faults[0].what.find("is in the split 'train', too"), std::string::npos);
}

}  // namespace
}  // namespace fabula::exchange
