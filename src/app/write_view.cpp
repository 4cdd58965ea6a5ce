// SPDX-License-Identifier: 0BSD
#include "app/write_view.h"

#include "app/settings_line.h"
#include "base/sentences.h"
#include "base/width.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <vector>

namespace fabula::app {
namespace {

using engine::CandidateWritten;
using engine::ChoiceMade;
using engine::StepBegan;
using engine::StoryBegan;
using engine::TextDrawn;
using engine::WritingDone;
using Clock = std::chrono::steady_clock;

constexpr std::size_t most_columns = 100;  // longer lines are hard to read

// What is worth saying about how a candidate ended: nothing where it ended as it should.
std::string for_people(const std::string& ending) {
    if (ending == "sentence_end") return "";
    if (ending == "end_of_text") return ", the end";
    if (ending == "budget") return ", cut off";
    if (ending == "stop_string") return ", stop string";
    if (ending == "window") return ", window full";
    if (ending == "exhausted") return ", no word left";
    if (ending == "connection_lost") return ", broken off";
    return ", " + ending;
}

// As many whole settings of a line as fit.
std::string whole_settings(const std::string& line, std::size_t columns) {
    if (columns_of(line) <= columns) return line;
    std::size_t end = 0;
    for (auto at = line.find("  "); at != std::string::npos && at <= columns;
         at = line.find("  ", at + 2))
        end = at;
    return line.substr(0, end);
}

// The last columns of a text that grows, on one line.
std::string tail(std::string text, std::size_t columns) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    while (columns_of(text) > columns) {
        const auto space = text.find(' ', 1);
        if (space == std::string::npos) return std::string(first_columns(text, columns));
        text.erase(0, space);
    }
    return text;
}

// Without the white space around it.
std::string trimmed(const std::string& text) {
    constexpr const char* space = " \t\r\n";
    const auto begin = text.find_first_not_of(space);
    if (begin == std::string::npos) return "";
    return text.substr(begin, text.find_last_not_of(space) + 1 - begin);
}

class PrintView : public View {
public:
    PrintView(std::ostream& out, const ViewOptions& options)
        : out_(out),
          options_(options),
          palette_(options.has_color),
          width_(std::min(options.columns, most_columns)) {}

    void show(const engine::Event& event) override {
        std::visit([this](const auto& body) { on(body); }, event.body);
        out_.flush();
    }

private:
    void on(const StoryBegan& body) {
        n_before_ = body.n_steps_before;
        out_ << palette_.bold << "story " << static_cast<std::int64_t>(body.record.id)
             << palette_.plain << palette_.dim << "  " << printable_line(body.model) << ", seed "
             << body.record.seed << palette_.plain << "\n\n";
        print_wrapped(body.text, "");
    }

    void on(const StepBegan& body) {
        candidates_.clear();
        growing_.assign(body.settings.size(), "");
        settings_ = body.settings;
        const std::string title =
            fmt::format("step {} of {} ", body.step, n_before_ + options_.n_steps);
        out_ << '\n' << palette_.dim << title;
        for (std::size_t i = title.size(); i < width_; ++i)
            out_ << "\xE2\x94\x80";
        out_ << palette_.plain << '\n';
        if (body.omitted_bytes > 0 && !told_omitted_) {
            told_omitted_ = true;
            print_wrapped(
                "The story is longer than the model's window: the model sees the opening and the "
                "newest text, cut at sentences, and not what lies between.",
                "  ");
        }
        if (options_.mode == ViewMode::live) draw_growing();
    }

    void on(const TextDrawn& body) {
        if (options_.mode != ViewMode::live) return;
        growing_[body.index] += body.text;
        const auto now = Clock::now();
        if (now - drawn_ < std::chrono::milliseconds(40)) return;
        drawn_ = now;
        erase_growing();
        draw_growing();
    }

    void on(const engine::PromptShown& body) {
        tell_left_out(body);
        if (!options_.explains) return;
        erase_growing();
        print_prompt(body);
    }

    // In a line, when it changes; with the notes themselves where prompts are explained.
    void tell_left_out(const engine::PromptShown& body) {
        const std::string words = left_out_in_words(body);
        if (words == told_left_out_) return;
        told_left_out_ = words;
        if (words.empty()) return;
        erase_growing();
        print_wrapped(words, "  ");
        if (!options_.explains) return;
        for (const auto& note : body.left_out)
            print_wrapped(std::string(story::name_of(note.kind)) + ": " + note.text, "    ");
    }

    // Two lines a block: what it is and costs, and why it is there.
    void print_prompt(const engine::PromptShown& body) {
        std::size_t tokens = 0;
        for (const auto& shown : body.blocks)
            tokens += shown.tokens;
        out_ << fmt::format("  prompt: {} tokens, {} from the cache, {} computed\n", tokens,
                            tokens - std::min(tokens, body.computed_tokens), body.computed_tokens)
             << palette_.dim << "  tokens  cached  block\n"
             << palette_.plain;
        for (const auto& shown : body.blocks) {
            const std::string head = fmt::format("  {:>6}  {:>6}  {:<8} ", shown.tokens,
                                                 shown.cached_tokens, shown.block.kind);
            std::string text = printable_line(trimmed(shown.block.text));
            if (text.empty()) text = "(a line break)";
            const std::size_t room = width_ - std::min(width_, columns_of(head) + 1);
            if (columns_of(text) > room)
                text = std::string(first_columns(text, room - std::min<std::size_t>(room, 1))) +
                       "\xE2\x80\xA6";
            out_ << head << text << '\n' << palette_.dim;
            print_wrapped(shown.why, std::string(18, ' '));
            out_ << palette_.plain;
        }
        out_ << '\n';
    }

    void on(const CandidateWritten& body) {
        erase_growing();
        candidates_.push_back(body.record);
    }

    void on(const ChoiceMade& body) {
        print_candidates(body.index.value_or(candidates_.size()));
        if (body.index)
            print_wrapped(fmt::format("taken: {}, {}", *body.index + 1, body.reason), "  ");
    }

    void on(const WritingDone& body) {
        erase_growing();
        if (body.finish == engine::Finish::stopped || body.finish == engine::Finish::no_words)
            print_candidates(candidates_.size());
        out_ << '\n' << palette_.bold << "the story" << palette_.plain << '\n';
        print_wrapped(body.text, "");
        const auto id = static_cast<std::int64_t>(body.story);
        out_ << '\n' << palette_.dim;
        print_wrapped(summary(body), "");
        if (body.finish == engine::Finish::end_of_text)
            out_ << "back:   fabula story undo " << id << '\n';
        else
            out_ << "go on:  fabula write --continue " << id << '\n';
        out_ << "look:   fabula story tree " << id << "\nothers: fabula story offers " << id
             << palette_.plain << '\n';
    }

    static std::string summary(const WritingDone& body) {
        const char* why = "all steps are written";
        if (body.finish == engine::Finish::end_of_text) why = "the model ended the story";
        if (body.finish == engine::Finish::no_words) why = "the model had no more words";
        if (body.finish == engine::Finish::stopped) why = "stopped; what was taken is kept";
        return fmt::format("{}: {} words; {} tokens drawn in {:.1f} s ({:.0f} a second)", why,
                           words_of(body.text).size(), body.tokens, body.seconds,
                           body.seconds > 0 ? static_cast<double>(body.tokens) / body.seconds : 0);
    }

    // `taken`: index of the one that was taken, or past the end for none.
    void print_candidates(std::size_t taken) {
        for (const auto& candidate : candidates_) {
            const bool is_taken = candidate.index == taken;
            const auto settings = settings_line(candidate.settings);
            const auto note = fmt::format("  ({} tokens{})", store::n_tokens(candidate),
                                          for_people(candidate.ending));
            const bool is_narrow = columns_of(settings) + columns_of(note) + 5 > width_;
            out_ << (is_taken ? palette_.accent : palette_.dim) << (is_taken ? "> " : "  ")
                 << candidate.index + 1 << "  " << whole_settings(settings, width_ - 5)
                 << palette_.plain << palette_.dim << (is_narrow ? "\n   " : "") << note
                 << palette_.plain << '\n';
            out_ << (is_taken ? "" : palette_.dim);
            print_wrapped(candidate.text, "     ");
            out_ << palette_.plain;
        }
        candidates_.clear();
    }

    void print_wrapped(const std::string& text, const std::string& indent) {
        const auto begin = text.find_first_not_of('\n');
        const auto end = text.find_last_not_of(" \n");
        const auto shown = end == std::string::npos ? "" : text.substr(begin, end + 1 - begin);
        for (const auto& line : wrapped(printable(shown), width_ - indent.size()))
            out_ << indent << line << '\n';
    }

    void draw_growing() {
        for (std::size_t i = 0; i < growing_.size(); ++i) {
            const std::string head = fmt::format(
                "  {}  {}  ", i + 1, whole_settings(settings_line(settings_[i]), width_ / 2));
            const std::size_t used = columns_of(head);
            out_ << palette_.dim << head << palette_.plain
                 << tail(printable(growing_[i]), width_ - used - 1) << "\033[K\n";
        }
        n_drawn_ = growing_.size();
    }

    void erase_growing() {
        if (n_drawn_ > 0) out_ << "\033[" << n_drawn_ << "A\r\033[J";
        n_drawn_ = 0;
    }

    std::ostream& out_;
    ViewOptions options_;
    Palette palette_;
    std::size_t width_;
    std::size_t n_before_ = 0;
    bool told_omitted_ = false;
    std::string told_left_out_;
    std::vector<sample::Settings> settings_;
    std::vector<std::string> growing_;
    std::size_t n_drawn_ = 0;
    Clock::time_point drawn_;
    std::vector<store::CandidateRecord> candidates_;
};

class QuietView : public View {
public:
    explicit QuietView(std::ostream& out) : out_(out) {}

    void show(const engine::Event& event) override {
        if (const auto* began = std::get_if<StoryBegan>(&event.body))
            out_ << printable(began->text);
        if (const auto* prompt = std::get_if<engine::PromptShown>(&event.body)) {
            const std::string words = left_out_in_words(*prompt);
            if (words != told_left_out_ && !words.empty())
                std::cerr << "fabula: " << words << std::endl;
            told_left_out_ = words;
        }
        if (const auto* choice = std::get_if<ChoiceMade>(&event.body))
            out_ << printable(choice->text);
        if (std::holds_alternative<WritingDone>(event.body)) out_ << '\n';
        out_.flush();
    }

private:
    std::ostream& out_;
    std::string told_left_out_;
};

}  // namespace

std::string left_out_in_words(const engine::PromptShown& prompt) {
    if (prompt.left_out.empty()) return "";
    std::string counts;
    for (const auto kind : {story::PartKind::memory, story::PartKind::lore}) {
        const auto n = std::count_if(prompt.left_out.begin(), prompt.left_out.end(),
                                     [&](const auto& note) { return note.kind == kind; });
        const auto shown = std::count_if(
            prompt.blocks.begin(), prompt.blocks.end(),
            [&](const auto& block) { return block.block.kind == story::name_of(kind); });
        if (n > 0)
            counts += fmt::format("{}{} of {} lines of {}", counts.empty() ? "" : " and ", n,
                                  n + shown, story::name_of(kind));
    }
    return counts + " are left out: notes get at most half of the prompt";
}

std::unique_ptr<View> make_view(std::ostream& out, const ViewOptions& options) {
    if (options.mode == ViewMode::quiet) return std::make_unique<QuietView>(out);
    return std::make_unique<PrintView>(out, options);
}

}  // namespace fabula::app
