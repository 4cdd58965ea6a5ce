// SPDX-License-Identifier: 0BSD
#include "serve/feeds.h"

#include <fmt/format.h>

#include <random>

namespace fabula::serve {

bool OpenStory::is_news(std::uint64_t version) const {
    const std::lock_guard lock(known_mutex_);
    return known_ != version;
}

void OpenStory::has_told(std::uint64_t version) {
    const std::lock_guard lock(known_mutex_);
    known_ = version;
}

void OpenStory::has_changed(store::Store& store) {
    const auto after = store.version(id_);
    if (after) note(*after - 1, *after, 1);
}

void OpenStory::note(std::uint64_t before, std::uint64_t after, std::uint64_t most) {
    const std::lock_guard lock(known_mutex_);
    if (before == known_ && after <= before + most) known_ = after;
}

std::shared_ptr<OpenStory> Feeds::at(store::StoryId id) {
    const std::lock_guard lock(mutex_);
    auto& story = open_[id];
    if (!story) {
        story =
            std::make_shared<OpenStory>(id, std::make_shared<StoryFeed>(random_name(), limits_));
        if (is_closed_) story->feed().close();
    }
    return story;
}

std::vector<std::shared_ptr<OpenStory>> Feeds::all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<OpenStory>> found;
    found.reserve(open_.size());
    for (const auto& [id, story] : open_)
        found.push_back(story);
    return found;
}

void Feeds::close_idle(std::chrono::seconds unused) {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(open_, [&](const auto& entry) {
        const auto& story = entry.second;
        // One that somebody holds, a reader or whoever works on it, is in use.
        return story.use_count() == 1 && story->feed().n_readers() == 0 &&
               now - story->feed().last_used() > unused;
    });
}

void Feeds::remove(store::StoryId id) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    found->second->feed().close();
    open_.erase(found);
}

void Feeds::close_all() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    for (const auto& [id, story] : open_)
        story->feed().close();
}

std::size_t Feeds::n_readers() const {
    const std::lock_guard lock(mutex_);
    std::size_t sum = 0;
    for (const auto& [id, story] : open_)
        sum += story->feed().n_readers();
    return sum;
}

bool Feeds::is_read(store::StoryId id) const {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(id);
    return found != open_.end() && found->second->feed().n_readers() > 0;
}

std::string random_name() {
    std::random_device device;
    return fmt::format("{:08x}{:08x}", device(), device());
}

}  // namespace fabula::serve
