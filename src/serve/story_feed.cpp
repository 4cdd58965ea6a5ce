// SPDX-License-Identifier: 0BSD
#include "serve/story_feed.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace fabula::serve {

namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 14;
constexpr std::size_t besides = 64;  // what an event takes besides its data

}  // namespace

EventLog::Block& EventLog::block_for(std::size_t size) {
    if (!blocks_.empty() && blocks_.back().bytes.size() - blocks_.back().used >= size)
        return blocks_.back();
    Block block;
    if (size <= block_bytes && !spare_.empty()) {
        block.bytes = std::exchange(spare_, {});
    } else {
        block.bytes.resize(std::max(size, block_bytes));
    }
    return blocks_.emplace_back(std::move(block));
}

void EventLog::push(std::uint64_t number, std::string kind, std::string_view data) {
    auto& block = block_for(data.size());
    char* const begin = block.bytes.data() + block.used;
    std::copy(data.begin(), data.end(), begin);
    block.used += data.size();
    ++block.n_events;
    kept_.push_back({number, std::move(kind), {begin, data.size()}});
    bytes_ += data.size() + besides;
}

void EventLog::pop_oldest() {
    bytes_ -= kept_.front().data.size() + besides;
    kept_.pop_front();
    auto& block = blocks_.front();
    if (--block.n_events > 0) return;
    if (block.bytes.size() == block_bytes) spare_ = std::move(block.bytes);
    blocks_.pop_front();
}

std::vector<FeedEvent> EventLog::from(std::size_t first, std::size_t most) const {
    std::vector<FeedEvent> found;
    const std::size_t end = std::min(kept_.size(), first + most);
    found.reserve(end - std::min(first, end));
    for (std::size_t i = first; i < end; ++i)
        found.push_back({kept_[i].number, kept_[i].kind, std::string(kept_[i].data)});
    return found;
}

StoryFeed::StoryFeed(std::string epoch, FeedLimits limits)
    : epoch_(std::move(epoch)), limits_(limits), used_(std::chrono::steady_clock::now()) {}

void StoryFeed::add(std::string kind, std::string_view data) {
    events_.push(++newest_, std::move(kind), data);
    while (events_.size() > 1 &&
           (events_.size() > limits_.events || events_.bytes() > limits_.bytes))
        events_.pop_oldest();
    used_ = std::chrono::steady_clock::now();
    changed_.notify_all();
}

void StoryFeed::publish(std::string kind, std::string_view data) {
    const std::lock_guard lock(mutex_);
    add(std::move(kind), data);
}

void StoryFeed::begin(store::RequestId request, std::vector<std::size_t> indices,
                      const std::string& data) {
    const std::lock_guard lock(mutex_);
    std::erase_if(live_, [&](const auto& live) { return live.request == request; });
    LiveText live{request, std::move(indices), {}, data};
    live.texts.resize(live.indices.size());
    live_.push_back(std::move(live));
    add("step", data);
}

void StoryFeed::add_text(store::RequestId request, std::size_t index, std::string_view text,
                         std::string_view data) {
    const std::lock_guard lock(mutex_);
    for (auto& live : live_) {
        if (live.request != request) continue;
        for (std::size_t i = 0; i < live.indices.size(); ++i) {
            if (live.indices[i] == index) live.texts[i] += text;
        }
    }
    add("text", data);
}

void StoryFeed::end(store::RequestId request) {
    const std::lock_guard lock(mutex_);
    std::erase_if(live_, [&](const auto& live) { return live.request == request; });
}

void StoryFeed::add_ahead(const std::string& data) {
    constexpr std::size_t most_ahead = 8;
    const std::lock_guard lock(mutex_);
    if (ahead_.size() >= most_ahead) ahead_.erase(ahead_.begin());
    ahead_.push_back(data);
    add("ahead", data);
}

void StoryFeed::clear_ahead() {
    const std::lock_guard lock(mutex_);
    if (ahead_.empty()) return;
    ahead_.clear();
    add("ahead", R"({"offer":null})");
}

StoryFeed::Standing StoryFeed::standing() const {
    const std::lock_guard lock(mutex_);
    return {newest_, live_, ahead_};
}

void StoryFeed::publish_standing(std::string kind,
                                 const std::function<std::string(const Standing&)>& compose) {
    const std::lock_guard lock(mutex_);
    add(std::move(kind), compose({newest_, live_, ahead_}));
}

std::optional<std::vector<FeedEvent>> StoryFeed::after(std::uint64_t number,
                                                       std::chrono::milliseconds timeout,
                                                       std::size_t most) const {
    std::unique_lock lock(mutex_);
    if (number > newest_) return std::nullopt;
    changed_.wait_for(lock, timeout, [&] { return is_closed_ || newest_ > number; });
    const std::uint64_t first = events_.size() == 0 ? newest_ + 1 : events_.oldest();
    if (number + 1 < first) return std::nullopt;
    return events_.from(number + 1 - first, most);
}

void StoryFeed::close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    changed_.notify_all();
}

bool StoryFeed::is_closed() const {
    const std::lock_guard lock(mutex_);
    return is_closed_;
}

std::chrono::steady_clock::time_point StoryFeed::last_used() const {
    const std::lock_guard lock(mutex_);
    return used_;
}

StoryFeed::Reader::Reader(std::shared_ptr<StoryFeed> feed) : feed_(std::move(feed)) {
    ++feed_->n_readers_;
}

StoryFeed::Reader::~Reader() {
    --feed_->n_readers_;
    const std::lock_guard lock(feed_->mutex_);
    feed_->used_ = std::chrono::steady_clock::now();
}

std::string event_id(std::string_view epoch, std::uint64_t number) {
    return std::string(epoch) + "-" + std::to_string(number);
}

std::optional<EventId> parse_event_id(std::string_view id) {
    const auto dash = id.rfind('-');
    if (dash == std::string_view::npos || dash == 0) return std::nullopt;
    EventId found{std::string(id.substr(0, dash)), 0};
    const auto digits = id.substr(dash + 1);
    const char* const end = digits.data() + digits.size();
    const auto [rest, code] = std::from_chars(digits.data(), end, found.number);
    if (code != std::errc{} || rest != end || digits.empty()) return std::nullopt;
    return found;
}

std::string event_frame(std::string_view epoch, const FeedEvent& event) {
    std::string frame = "id: " + event_id(epoch, event.number) + "\nevent: " + event.kind;
    frame += "\ndata: ";
    frame += event.data;
    frame += "\n\n";
    return frame;
}

}  // namespace fabula::serve
