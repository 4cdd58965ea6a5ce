// SPDX-License-Identifier: 0BSD
// Histories from foreign bytes: never a crash, and every story that is made of them holds by the
// store's own rules. The first line says how they are read: a format's name, and behind a space a
// map, or nothing. Seeds: corpus/import.
#include "exchange/import.h"
#include "store/check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace fabula::exchange;

// What the importer would add, past its own check: the rules of joining must hold by themselves,
// but for texts that nobody may keep (a NUL), settings and lengths, which the check is there for.
void join(const std::string& text, const FieldMap& map) {
    const auto documents = json_documents(text);
    while (auto document = documents->next()) {
        if (!document->value) {
            const std::string& message = document->value.error().message;
            if (message.empty() || message.find('\n') != std::string::npos) std::abort();
            continue;
        }
        const auto foreign = story_from(*document->value, map, document->line);
        if (!foreign) continue;
        const auto made = built(*foreign, {});
        if (made.story.offers.empty()) continue;
        const auto sound = fabula::store::check_story(made.story);
        if (sound) continue;
        const std::string& fault = sound.error().message;
        for (const std::string_view allowed : {"NUL at byte", "are kept", "no token id"}) {
            if (fault.find(allowed) != std::string::npos) return;
        }
        std::abort();
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view all(reinterpret_cast<const char*>(data), size);
    const std::string_view head = all.substr(0, all.find('\n'));
    const std::string text(all.substr(std::min(head.size() + 1, all.size())));
    ImportOptions options;
    const auto format = format_named(head.substr(0, head.find(' ')));
    if (format) options.format = *format;
    if (head.find(' ') != std::string_view::npos) {
        auto map = map_from_json(head.substr(head.find(' ') + 1));
        if (map) options.map = *std::move(map);
    }
    const auto report = import_histories(text, options, {});
    if (report) {
        std::size_t skipped = 0;
        for (const auto& [kind, n] : report->skipped_by_kind)
            skipped += n;
        if (skipped != report->skipped || report->first_skipped.size() > most_told) std::abort();
    }
    const FieldMap map = options.map ? *options.map : standard_map(Format::json);
    if (!map.steps.empty()) join(text, map);
    return 0;
}
