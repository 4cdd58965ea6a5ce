// SPDX-License-Identifier: 0BSD
#include "engine/prompt.h"

#include "engine/drawn_text.h"
#include "model/candidate_text.h"

#include <algorithm>
#include <optional>
#include <unordered_set>

namespace fabula::engine {
namespace {

constexpr std::size_t frame_tokens = 96;  // room for a chat template's own words and BOS

// A note as the model reads it, on a line of its own. The first late one stands behind a sentence,
// where no line ends; its line break is how it is told from those at the front.
std::string rendered(const story::Note& note, bool is_first_late) {
    return (is_first_late ? "\n[" : "[") + note.text + "]\n";
}

std::optional<story::Note> note_of(const store::PromptBlock& block) {
    const auto kind = story::part_kind_named(block.kind);
    if (!kind || (*kind != story::PartKind::memory && *kind != story::PartKind::lore)) return {};
    const auto begin = block.text.find('[');
    const auto end = block.text.rfind(']');
    if (begin == std::string::npos || end == std::string::npos || end <= begin) return {};
    return story::Note{*kind, block.text.substr(begin + 1, end - begin - 1)};
}

// The offers that the passages from `end` back to the opening were taken from, newest first.
std::vector<const store::OfferRecord*> offers_before(const store::Story& story,
                                                     story::PassageId end) {
    std::vector<const store::OfferRecord*> offers;
    for (auto id = end; id != story::PassageId::root; id = story.tree.at(id).parent) {
        if (const auto* const offer = offer_of(story, id)) offers.push_back(offer);
    }
    return offers;
}

bool has_note(const store::OfferRecord& offer, const story::Note& note) {
    return std::any_of(offer.prompt.begin(), offer.prompt.end(),
                       [&](const auto& block) { return note_of(block) == note; });
}

// Whether nothing of the story stands between two places.
bool is_next(const story::Tree& tree, const story::StoryPlace& end,
             const story::StoryPlace& begin) {
    if (end == begin) return true;
    if (begin.byte != 0 || end.byte != tree.at(end.passage).text.size()) return false;
    auto id = begin.passage;
    while (id != story::PassageId::root && id != end.passage) {
        id = tree.at(id).parent;
        if (id != end.passage && !tree.at(id).text.empty()) return false;
    }
    return id == end.passage;
}

// How the prompt of an offer was laid out; empty for offers of which that was not kept.
std::optional<story::PromptBefore> layout_of(const story::Tree& tree,
                                             const store::OfferRecord& offer) {
    story::PromptBefore before;
    std::optional<story::StoryPlace> behind;  // what of the story came last
    bool is_late = false;
    for (const auto& block : offer.prompt) {
        if (const auto note = note_of(block)) {
            is_late = is_late || block.text.starts_with('\n');
            if (!is_late) before.front.push_back(*note);
            continue;
        }
        if (block.kind == story::name_of(story::PartKind::gap)) continue;
        if (!block.passage || !tree.has(*block.passage)) return {};
        const story::StoryPlace begin{*block.passage, block.begin};
        const bool goes_on = behind ? is_next(tree, *behind, begin) : begin == story::StoryPlace{};
        if (!goes_on) before.cut = begin;
        behind = {*block.passage, block.begin + block.text.size()};
    }
    return before;
}

Result<std::size_t> budget(int max_new_tokens, const model::ModelInfo& info) {
    const auto answer = static_cast<std::size_t>(model::most_tokens(max_new_tokens)) + 2;
    if (answer + 8 > info.window_tokens)
        return Error{ErrorCode::invalid_input, "max_new_tokens " + std::to_string(max_new_tokens) +
                                                   " (up to " + std::to_string(answer) +
                                                   " with the end of the sentence) leaves no room "
                                                   "for the story: the window of model '" +
                                                   info.name + "' has " +
                                                   std::to_string(info.window_tokens) + " tokens"};
    return info.window_tokens - answer;
}

// The room for the story and the notes.
Result<std::size_t> room_for(const store::Story& story, const PromptOptions& options,
                             const model::Generator& generator) {
    auto room = budget(options.max_new_tokens, generator.info());
    if (!room || options.chat == Chat::off) return room;
    const auto words = generator.measure({story.record.system + story.record.instruction, {}});
    if (!words) return words.error();
    const std::size_t frame = *words + frame_tokens;
    if (frame >= *room)
        return Error{ErrorCode::invalid_input,
                     "the system line and the instruction take " + std::to_string(*words) +
                         " tokens and leave no room for the story: make them shorter"};
    return *room - frame;
}

std::vector<std::size_t> ages_of(const std::vector<story::Note>& notes,
                                 const std::vector<const store::OfferRecord*>& offers) {
    std::vector<std::size_t> ages;
    ages.reserve(notes.size());
    for (const auto& note : notes) {
        const auto without = std::find_if(offers.begin(), offers.end(), [&](const auto* offer) {
            return !has_note(*offer, note);
        });
        ages.push_back(static_cast<std::size_t>(without - offers.begin()));
    }
    return ages;
}

// Parts of a plan as blocks of a prompt, and how long they are.
class PartWriter {
public:
    PartWriter(const store::Story& story, const PromptOptions& options,
               const model::Generator& generator)
        : texts_(story, generator), notes_(options.notes), generator_(generator) {}

    std::vector<store::PromptBlock> blocks(const story::PromptPart& part) {
        if (!part.is_note() && part.kind != story::PartKind::gap)
            return texts_.blocks(part.begin, part.end);
        store::PromptBlock block;
        block.kind = story::name_of(part.kind);
        block.text = part.is_note() ? rendered(notes_[part.note], part.is_first_late) : "\n";
        return {std::move(block)};
    }

    /// 0 where the generator cannot say; then there is a failure.
    std::size_t tokens(const story::PromptPart& part) {
        std::size_t sum = 0;
        for (const auto& block : blocks(part)) {
            const auto measured = generator_.measure({block.text, block.ids});
            if (!measured) failure_ = measured.error();
            sum += measured ? *measured : 0;
        }
        return sum;
    }

    std::size_t seam(const story::StoryPlace& place) { return texts_.seam(place); }
    const std::optional<Error>& failure() const { return failure_; }

private:
    DrawnText texts_;
    const std::vector<story::Note>& notes_;
    const model::Generator& generator_;
    std::optional<Error> failure_;
};

StoryPrompt made_of(const story::PromptPlan& plan, const store::Story& story,
                    const PromptOptions& options, PartWriter& writer) {
    StoryPrompt made;
    made.prompt.chat = options.chat == Chat::on;
    if (made.prompt.chat) {
        made.prompt.system = story.record.system;
        made.prompt.instruction = story.record.instruction;
    }
    for (const auto& part : plan.parts) {
        for (auto& block : writer.blocks(part)) {
            made.prompt.blocks.push_back({block.text, block.ids});
            made.blocks.push_back({std::move(block), part.is_late, part.why});
        }
    }
    made.tokens = plan.tokens;
    made.omitted_bytes = plan.omitted_bytes;
    for (const std::size_t note : plan.left_out)
        made.left_out.push_back(options.notes[note]);
    return made;
}

}  // namespace

std::vector<story::Note> last_notes(const store::Story& story) {
    std::vector<story::Note> notes;
    if (story.offers.empty()) return notes;
    for (const auto& block : story.offers.back().prompt) {
        if (auto note = note_of(block)) notes.push_back(*std::move(note));
    }
    return notes;
}

std::vector<story::Note> notes_in(std::string_view text, story::PartKind kind) {
    constexpr std::string_view space = " \t\r";
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    std::vector<story::Note> notes;
    std::unordered_set<std::string> known;
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        line.remove_prefix(std::min(line.size(), line.find_first_not_of(space)));
        line = line.substr(0, line.find_last_not_of(space) + 1);
        if (line.size() > 2 && line.front() == '[' && line.back() == ']')
            line = line.substr(1, line.size() - 2);  // they get brackets anyhow
        const story::Note note{kind, std::string(line)};
        if (!line.empty() && known.insert(note.text).second) notes.push_back(note);
    }
    return notes;
}

Result<StoryPrompt> make_prompt(const store::Story& story, story::PassageId end,
                                const PromptOptions& options, const model::Generator& generator) {
    const auto room = room_for(story, options, generator);
    if (!room) return room.error();
    if (!story.tree.has(end)) return Error{ErrorCode::not_found, "there is no such passage"};
    const auto offers = offers_before(story, end);
    story::PromptRequest request{end, *room, options.notes, ages_of(options.notes, offers), {}};
    if (!offers.empty()) request.before = layout_of(story.tree, *offers.front());

    PartWriter writer(story, options, generator);
    const auto plan =
        story::plan_prompt(story.tree, request,
                           {[&](const story::PromptPart& part) { return writer.tokens(part); },
                            [&](const story::StoryPlace& place) { return writer.seam(place); }});
    if (writer.failure()) return *writer.failure();
    if (!plan) return plan.error();
    return made_of(*plan, story, options, writer);
}

Result<Unit> check_opening(std::string_view opening, int max_new_tokens,
                           const model::Generator& generator) {
    const auto room = budget(max_new_tokens, generator.info());
    if (!room) return room.error();
    const auto tokens = generator.measure({std::string(opening), {}});
    if (!tokens) return tokens.error();
    if (*tokens <= *room) return Unit{};
    return Error{ErrorCode::invalid_input,
                 "the prompt takes " + std::to_string(*tokens) + " tokens; the window of model '" +
                     generator.info().name + "' has room for " + std::to_string(*room) +
                     " beside an answer of " + std::to_string(max_new_tokens) +
                     ": shorten it or use a model with a longer window"};
}

}  // namespace fabula::engine
