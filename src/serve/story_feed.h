// SPDX-License-Identifier: 0BSD
// What happens to a story, as its readers hear it: events with numbers that have no gap, kept for
// those who lost the connection, and the words that are being drawn just now.
//
// Threads: any.
#pragma once

#include "store/requests.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::serve {

struct FeedEvent {
    std::uint64_t number = 0;  // from 1
    std::string kind;          // "text", "choice", ...
    std::string data;          // JSON on one line
};

/// The newest events. Their data stand one behind the other in a few blocks that are used again: a
/// string for each of thousands that come and go would part the heap into pieces that nobody else
/// can use.
class EventLog {
public:
    EventLog() = default;

    void push(std::uint64_t number, std::string kind, std::string_view data);
    void pop_oldest();

    std::size_t size() const { return kept_.size(); }
    /// With what an event takes besides its data.
    std::size_t bytes() const { return bytes_; }
    /// Requires an event.
    std::uint64_t oldest() const { return kept_.front().number; }
    /// Up to `most` events from that one on, which is counted from the oldest.
    std::vector<FeedEvent> from(std::size_t first, std::size_t most) const;

private:
    struct Block {
        std::vector<char> bytes;
        std::size_t used = 0;
        std::size_t n_events = 0;
    };
    struct Kept {
        std::uint64_t number = 0;
        std::string kind;
        std::string_view data;  // in a block
    };

    Block& block_for(std::size_t size);

    std::deque<Kept> kept_;     // the newest last
    std::deque<Block> blocks_;  // in the same order; events are in them as they came
    std::vector<char> spare_;   // of a block that is not used just now
    std::size_t bytes_ = 0;
};

/// Words of a request that is being drawn.
struct LiveText {
    store::RequestId request{};
    std::vector<std::size_t> indices;  // of the candidates
    std::vector<std::string> texts;    // one an index
    std::string step;                  // data of the event that it began with

    bool operator==(const LiveText&) const = default;
};

struct FeedLimits {
    std::size_t events = 4096;
    std::size_t bytes = std::size_t{1} << 18;  // with what an event takes besides its data
};

class StoryFeed {
public:
    /// `epoch` names this account of the story; ids are epoch-number.
    explicit StoryFeed(std::string epoch, FeedLimits limits = {});

    const std::string& epoch() const { return epoch_; }

    /// Adds an event and wakes the readers.
    void publish(std::string kind, std::string_view data);

    struct Standing {
        std::uint64_t newest = 0;
        std::vector<LiveText> live;
        std::vector<std::string> ahead;  // data of the events, oldest first
    };
    /// All of it at one moment.
    Standing standing() const;
    /// The same for an event that tells where everything stands: nothing is added before `compose`
    /// has given its data, so that no reader takes back what was told meanwhile.
    void publish_standing(std::string kind,
                          const std::function<std::string(const Standing&)>& compose);

    /// The same for the events that begin, continue and end what is live: a request that is not
    /// live is told of all the same.
    void begin(store::RequestId request, std::vector<std::size_t> indices, const std::string& data);
    void add_text(store::RequestId request, std::size_t index, std::string_view text,
                  std::string_view data);
    void end(store::RequestId request);

    /// What was drawn ahead of a pick, for readers who then need not ask. Kept for new readers, at
    /// most eight, until `clear_ahead` tells that it holds no more.
    void add_ahead(const std::string& data);
    void clear_ahead();

    /// The events after `number`, at most `most` of them, waiting for the first one until
    /// `timeout` has passed. Empty: there was none, or `close` was called. nullopt: the events
    /// after `number` are not kept any more, or it is none of ours.
    std::optional<std::vector<FeedEvent>> after(std::uint64_t number,
                                                std::chrono::milliseconds timeout,
                                                std::size_t most = 256) const;

    /// Readers are woken and wait no more.
    void close();
    bool is_closed() const;

    /// How many read just now, for those who ask whether somebody does.
    class Reader {
    public:
        explicit Reader(std::shared_ptr<StoryFeed> feed);
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;
        ~Reader();

    private:
        std::shared_ptr<StoryFeed> feed_;
    };
    std::size_t n_readers() const { return n_readers_; }
    /// When it was last read or written.
    std::chrono::steady_clock::time_point last_used() const;

private:
    void add(std::string kind, std::string_view data);

    const std::string epoch_;
    const FeedLimits limits_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    EventLog events_;
    std::uint64_t newest_ = 0;
    std::vector<LiveText> live_;
    std::vector<std::string> ahead_;
    bool is_closed_ = false;
    std::chrono::steady_clock::time_point used_;
    std::atomic<std::size_t> n_readers_ = 0;
};

/// "EPOCH-N"; what `parse_event_id` reads. Empty for anything else.
std::string event_id(std::string_view epoch, std::uint64_t number);
struct EventId {
    std::string epoch;
    std::uint64_t number = 0;
};
std::optional<EventId> parse_event_id(std::string_view id);

/// "id: ...\nevent: ...\ndata: ...\n\n". Requires data without a line break.
std::string event_frame(std::string_view epoch, const FeedEvent& event);

}  // namespace fabula::serve
