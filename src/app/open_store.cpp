// SPDX-License-Identifier: 0BSD
#include "app/open_store.h"

#include "app/paths.h"

#include <algorithm>
#include <charconv>
#include <iostream>

namespace fabula::app {

Result<std::unique_ptr<store::Store>> open_store(const Configuration& configuration) {
    const auto& named = configuration.text("db");
    return store::open_sqlite(
        named.empty() ? default_database() : named, 10000,
        [](std::string_view words) { std::cerr << "fabula: " << words << std::endl; });
}

Result<store::StoryId> find_story(store::Store& store, const std::string& name) {
    if (name == "last") {
        const auto stories = store.list();
        if (!stories) return stories.error();
        if (stories->empty()) return Error{ErrorCode::not_found, "there is no story yet"};
        return std::max_element(stories->begin(), stories->end(),
                                [](const auto& a, const auto& b) { return a.changed < b.changed; })
            ->record.id;
    }
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (failure != std::errc() || end != name.data() + name.size() || number < 1)
        return Error{ErrorCode::invalid_input,
                     "'" + name + "' is no story: a number from `fabula story list`, or last"};
    return static_cast<store::StoryId>(number);
}

}  // namespace fabula::app
