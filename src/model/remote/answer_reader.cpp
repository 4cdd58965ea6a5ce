// SPDX-License-Identifier: 0BSD
#include "model/remote/answer_reader.h"

#include "base/utf8.h"

#include <utility>

namespace fabula::model {
namespace {

constexpr std::size_t most_refusal_bytes = std::size_t{64} << 10;

std::optional<Framing> framing_of(const HttpHead& head) {
    const auto type = head.header("content-type");
    if (type.find("text/event-stream") != std::string::npos) return Framing::events;
    if (type.find("ndjson") != std::string::npos) return Framing::lines;
    return std::nullopt;
}

bool is_html_by_type(const HttpHead& head) {
    return head.header("content-type").find("html") != std::string::npos;
}

Error html() {
    return {ErrorCode::corrupt, "the answer is HTML, not JSON: is it the right address?"};
}

}  // namespace

Result<std::vector<Said>> AnswerReader::take(const HttpHead& head, std::string_view bytes) {
    if (head.status != 200) {
        body_ += bytes.substr(0, most_refusal_bytes - std::min(most_refusal_bytes, body_.size()));
        return std::vector<Said>();
    }
    if (!events_) {
        if (const auto framing = framing_of(head); framing && body_.empty())
            events_.emplace(*framing);
    }
    if (events_) {
        const auto events = events_->take(bytes);
        if (!events) return events.error();
        return read(*events);
    }
    if (body_.size() + bytes.size() > most_answer_bytes)
        return Error{ErrorCode::exhausted,
                     "the answer has more than " + std::to_string(most_answer_bytes) + " bytes"};
    body_ += bytes;
    if (is_html_by_type(head) || is_html(bytes)) return html();
    return std::vector<Said>();
}

Result<std::vector<Said>> AnswerReader::finish(const HttpHead& head) {
    if (events_) return read(events_->finish());
    if (head.status != 200) return std::vector<Said>();
    if (body_.empty() && framing_of(head)) return std::vector<Said>();  // an empty stream
    if (is_html_by_type(head)) return html();
    auto said = said_in_answer(api_, body_);
    if (!said) return said.error();
    return std::vector<Said>{*std::move(said)};
}

// By the first byte that is no white space.
bool AnswerReader::is_html(std::string_view bytes) {
    const auto first = bytes.find_first_not_of(" \t\r\n");
    if (has_begun_ || first == std::string_view::npos) return false;
    has_begun_ = true;
    return bytes[first] == '<';
}

Result<std::vector<Said>> AnswerReader::read(const std::vector<StreamEvent>& events) const {
    std::vector<Said> all;
    all.reserve(events.size());
    for (const auto& event : events) {
        if (event.data.empty()) continue;
        auto said = said_in_frame(api_, event.data);
        if (!said) return said.error();
        all.push_back(*std::move(said));
    }
    return all;
}

std::string AnswerReader::server_words() const {
    const auto words = error_in(body_);
    if (!words.empty()) return on_one_line(words);
    const auto first = body_.find_first_not_of(" \t\r\n");
    const bool is_text = first != std::string::npos && body_[first] != '<' && body_[first] != '{';
    return is_text && is_utf8(body_) ? on_one_line(body_) : "";
}

std::string on_one_line(std::string_view text, std::size_t most) {
    std::string line;
    for (const char c : text.substr(0, most)) {
        const auto byte = static_cast<unsigned char>(c);
        const bool is_space = byte < 0x20 || byte == 0x7F;
        if (is_space && (line.empty() || line.back() == ' ')) continue;
        line += is_space ? ' ' : c;
    }
    if (text.size() > most) line.resize(complete_prefix(line));
    while (line.ends_with(' '))
        line.pop_back();
    return text.size() > most ? line + "\xE2\x80\xA6" : line;
}

}  // namespace fabula::model
