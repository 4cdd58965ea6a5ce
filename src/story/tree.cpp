// SPDX-License-Identifier: 0BSD
#include "story/tree.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace fabula::story {
namespace {

Error unknown_passage(PassageId id) {
    return {ErrorCode::not_found,
            "passage " + std::to_string(static_cast<std::uint32_t>(id)) + " is not in this story"};
}

}  // namespace

const char* name_of(Origin origin) {
    switch (origin) {
        case Origin::opening:
            return "opening";
        case Origin::generated:
            return "generated";
        case Origin::written:
            return "written";
        case Origin::edited:
            return "edited";
    }
    return "unknown";
}

Result<Origin> origin_named(std::string_view name) {
    for (const auto origin :
         {Origin::opening, Origin::generated, Origin::written, Origin::edited}) {
        if (name == name_of(origin)) return origin;
    }
    return Error{ErrorCode::invalid_input, "no origin of a passage is called '" +
                                               std::string(name) +
                                               "': opening, generated, written or edited"};
}

Tree::Tree(std::string opening)
    : passages_{{PassageId::root, Origin::opening, std::move(opening)}} {}

Result<PassageId> Tree::add(PassageId parent, Origin origin, std::string text) {
    if (!has(parent)) return unknown_passage(parent);
    passages_.push_back({parent, origin, std::move(text)});
    return static_cast<PassageId>(passages_.size() - 1);
}

Result<std::vector<PassageId>> Tree::path(PassageId end) const {
    if (!has(end)) return unknown_passage(end);
    std::vector<PassageId> path;
    for (auto id = end;; id = at(id).parent) {
        path.push_back(id);
        if (id == PassageId::root) break;
    }
    std::reverse(path.begin(), path.end());
    return path;
}

Result<std::string> Tree::read(PassageId end) const {
    const auto ids = path(end);
    if (!ids) return ids.error();
    std::string text;
    for (const auto id : *ids)
        text += at(id).text;
    return text;
}

std::vector<PassageId> Tree::children(PassageId id) const {
    std::vector<PassageId> found;
    for (std::size_t i = 1; i < passages_.size(); ++i) {
        if (passages_[i].parent == id) found.push_back(static_cast<PassageId>(i));
    }
    return found;
}

std::size_t Tree::sibling_index(PassageId id) const {
    assert(has(id));
    std::size_t before = 0;
    for (std::size_t i = 1; i < static_cast<std::size_t>(id); ++i)
        before += passages_[i].parent == at(id).parent ? 1 : 0;
    return before;
}

std::size_t Tree::step(PassageId id) const {
    assert(has(id));
    std::size_t steps = 0;
    for (; id != PassageId::root; id = at(id).parent)
        ++steps;
    return steps;
}

}  // namespace fabula::story
