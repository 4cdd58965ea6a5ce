// SPDX-License-Identifier: 0BSD
#include "serve/asked.h"
#include "store/bounded_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <utility>

namespace fabula::serve {
namespace {

using Json = nlohmann::json;

constexpr store::JsonBounds bounds{
    .size_bytes = std::size_t{4} << 20, .depth = 16, .values = 100'000};
constexpr std::int64_t most_number = std::int64_t{1} << 53;

// The members of an object, asked for one by one: the first trouble is kept, and a member that
// nobody asked for is one.
class Members {
public:
    explicit Members(std::string_view json) {
        const auto sound = store::check_bounds(json, bounds);
        if (!sound) {
            fail("the body: " + sound.error().message);
            return;
        }
        json_ = Json::parse(json, nullptr, false);
        if (!json_.is_object()) fail("the body is no JSON object");
    }

    std::string text(const char* name, bool is_required = false) {
        const Json* value = find(name, is_required);
        if (value == nullptr) return "";
        if (!value->is_string()) {
            fail(std::string(name) + " is no text");
            return "";
        }
        return value->get<std::string>();
    }

    std::optional<std::string> optional_text(const char* name) {
        if (!has(name)) {
            known_.insert(name);
            return std::nullopt;
        }
        return text(name);
    }

    /// A whole number in [least, most].
    std::optional<std::int64_t> number(const char* name, std::int64_t least, std::int64_t most,
                                       bool is_required = false) {
        const Json* value = find(name, is_required);
        if (value == nullptr) return std::nullopt;
        const bool fits = value->is_number_unsigned()
                              ? value->get<std::uint64_t>() <= static_cast<std::uint64_t>(most)
                              : value->is_number_integer();
        const std::int64_t number = fits ? value->get<std::int64_t>() : 0;
        if (!fits || number < least || number > most) {
            fail(std::string(name) + " is no whole number from " + std::to_string(least) + " to " +
                 std::to_string(most));
            return std::nullopt;
        }
        return number;
    }

    std::optional<double> seconds(const char* name) {
        const Json* value = find(name, false);
        if (value == nullptr) return std::nullopt;
        const double number = value->is_number() ? value->get<double>() : -1;
        if (!std::isfinite(number) || number < 0 || number > 1e9) {
            fail(std::string(name) + " is no number of seconds");
            return std::nullopt;
        }
        return number;
    }

    /// An unsigned number of 64 bits, in a string or as a number.
    std::optional<std::uint64_t> wide_number(const char* name) {
        const Json* value = find(name, false);
        if (value == nullptr) return std::nullopt;
        if (value->is_number_unsigned()) return value->get<std::uint64_t>();
        std::uint64_t number = 0;
        if (value->is_string()) {
            const auto& digits = value->get_ref<const std::string&>();
            const char* const end = digits.data() + digits.size();
            const auto [rest, code] = std::from_chars(digits.data(), end, number);
            if (code == std::errc{} && rest == end && !digits.empty()) return number;
        }
        fail(std::string(name) + " is no whole number below 2^64");
        return std::nullopt;
    }

    std::vector<std::size_t> indices(const char* name) {
        const Json* value = find(name, false);
        std::vector<std::size_t> found;
        if (value == nullptr) return found;
        if (value->is_array()) {
            for (const auto& each : *value) {
                if (!each.is_number_unsigned() || each.get<std::uint64_t>() > 100'000) break;
                found.push_back(each.get<std::size_t>());
            }
        }
        if (!value->is_array() || found.size() != value->size())
            fail(std::string(name) + " is no list of candidates");
        return found;
    }

    /// The text of an object, for somebody else to read.
    std::string object(const char* name, bool is_required = false) {
        const Json* value = find(name, is_required);
        if (value == nullptr) return "";
        if (!value->is_object()) {
            fail(std::string(name) + " is no object");
            return "";
        }
        return value->dump();
    }

    /// One line, whatever the foreign words in it.
    void fail(std::string message) {
        std::replace_if(
            message.begin(), message.end(),
            [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
        if (!trouble_) trouble_ = std::move(message);
    }

    template <typename T>
    Result<T> read(T asked) {
        if (!trouble_) {
            for (const auto& [name, value] : json_.items()) {
                if (!known_.contains(name)) fail("'" + name + "' is not known here");
            }
        }
        if (trouble_) return Error{ErrorCode::invalid_input, *std::move(trouble_)};
        return asked;
    }

private:
    bool has(const char* name) const {
        const auto found = json_.find(name);
        return !trouble_ && found != json_.end() && !found->is_null();
    }

    const Json* find(const char* name, bool is_required) {
        known_.insert(name);
        if (has(name)) return &*json_.find(name);
        if (is_required) fail(std::string(name) + " is missing");
        return nullptr;
    }

    Json json_ = Json::object();
    std::set<std::string, std::less<>> known_;
    std::optional<std::string> trouble_;
};

std::optional<std::size_t> to_size(std::optional<std::int64_t> number) {
    if (!number) return std::nullopt;
    return static_cast<std::size_t>(*number);
}

constexpr std::int64_t most_passage = UINT32_MAX;
constexpr std::int64_t most_index = 100'000;

std::optional<story::PassageId> passage(Members& members, const char* name, bool is_required) {
    const auto number = members.number(name, 0, most_passage, is_required);
    if (!number) return std::nullopt;
    return static_cast<story::PassageId>(*number);
}

}  // namespace

Result<AskedStory> asked_story(std::string_view json) {
    Members members(json);
    AskedStory asked;
    asked.prompt = members.text("prompt", true);
    asked.title = members.text("title");
    asked.seed = members.wide_number("seed");
    asked.instruction = members.text("instruction");
    return members.read(std::move(asked));
}

Result<AskedOffer> asked_offer(std::string_view json) {
    Members members(json);
    AskedOffer asked;
    asked.candidates = to_size(members.number("candidates", 1, 8));
    asked.settings = members.object("settings");
    asked.policy = members.text("policy");
    asked.preset = members.text("preset");
    asked.parent = passage(members, "parent", false);
    asked.user = members.text("user");
    return members.read(std::move(asked));
}

Result<AskedRedraw> asked_redraw(std::string_view json) {
    Members members(json);
    AskedRedraw asked;
    asked.replaces = to_size(members.number("replaces", 0, most_index));
    asked.settings = members.object("settings");
    asked.policy = members.text("policy");
    asked.preset = members.text("preset");
    asked.user = members.text("user");
    return members.read(std::move(asked));
}

Result<AskedChoice> asked_choice(std::string_view json) {
    Members members(json);
    AskedChoice asked;
    asked.offer = members.number("offer", 1, most_number, true).value_or(0);
    asked.index = to_size(members.number("index", 0, most_index));
    asked.text = members.optional_text("text");
    asked.reason = members.text("reason");
    asked.user = members.text("user");
    asked.shown = members.indices("shown");
    asked.seconds = members.seconds("seconds");
    asked.head = passage(members, "head", false);
    return members.read(std::move(asked));
}

Result<AskedPassage> asked_passage(std::string_view json) {
    Members members(json);
    AskedPassage asked;
    asked.parent = passage(members, "parent", true).value_or(story::PassageId::root);
    asked.text = members.text("text", true);
    const auto origin = members.text("origin");
    if (origin == "edited")
        asked.origin = story::Origin::edited;
    else if (!origin.empty() && origin != "written")
        members.fail("origin is 'written' or 'edited', not '" + origin + "'");
    return members.read(std::move(asked));
}

Result<AskedMove> asked_move(std::string_view json) {
    Members members(json);
    AskedMove asked;
    const auto kind = members.text("kind", true);
    asked.is_undo = kind == "undo";
    if (!kind.empty() && kind != "undo" && kind != "jump")
        members.fail("kind is 'undo' or 'jump', not '" + kind + "'");
    asked.to = passage(members, "to", !asked.is_undo);
    return members.read(asked);
}

Result<AskedRating> asked_rating(std::string_view json) {
    Members members(json);
    AskedRating asked;
    asked.offer = members.number("offer", 1, most_number, true).value_or(0);
    asked.index = to_size(members.number("index", 0, most_index, true)).value_or(0);
    asked.rating = static_cast<int>(members.number("rating", -1, 1, true).value_or(0));
    asked.reason = members.text("reason");
    asked.user = members.text("user");
    return members.read(std::move(asked));
}

Result<AskedNotes> asked_notes(std::string_view json) {
    Members members(json);
    AskedNotes asked;
    asked.memory = members.text("memory");
    asked.author_note = members.text("author_note");
    return members.read(std::move(asked));
}

Result<std::string> asked_preset(std::string_view json) {
    Members members(json);
    auto settings = members.object("settings", true);
    return members.read(std::move(settings));
}

}  // namespace fabula::serve
