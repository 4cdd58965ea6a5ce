// SPDX-License-Identifier: 0BSD
// The frames of a streamed answer: server-sent events, or a JSON value a line. Whatever bytes come,
// nothing longer than `most_event_bytes` is held. Knows frames, not what they say.
//
// Source: WHATWG HTML, "Server-sent events", 9.2.6 (parsing an event stream); ours has no use for
// ids and reconnection times, and keeps the last event where a stream ends without an empty line.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

constexpr std::size_t most_event_bytes = std::size_t{1} << 20;

enum class Framing { events, lines };

/// One frame.
struct StreamEvent {
    std::string name;  // of the event; "" for "message", and for a line
    std::string data;
};

class EventReader {
public:
    explicit EventReader(Framing framing) : framing_(framing) {}

    /// The frames that are complete with these bytes, in order. Errors: exhausted, when a frame
    /// grows beyond most_event_bytes; the reader is of no use then.
    Result<std::vector<StreamEvent>> take(std::string_view bytes);

    /// What is complete because no more bytes come: a last line without its break. An event without
    /// the empty line behind it is none, as the HTML standard says (9.2.6): more data may have been
    /// meant to come.
    std::vector<StreamEvent> finish();

private:
    void end_line(std::vector<StreamEvent>& found);
    void end_event(std::vector<StreamEvent>& found);

    Framing framing_;
    std::string line_;
    StreamEvent event_;
    bool has_data_ = false;
    bool is_after_return_ = false;  // a \n behind a \r ends no other line
    bool is_first_ = true;          // of the stream's lines: a byte order mark may stand there
};

}  // namespace fabula::model
