// SPDX-License-Identifier: 0BSD
// Reads one answer in whatever form it comes: a stream of events, lines, or one JSON value; and
// says so where it is none of them.
#pragma once

#include "base/result.h"
#include "model/remote/answer.h"
#include "model/remote/event_stream.h"
#include "model/remote/transfers.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fabula::model {

class AnswerReader {
public:
    explicit AnswerReader(RemoteApi api) : api_(api) {}

    /// What these bytes of the body complete, in order. Of an answer with another status than 200
    /// they are kept for `server_words`. Errors: corrupt (HTML, or not what this API says),
    /// exhausted (larger than any answer is); the answer is of no use any more.
    Result<std::vector<Said>> take(const HttpHead& head, std::string_view bytes);

    /// What is complete because the body ended. Errors: as take.
    Result<std::vector<Said>> finish(const HttpHead& head);

    /// Why the server refused, in its own words on one line, at most 300 bytes; "" where it says
    /// nothing.
    std::string server_words() const;

private:
    bool is_html(std::string_view bytes);
    Result<std::vector<Said>> read(const std::vector<StreamEvent>& events) const;

    RemoteApi api_;
    std::optional<EventReader> events_;
    std::string body_;        // of an answer that is no stream
    bool has_begun_ = false;  // with more than white space
};

/// `text` on one line, without control characters, cut to about `most` bytes.
std::string on_one_line(std::string_view text, std::size_t most = 300);

}  // namespace fabula::model
