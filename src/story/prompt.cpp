// SPDX-License-Identifier: 0BSD
#include "story/prompt.h"

#include "base/sentences.h"

#include <algorithm>
#include <utility>

namespace fabula::story {
namespace {

// Behind notes that change stands at least so much of the newest text, so that the model goes on
// with the story and not with the notes.
constexpr std::size_t recent_tokens = 48;

constexpr std::size_t most_notes_share = 2;  // half of the budget

constexpr std::size_t least_filled =
    4;  // a cut that leaves less than a quarter of the room is stale

/// The line of passages that a prompt is made of, cut into sentences where that is asked for.
class Line {
public:
    Line(const Tree& tree, std::vector<PassageId> path, const Ruler& ruler)
        : tree_(tree), path_(std::move(path)), ruler_(ruler) {}

    std::size_t size() const { return path_.size(); }
    PassageId at(std::size_t index) const { return path_[index]; }
    const std::string& text(std::size_t index) const { return tree_.at(path_[index]).text; }

    /// Where passage `id` stands in the line, or nothing.
    std::optional<std::size_t> index_of(PassageId id) const {
        const auto found = std::find(path_.begin(), path_.end(), id);
        if (found == path_.end()) return {};
        return static_cast<std::size_t>(found - path_.begin());
    }

    PromptPart part(std::size_t index, std::size_t begin, std::size_t end) const {
        PromptPart part;
        part.kind = path_[index] == PassageId::root ? PartKind::opening : PartKind::story;
        part.begin = {path_[index], begin};
        part.end = end;
        part.tokens = begin < end ? ruler_.tokens(part) : 0;
        return part;
    }

    /// The places where a sentence of the passage begins, at seams, with the white space before it;
    /// ascending, 0 the first. A sentence that begins inside a token is passed over.
    std::vector<std::size_t> begins(std::size_t index) const {
        const std::string& whole = text(index);
        if (whole.empty()) return {};
        std::vector<std::size_t> begins{0};
        for (const auto next : sentence_ends(whole)) {
            if (next >= whole.size()) break;
            const std::size_t end = whole.find_last_not_of(" \t\r\n", next - 1) + 1;
            const std::size_t seam = ruler_.seam({path_[index], end});
            if (seam > begins.back() && seam <= next && seam < whole.size()) begins.push_back(seam);
        }
        return begins;
    }

    struct Suffix {
        StoryPlace begin;
        std::size_t tokens = 0;
    };
    /// The longest end of the line, from a sentence on, that takes at most `most`; the last
    /// sentence where not even that does.
    Suffix longest_within(std::size_t most) const;
    /// The shortest end of the line, from a sentence on, that takes at least `least`; all of it
    /// where it takes less. From a word on where the sentence would take more than twice as much.
    Suffix shortest_with(std::size_t least) const;

    Suffix from_a_word(std::size_t index, std::size_t begin, std::size_t behind,
                       std::size_t least) const;

    /// The parts between two places, the second past the end where it is empty.
    std::vector<PromptPart> parts(const StoryPlace& from,
                                  const std::optional<StoryPlace>& to) const;
    std::size_t bytes_before(const StoryPlace& place) const;
    /// Whether `a` stands before `b`.
    bool is_before(const StoryPlace& a, const StoryPlace& b) const {
        return std::pair(index_of(a.passage), a.byte) < std::pair(index_of(b.passage), b.byte);
    }
    /// The next place at which a sentence begins, or nothing.
    std::optional<StoryPlace> next_begin(const StoryPlace& place) const;

private:
    const Tree& tree_;
    std::vector<PassageId> path_;
    const Ruler& ruler_;
};

Line::Suffix Line::longest_within(std::size_t most) const {
    Suffix found{{path_.back(), 0}, 0};
    for (std::size_t index = size(); index-- > 0;) {
        const std::size_t whole = part(index, 0, text(index).size()).tokens;
        if (found.tokens + whole <= most) {
            found = {{path_[index], 0}, found.tokens + whole};
            continue;
        }
        const std::size_t behind = found.tokens;
        const auto all = begins(index);
        for (auto begin = all.rbegin(); begin != all.rend(); ++begin) {
            const std::size_t tokens = behind + part(index, *begin, text(index).size()).tokens;
            const bool is_first = behind == 0 && begin == all.rbegin();
            if (tokens > most && !is_first) break;
            found = {{path_[index], *begin}, tokens};
            if (tokens > most) break;
        }
        break;
    }
    return found;
}

Line::Suffix Line::shortest_with(std::size_t least) const {
    Suffix found;
    for (std::size_t index = size(); index-- > 0;) {
        const std::size_t behind = found.tokens;
        auto all = begins(index);
        std::reverse(all.begin(), all.end());
        for (const std::size_t begin : all) {
            found = {{path_[index], begin}, behind + part(index, begin, text(index).size()).tokens};
            if (found.tokens > 2 * least) return from_a_word(index, begin, behind, least);
            if (found.tokens >= least) return found;
        }
    }
    return found;
}

// Of the words behind `begin` the last one from which on there are at least `least` tokens,
// `behind` of them in later passages.
Line::Suffix Line::from_a_word(std::size_t index, std::size_t begin, std::size_t behind,
                               std::size_t least) const {
    const std::string& whole = text(index);
    std::vector<std::size_t> words{begin};
    for (std::size_t at = begin + 1; at < whole.size(); ++at) {
        if (whole[at] != ' ' && whole[at] != '\n') continue;
        const std::size_t seam = ruler_.seam({path_[index], at});
        if (seam > words.back() && seam < whole.size()) words.push_back(seam);
    }
    const auto tokens_from = [&](std::size_t place) {
        return behind + part(index, place, whole.size()).tokens;
    };
    const auto too_late =
        std::partition_point(words.begin() + 1, words.end(),
                             [&](std::size_t place) { return tokens_from(place) >= least; });
    const std::size_t place = *(too_late - 1);
    return {{path_[index], place}, tokens_from(place)};
}

std::vector<PromptPart> Line::parts(const StoryPlace& from,
                                    const std::optional<StoryPlace>& to) const {
    std::vector<PromptPart> found;
    const std::size_t first = index_of(from.passage).value_or(0);
    const std::size_t last = to ? index_of(to->passage).value_or(size() - 1) : size() - 1;
    for (std::size_t index = first; index <= last; ++index) {
        const std::size_t begin = index == first ? from.byte : 0;
        const std::size_t end = to && index == last ? to->byte : text(index).size();
        if (begin < end) found.push_back(part(index, begin, end));
    }
    return found;
}

std::size_t Line::bytes_before(const StoryPlace& place) const {
    std::size_t bytes = place.byte;
    for (std::size_t index = 0; index < size() && path_[index] != place.passage; ++index)
        bytes += text(index).size();
    return bytes;
}

std::optional<StoryPlace> Line::next_begin(const StoryPlace& place) const {
    for (std::size_t index = index_of(place.passage).value_or(size()); index < size(); ++index) {
        for (const std::size_t begin : begins(index)) {
            const StoryPlace next{path_[index], begin};
            if (is_before(place, next)) return next;
        }
    }
    return {};
}

std::size_t sum_of(const std::vector<PromptPart>& parts) {
    std::size_t tokens = 0;
    for (const auto& part : parts)
        tokens += part.tokens;
    return tokens;
}

void append(std::vector<PromptPart>& parts, std::vector<PromptPart> more) {
    for (auto& part : more)
        parts.push_back(std::move(part));
}

std::string steps(std::size_t n) {
    return std::to_string(n) + (n == 1 ? " step" : " steps");
}

class Planner {
public:
    Planner(Line line, const PromptRequest& request, const Ruler& ruler, std::size_t notes_share)
        : line_(std::move(line)), request_(request), ruler_(ruler), notes_share_(notes_share) {}

    Result<PromptPlan> plan();

private:
    void measure_notes();
    void place_notes();
    void promote(std::size_t cost_tokens);
    void find_opening();
    void find_cut();
    std::size_t kept_by_hop(std::size_t room) const;
    bool keeps_cut() const;
    bool cut_later();
    Result<PromptPlan> assembled();
    std::vector<PromptPart> story_parts(std::optional<StoryPlace> to) const;
    std::vector<PromptPart> note_parts(const std::vector<std::size_t>& notes, bool is_late) const;
    std::string why_note(std::size_t note, bool is_late) const;
    std::size_t age(std::size_t note) const {
        return note < request_.ages.size() ? request_.ages[note] : 0;
    }
    bool is_at_front(std::size_t note) const {
        return std::find(front_.begin(), front_.end(), note) != front_.end();
    }

    Line line_;
    const PromptRequest& request_;
    const Ruler& ruler_;

    std::size_t notes_share_;  // notes get one part in so many of the budget; 0: nothing
    std::vector<std::size_t> note_tokens_;  // of each note
    std::vector<bool> is_in_;
    std::vector<std::size_t> left_out_;
    std::vector<std::size_t> front_;  // numbers of notes
    std::vector<std::size_t> late_;
    bool is_front_broken_ = false;
    std::size_t room_ = 0;               // for the story
    std::optional<StoryPlace> opening_;  // where the opening that is kept ends
    std::size_t opening_tokens_ = 0;
    std::optional<StoryPlace> cut_;  // where the newest text begins; empty: nothing is left out
    bool has_hopped_ = false;
};

// Memory in its order, then lore, each that still fits.
void Planner::measure_notes() {
    const std::size_t most = notes_share_ > 0 ? request_.budget_tokens / notes_share_ : 0;
    const std::size_t n_notes = request_.notes.size();
    note_tokens_.assign(n_notes, 0);
    is_in_.assign(n_notes, false);
    std::size_t sum = 0;
    for (const PartKind kind : {PartKind::memory, PartKind::lore}) {
        for (std::size_t note = 0; note < n_notes; ++note) {
            if (request_.notes[note].kind != kind || sum >= most) continue;
            PromptPart part;
            part.kind = kind;
            part.note = note;
            part.is_late = part.is_first_late = true;  // which is not shorter
            note_tokens_[note] = ruler_.tokens(part);
            is_in_[note] = sum + note_tokens_[note] <= most;
            sum += is_in_[note] ? note_tokens_[note] : 0;
        }
    }
    for (std::size_t note = 0; note < n_notes; ++note) {
        if (!is_in_[note]) left_out_.push_back(note);
    }
    room_ = request_.budget_tokens - sum;
}

// Those that stood at the front and are still wanted stay there, in their order.
void Planner::place_notes() {
    const auto is_in = [&](std::size_t note) { return static_cast<bool>(is_in_[note]); };
    if (request_.before) {
        for (const Note& before : request_.before->front) {
            const auto found = std::find(request_.notes.begin(), request_.notes.end(), before);
            const auto note = static_cast<std::size_t>(found - request_.notes.begin());
            if (found != request_.notes.end() && is_in(note) && !is_at_front(note))
                front_.push_back(note);
            else
                is_front_broken_ = true;
        }
    }
    for (std::size_t note = 0; note < request_.notes.size(); ++note) {
        if (!is_in(note) || is_at_front(note)) continue;
        const bool begins = !request_.before && request_.notes[note].kind == PartKind::memory;
        (begins ? front_ : late_).push_back(note);
    }
}

// To the front with what has been the same for long.
void Planner::promote(std::size_t cost_tokens) {
    for (const std::size_t note : std::exchange(late_, {})) {
        const bool pays = age(note) > 0 && age(note) * note_tokens_[note] >= cost_tokens;
        (pays ? front_ : late_).push_back(note);
    }
}

// The first sentences, at most a quarter of the budget.
void Planner::find_opening() {
    const auto begins = line_.begins(0);
    for (std::size_t i = 1; i <= begins.size(); ++i) {
        const std::size_t end = i < begins.size() ? begins[i] : line_.text(0).size();
        const std::size_t tokens = line_.part(0, 0, end).tokens;
        if (tokens > request_.budget_tokens / 4) break;
        opening_ = StoryPlace{line_.at(0), end};
        opening_tokens_ = tokens;
    }
}

// Whether the newest text may begin where it did before.
bool Planner::keeps_cut() const {
    if (!request_.before || !request_.before->cut) return false;
    const StoryPlace& cut = *request_.before->cut;
    const auto index = line_.index_of(cut.passage);
    if (!index || cut.byte >= line_.text(*index).size()) return false;
    if (opening_ && line_.is_before(cut, *opening_)) return false;
    const std::size_t tokens = sum_of(line_.parts(cut, {}));
    return opening_tokens_ + tokens <= room_ && tokens * least_filled >= room_;
}

void Planner::find_cut() {
    std::size_t whole = 0;
    for (std::size_t index = line_.size(); index-- > 0 && whole <= room_;)
        whole += line_.part(index, 0, line_.text(index).size()).tokens;
    if (whole <= room_) return;
    find_opening();
    if (keeps_cut()) {
        cut_ = request_.before->cut;
        return;
    }
    has_hopped_ = true;
    const std::size_t room = room_ - std::min(room_, opening_tokens_);
    cut_ = line_.longest_within(kept_by_hop(room)).begin;
    if (opening_ &&
        line_.is_before(*cut_, *opening_)) {  // the last sentences are those of the opening
        opening_.reset();
        opening_tokens_ = 0;
    }
}

// How much of the room a hop leaves. Where passages are so long that the next one would hop again,
// nothing is gained by leaving less than fits; and a story that is new here has no cache to save.
std::size_t Planner::kept_by_hop(std::size_t room) const {
    if (!request_.before) return room / 4 * 3;
    const std::size_t newest = line_.size() - 1;
    const std::size_t passage = line_.part(newest, 0, line_.text(newest).size()).tokens;
    return passage * 3 > room ? room : room / 2;
}

std::string Planner::why_note(std::size_t note, bool is_late) const {
    const std::string held =
        age(note) == 0 ? "new at this step" : "unchanged for " + steps(age(note));
    if (is_late)
        return held + (age(note) == 0 ? ", so it stands late"
                                      : "; late until a move to the front is likely to pay");
    return age(note) == 0 ? "stands first for as long as it does not change"
                          : held + ", so it stands first";
}

std::vector<PromptPart> Planner::note_parts(const std::vector<std::size_t>& notes,
                                            bool is_late) const {
    std::vector<PromptPart> parts;
    for (const std::size_t note : notes) {
        PromptPart& part = parts.emplace_back();
        part.kind = request_.notes[note].kind;
        part.note = note;
        part.is_late = is_late;
        part.is_first_late = is_late && parts.size() == 1;
        part.tokens = ruler_.tokens(part);
        part.why = why_note(note, is_late);
    }
    return parts;
}

// The opening and the newest text, up to a place.
std::vector<PromptPart> Planner::story_parts(std::optional<StoryPlace> to) const {
    if (!cut_) {
        auto parts = line_.parts({line_.at(0), 0}, to);
        for (auto& part : parts)
            part.why = part.kind == PartKind::opening ? "how the story begins"
                                                      : "the story, all of which fits";
        return parts;
    }
    std::vector<PromptPart> parts;
    if (opening_) {
        parts.push_back(line_.part(0, 0, opening_->byte));
        parts.back().why = "how the story begins; it stays whatever is left out";
        PromptPart& gap = parts.emplace_back();
        gap.kind = PartKind::gap;
        gap.tokens = ruler_.tokens(gap);
        gap.why = "in place of what is left out";
    }
    auto newest = line_.parts(*cut_, to);
    for (auto& part : newest)
        part.why = has_hopped_ ? "the newest text that fits; its beginning has just moved"
                               : "the newest text that fits, from where it began before";
    append(parts, std::move(newest));
    return parts;
}

Result<PromptPlan> Planner::assembled() {
    std::optional<StoryPlace> recent;
    if (!late_.empty()) {
        recent = line_.shortest_with(recent_tokens).begin;
        if (cut_ && line_.is_before(*recent, *cut_)) recent = cut_;
    }
    PromptPlan plan;
    plan.left_out = left_out_;
    plan.parts = note_parts(front_, false);
    append(plan.parts, story_parts(recent));
    append(plan.parts, note_parts(late_, true));
    if (recent) {
        auto parts = line_.parts(*recent, {});
        for (auto& part : parts) {
            part.is_late = true;
            part.why = "the newest sentences, behind what changes";
        }
        append(plan.parts, std::move(parts));
    }
    plan.tokens = sum_of(plan.parts);
    if (cut_) {
        const StoryPlace opened = opening_.value_or(StoryPlace{line_.at(0), 0});
        plan.omitted_bytes = line_.bytes_before(*cut_) - line_.bytes_before(opened);
    }
    return plan;
}

// Moves the cut on by a sentence, never into the opening. Whether there is one.
bool Planner::cut_later() {
    if (!cut_) find_opening();
    auto next = line_.next_begin(cut_.value_or(StoryPlace{line_.at(0), 0}));
    while (next && opening_ && line_.is_before(*next, *opening_))
        next = line_.next_begin(*next);
    if (!next) return false;
    cut_ = next;
    has_hopped_ = true;
    return true;
}

Result<PromptPlan> Planner::plan() {
    measure_notes();
    place_notes();
    find_cut();
    if (has_hopped_ || is_front_broken_) promote(sum_of(story_parts({})));
    for (;;) {
        auto plan = assembled();
        if (plan->tokens <= request_.budget_tokens) return plan;
        // Parts that are joined may take a token more; and one sentence may be too long.
        if (!cut_later()) break;
    }
    const auto last = line_.longest_within(0);
    return Error{ErrorCode::exhausted,
                 "the last sentence of the story takes " + std::to_string(last.tokens) +
                     " tokens, the prompt has room for " +
                     std::to_string(room_ - std::min(room_, opening_tokens_)) +
                     ": use a model with a longer window or ask for fewer tokens"};
}

}  // namespace

const char* name_of(PartKind kind) {
    switch (kind) {
        case PartKind::memory:
            return "memory";
        case PartKind::lore:
            return "lore";
        case PartKind::opening:
            return "opening";
        case PartKind::story:
            return "story";
        case PartKind::gap:
            return "gap";
    }
    return "unknown";
}

Result<PartKind> part_kind_named(std::string_view name) {
    for (const auto kind :
         {PartKind::memory, PartKind::lore, PartKind::opening, PartKind::story, PartKind::gap}) {
        if (name == name_of(kind)) return kind;
    }
    return Error{ErrorCode::invalid_input, "no part of a prompt is called '" + std::string(name) +
                                               "': memory, lore, opening, story or gap"};
}

Result<PromptPlan> plan_prompt(const Tree& tree, const PromptRequest& request, const Ruler& ruler) {
    const auto path = tree.path(request.end);
    if (!path) return path.error();
    auto plan = Planner(Line(tree, *path, ruler), request, ruler, most_notes_share).plan();
    // The story comes first: where not even its last sentence fits, fewer notes do.
    for (const std::size_t share : {std::size_t{4}, std::size_t{8}, std::size_t{0}}) {
        if (plan || plan.error().code != ErrorCode::exhausted || request.notes.empty()) break;
        plan = Planner(Line(tree, *path, ruler), request, ruler, share).plan();
    }
    return plan;
}

}  // namespace fabula::story
