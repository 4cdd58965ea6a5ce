// SPDX-License-Identifier: 0BSD
// Presets of other programs: never a crash, a refusal is one line, and what is accepted holds.
// Seeds: corpus/foreign_settings.
#include "sample/foreign_settings.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

struct Counts {
    unsigned long seen = 0;
    unsigned long passed = 0;

    Counts() = default;
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;
    ~Counts() { std::fprintf(stderr, "first check: %lu of %lu passed\n", passed, seen); }
};

}  // namespace

// The name is libFuzzer's.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fabula::sample;
    static Counts counts;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto found = settings_from_foreign(text);
    ++counts.seen;
    if (!found) {
        const auto& message = found.error().message;
        if (message.empty() || message.find('\n') != std::string::npos) std::abort();
        return 0;
    }
    ++counts.passed;
    if (!validate(found->settings)) std::abort();
    return 0;
}
