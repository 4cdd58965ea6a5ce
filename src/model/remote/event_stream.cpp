// SPDX-License-Identifier: 0BSD
#include "model/remote/event_stream.h"

#include <algorithm>
#include <utility>

namespace fabula::model {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace

Result<std::vector<StreamEvent>> EventReader::take(std::string_view bytes) {
    std::vector<StreamEvent> found;
    while (!bytes.empty()) {
        if (std::exchange(is_after_return_, false) && bytes.front() == '\n') {
            bytes.remove_prefix(1);
            continue;
        }
        const std::size_t length = std::min(bytes.find_first_of("\r\n"), bytes.size());
        if (line_.size() + event_.data.size() + length > most_event_bytes)
            return Error{ErrorCode::exhausted, "an event of the stream has more than " +
                                                   std::to_string(most_event_bytes) + " bytes"};
        line_ += bytes.substr(0, length);
        bytes.remove_prefix(length);
        if (bytes.empty()) break;
        is_after_return_ = bytes.front() == '\r';
        bytes.remove_prefix(1);
        end_line(found);
    }
    return found;
}

std::vector<StreamEvent> EventReader::finish() {
    std::vector<StreamEvent> found;
    if (framing_ == Framing::lines && !line_.empty()) end_line(found);
    return found;
}

void EventReader::end_line(std::vector<StreamEvent>& found) {
    std::string line = std::exchange(line_, {});
    if (std::exchange(is_first_, false) && line.starts_with(byte_order_mark))
        line.erase(0, byte_order_mark.size());
    if (framing_ == Framing::lines) {
        if (line.find_first_not_of(" \t") != std::string::npos)
            found.push_back({"", std::move(line)});
        return;
    }
    if (line.empty()) {
        end_event(found);
        return;
    }
    const std::size_t colon = line.find(':');  // at 0: a comment
    const std::string_view field = std::string_view(line).substr(0, colon);
    std::string_view value =
        colon == std::string::npos ? std::string_view() : std::string_view(line).substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (field == "event") event_.name = value;
    if (field != "data") return;
    if (std::exchange(has_data_, true)) event_.data += '\n';
    event_.data += value;
}

void EventReader::end_event(std::vector<StreamEvent>& found) {
    StreamEvent event = std::exchange(event_, {});
    if (std::exchange(has_data_, false)) found.push_back(std::move(event));
}

}  // namespace fabula::model
