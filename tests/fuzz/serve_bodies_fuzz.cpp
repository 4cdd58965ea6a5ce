// SPDX-License-Identifier: 0BSD
// The bodies that `fabula serve` reads: the first byte says which, the rest is the body. Never a
// crash; what is refused is refused in one line, and what is read lies in its bounds.
#include "serve/asked.h"
#include "serve/completion.h"
#include "serve/story_feed.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using namespace fabula;

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

// Whether it got past the look at its form.
template <typename T>
bool checked(const Result<T>& result) {
    if (result) return true;
    const auto& message = result.error().message;
    require(!message.empty() && message.find('\n') == std::string::npos);
    return !message.starts_with("the body");
}

bool read(std::uint8_t kind, std::string_view body) {
    switch (kind % 11) {
        case 0:
            return checked(serve::asked_story(body));
        case 1: {
            const auto asked = serve::asked_offer(body);
            if (asked && asked->candidates)
                require(*asked->candidates >= 1 && *asked->candidates <= 8);
            return checked(asked);
        }
        case 2:
            return checked(serve::asked_redraw(body));
        case 3: {
            const auto asked = serve::asked_choice(body);
            if (asked) require(asked->offer >= 1);
            return checked(asked);
        }
        case 4:
            return checked(serve::asked_passage(body));
        case 5:
            return checked(serve::asked_move(body));
        case 6: {
            const auto asked = serve::asked_rating(body);
            if (asked) require(asked->rating >= -1 && asked->rating <= 1);
            return checked(asked);
        }
        case 7:
            return checked(serve::asked_notes(body));
        case 8: {
            const auto asked = serve::asked_completion(body);
            if (asked) require(asked->n >= 1 && asked->n <= 8 && sample::validate(asked->settings));
            return checked(asked);
        }
        case 9: {
            const auto asked = serve::asked_chat(body, (kind & 16U) != 0);
            if (asked) require(asked->n >= 1 && asked->n <= 8 && sample::validate(asked->settings));
            return checked(asked);
        }
        default:
            if (const auto id = serve::parse_event_id(body))
                require(serve::parse_event_id(serve::event_id(id->epoch, id->number))->number ==
                        id->number);
            return checked(serve::asked_preset(body));
    }
}

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Counts counts;
    if (size == 0) return 0;
    ++counts.seen;
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    counts.passed += read(data[0], body) ? 1U : 0U;
    return 0;
}
