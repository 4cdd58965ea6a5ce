// SPDX-License-Identifier: 0BSD
// The feeds of all stories that somebody reads or works on, and what each knows of the database:
// which version of the story its readers have heard of.
//
// Threads: any.
#pragma once

#include "serve/story_feed.h"
#include "store/store.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace fabula::serve {

/// A story that is read or worked on.
class OpenStory {
public:
    OpenStory(store::StoryId id, std::shared_ptr<StoryFeed> feed)
        : id_(id), feed_(std::move(feed)) {}

    store::StoryId id() const { return id_; }
    StoryFeed& feed() const { return *feed_; }
    std::shared_ptr<StoryFeed> shared_feed() const { return feed_; }

    /// Runs `work`, which changes the story in `store` and publishes what it did, and takes note of
    /// the version: changes through one process come one after another, so that a version which
    /// nobody here made shows. `most`: so many the changes count as, no more.
    template <typename Work>
    auto change(store::Store& store, Work work, std::uint64_t most = 1) {
        const std::lock_guard lock(mutex_);
        return change_held(store, std::move(work), most);
    }

    /// The same for who holds the story already. Of what failed no note is taken: whatever it left
    /// behind is told as news.
    template <typename Work>
    auto change_held(store::Store& store, Work work, std::uint64_t most = 1) {
        const auto before = store.version(id_);
        auto result = work();
        const auto after = store.version(id_);
        if (before && after && result) note(*before, *after, most);
        return result;
    }

    /// The same for one change that was made already; waits for nobody. One that somebody makes at
    /// the same moment may then seem to be news, and is told once more.
    void has_changed(store::Store& store);

    /// Runs `work` while nobody here changes the story.
    template <typename Work>
    auto hold(Work work) {
        const std::lock_guard lock(mutex_);
        return work();
    }

    /// Whether `version` is news to the readers.
    bool is_news(std::uint64_t version) const;
    /// The readers are told everything up to `version`.
    void has_told(std::uint64_t version);

private:
    void note(std::uint64_t before, std::uint64_t after, std::uint64_t most);

    const store::StoryId id_;
    const std::shared_ptr<StoryFeed> feed_;
    std::mutex mutex_;
    mutable std::mutex known_mutex_;
    std::uint64_t known_ = 0;  // 0: none
};

class Feeds {
public:
    explicit Feeds(FeedLimits limits = {}) : limits_(limits) {}

    /// The one of that story, opened where it is not open.
    std::shared_ptr<OpenStory> at(store::StoryId id);
    /// All that are open.
    std::vector<std::shared_ptr<OpenStory>> all() const;
    /// Those that nobody read or wrote for so long are closed.
    void close_idle(std::chrono::seconds unused);
    /// Closed and forgotten: the story is gone.
    void remove(store::StoryId id);
    /// Every reader ends, and new ones do at once.
    void close_all();

    /// Held while requests are put into the queue or claimed: a claim that comes between a request
    /// and the look at the version it made would seem to be another process's.
    std::mutex& queue_mutex() { return queue_mutex_; }

    std::size_t n_readers() const;
    bool is_read(store::StoryId id) const;

private:
    const FeedLimits limits_;
    mutable std::mutex mutex_;
    std::mutex queue_mutex_;
    std::map<store::StoryId, std::shared_ptr<OpenStory>> open_;
    bool is_closed_ = false;
};

/// Sixteen characters by the system's chance: names an account of a story, a process.
std::string random_name();

}  // namespace fabula::serve
