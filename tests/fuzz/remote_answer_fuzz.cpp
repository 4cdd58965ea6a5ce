// SPDX-License-Identifier: 0BSD
// What a server of a remote model answers: the first byte says in which language and form, the
// second in pieces of how many bytes it comes. However it is cut into pieces it says the same; a
// part of it says a part of that; nothing is longer than what came.
#include "model/remote/answer_reader.h"
#include "model/remote/hub.h"
#include "model/remote/probe.h"
#include "model/remote/remote_text.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace fabula::model;  // NOLINT(google-build-using-namespace): a target of its own

struct Counts {
    unsigned long seen = 0;
    unsigned long passed = 0;

    Counts() = default;
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;
    ~Counts() { std::fprintf(stderr, "first check: %lu of %lu passed\n", passed, seen); }
};

void require(bool holds) {
    if (!holds) std::abort();
}

struct Read {
    std::string text;
    bool is_last = false;
    bool has_failed = false;
};

void add(Read& read, RemoteText& text, const fabula::Result<std::vector<Said>>& all) {
    if (!all) {
        require(!all.error().message.empty() &&
                all.error().message.find('\n') == std::string::npos);
        read.has_failed = true;
        return;
    }
    for (const auto& said : *all) {
        for (const auto& piece : said.pieces) {
            require(piece.index < most_said_candidates);
            read.text += piece.text;
            text.take(piece);
        }
        read.is_last = read.is_last || said.is_last;
    }
}

Read read_in_pieces(RemoteApi api, const HttpHead& head, std::string_view body, std::size_t size) {
    AnswerReader reader(api);
    fabula::sample::Settings settings;
    settings.stop = {"stop"};
    RemoteText text(settings, " ");
    Read read;
    for (std::size_t at = 0; at < body.size() && !read.has_failed; at += size)
        add(read, text, reader.take(head, body.substr(at, size)));
    if (!read.has_failed) add(read, text, reader.finish(head));
    require(reader.server_words().size() < 400);
    std::string shown = text.take_visible();
    text.close(read.is_last);
    shown += text.take_visible();
    const auto candidate = std::move(text).finished();
    require(shown == candidate.text);
    require(candidate.ids.size() == candidate.trace.size());
    require(candidate.ids_bytes <= candidate.text.size());
    for (const auto id : candidate.ids)
        require(id >= 0);
    return read;
}

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Counts counts;
    if (size < 2) return 0;
    ++counts.seen;
    const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
    const auto api = static_cast<RemoteApi>(data[0] % 4);
    constexpr const char* types[] = {"text/event-stream", "application/x-ndjson",
                                     "application/json", "text/plain"};
    const HttpHead head{(data[0] & 128U) != 0 ? 400 : 200,
                        {{"content-type", types[(data[0] >> 2U) % 4]}}};
    const auto whole = read_in_pieces(api, head, body, body.size() + 1);
    const auto pieces = read_in_pieces(api, head, body, 1U + data[1]);
    require(whole.has_failed == pieces.has_failed);
    if (!whole.has_failed) {
        require(whole.text == pieces.text && whole.is_last == pieces.is_last);
        ++counts.passed;
    }
    // A part of a stream says a part of it.
    const auto part = read_in_pieces(api, head, body.substr(0, body.size() / 2), 64);
    if (!whole.has_failed && !part.has_failed) require(whole.text.starts_with(part.text));
    (void)facts_in(api, body, "m");
    (void)window_in_props(body);
    if (const auto files = hub_files_in(body)) {
        for (const auto& file : *files)
            require(file.path.find("..") == std::string::npos || !file.path.starts_with('/'));
    }
    return 0;
}
