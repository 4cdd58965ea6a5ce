// SPDX-License-Identifier: 0BSD
#include "app/open_store.h"

#include "app/paths.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>

namespace fabula::app {

std::string database_of(const Configuration& configuration) {
    const auto& named = configuration.text("db");
    return named.empty() ? default_database() : named;
}

Result<bool> has_database(const Configuration& configuration) {
    const std::string where = database_of(configuration);
    if (store::is_postgres(where)) return store::has_stories_tables(where);
    std::error_code ignored;  // what cannot be looked at is told by opening it
    return std::filesystem::exists(where, ignored) || ignored;
}

Result<std::unique_ptr<store::Store>> open_store(const Configuration& configuration) {
    return store::open_store(database_of(configuration), 10000, [](std::string_view words) {
        std::cerr << "fabula: " << words << std::endl;
    });
}

std::string user_of(const Configuration& configuration) {
    if (configuration.is_set("user")) return configuration.text("user");
    return process_environment("USER").value_or(process_environment("LOGNAME").value_or(""));
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
