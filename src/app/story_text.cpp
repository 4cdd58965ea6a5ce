// SPDX-License-Identifier: 0BSD
#include "app/story_text.h"

#include "app/terminal.h"
#include "base/width.h"

#include <fmt/format.h>

#include <algorithm>

namespace fabula::app {
namespace {

std::string text_to_head(const store::Story& story) {
    const auto text = story.tree.read(story.head());
    return text ? *text : "";  // head() is always in the tree
}

std::string one_line(std::string text, std::size_t columns) {
    text = printable_line(text);
    const auto begin = text.find_first_not_of(' ');
    text = begin == std::string::npos ? "" : text.substr(begin);
    if (columns_of(text) <= columns) return text;
    return std::string(first_columns(text, columns - 1)) + "\xE2\x80\xA6";
}

std::size_t n_offered(const store::Story& story, story::PassageId parent) {
    std::size_t n = 0;
    for (const auto& offer : story.offers)
        n += offer.parent == parent ? offer.candidates.size() : 0;
    return n;
}

std::string tree_line(const store::Story& story, story::PassageId id, std::size_t depth,
                      std::size_t columns) {
    const auto& passage = story.tree.at(id);
    const std::string head =
        fmt::format("{}{:>3}{} ", std::string(2 * depth, ' '), static_cast<std::uint32_t>(id),
                    id == story.head() ? " >" : "  ");
    const std::size_t offered = n_offered(story, id);
    std::string note = story::name_of(passage.origin);
    if (offered > 0) note += fmt::format(", {} offered behind it", offered);
    const std::size_t room =
        columns > head.size() + note.size() + 12 ? columns - head.size() - note.size() - 4 : 20;
    return head + one_line(passage.text, room) + "  (" + note + ")\n";
}

}  // namespace

std::string story_as_text(const store::Story& story) {
    return text_to_head(story) + "\n";
}

std::string story_as_markdown(const store::Story& story) {
    std::string title = story.record.title;
    std::replace(title.begin(), title.end(), '\n', ' ');
    std::string out = "# " + title + "\n";
    const std::string text = text_to_head(story);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (end > begin) out += "\n" + text.substr(begin, end - begin) + "\n";
        begin = end + 1;
    }
    return out;
}

std::string story_as_tree(const store::Story& story, std::size_t columns) {
    std::string out;
    struct Place {
        story::PassageId id;
        std::size_t depth;
    };
    std::vector<Place> open{{story::PassageId::root, 0}};
    while (!open.empty()) {
        const auto [id, depth] = open.back();
        open.pop_back();
        out += tree_line(story, id, depth, columns);
        auto children = story.tree.children(id);
        const std::size_t below = children.size() > 1 ? depth + 1 : depth;
        std::reverse(children.begin(), children.end());
        for (const auto child : children)
            open.push_back({child, below});
    }
    return out;
}

}  // namespace fabula::app
