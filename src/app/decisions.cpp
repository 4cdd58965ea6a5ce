// SPDX-License-Identifier: 0BSD
#include "app/decisions.h"

#include "app/signals.h"
#include "app/terminal.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <csignal>
#include <utility>

namespace fabula::app {
namespace {

constexpr std::string_view known =
    "a number takes that candidate; e N edits it, w writes, r draws anew, u undoes, j N jumps, "
    "t shows the tree, l the story, + N and - N rate, y says why, q quits";

Error not_understood(std::string_view line) {
    return {ErrorCode::invalid_input,
            "'" + printable_line(line.substr(0, 40)) +
                "' is nothing that can be said here: " + std::string(known)};
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// Takes a number off the front of `text`.
std::optional<std::size_t> number_at(std::string_view& text) {
    std::size_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto length = static_cast<std::size_t>(end - text.data());
    if (fault != std::errc{} || (length < text.size() && text[length] != ' ')) return std::nullopt;
    text = trimmed(text.substr(length));
    return number;
}

std::optional<Verb> verb_of(char c) {
    constexpr std::pair<char, Verb> verbs[] = {
        {'e', Verb::edit}, {'w', Verb::write}, {'r', Verb::again}, {'u', Verb::undo},
        {'j', Verb::jump}, {'b', Verb::jump},  {'t', Verb::tree},  {'l', Verb::look},
        {'+', Verb::up},   {'-', Verb::down},  {'y', Verb::why},   {'?', Verb::help},
        {'h', Verb::help}, {'q', Verb::quit}};
    for (const auto& [letter, verb] : verbs) {
        if (letter == c) return verb;
    }
    return std::nullopt;
}

bool wants_number(Verb verb) {
    return verb == Verb::edit || verb == Verb::jump || verb == Verb::up || verb == Verb::down;
}

bool takes_text(Verb verb) {
    return verb == Verb::edit || verb == Verb::write || verb == Verb::up || verb == Verb::down ||
           verb == Verb::why;
}

// The modes of the terminal before keys were read.
termios& before() {
    static termios modes{};
    return modes;
}

// Where the program dies by its own hand the terminal is given back first.
void give_back(int number) {
    tcsetattr(0, TCSANOW, &before());
    static_cast<void>(std::signal(number, SIG_DFL));
    static_cast<void>(std::raise(number));
}

void give_back_at_once() {
    tcsetattr(0, TCSANOW, &before());
}

void set_keys(bool are_keys) {
    static_cast<void>(std::signal(SIGABRT, are_keys ? give_back : SIG_DFL));
    before_sudden_exit(are_keys ? give_back_at_once : nullptr);
    termios modes = before();
    if (are_keys) {
        modes.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        // Nothing that would end or halt the program and leave the terminal like this.
        modes.c_cc[VQUIT] = _POSIX_VDISABLE;
        modes.c_cc[VSUSP] = _POSIX_VDISABLE;
        modes.c_cc[VMIN] = 1;
        modes.c_cc[VTIME] = 0;
    }
    tcsetattr(0, TCSADRAIN, &modes);
}

bool is_ready(int timeout_ms) {
    pollfd input{0, POLLIN, 0};
    return poll(&input, 1, timeout_ms) > 0;
}

}  // namespace

std::string reason_from(std::string_view text) {
    std::string reason;
    text = trimmed(text);
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const auto word = trimmed(text.substr(0, comma));
        std::string full(word);
        if (word == "c") full = "coherence";
        if (word == "s") full = "style";
        if (word == "t") full = "turn";
        if (!full.empty()) reason += (reason.empty() ? "" : ", ") + full;
        text = trimmed(text.substr(std::min(comma + 1, text.size())));
    }
    return reason;
}

Result<Decision> decision_from(std::string_view line) {
    std::string_view rest = trimmed(line);
    Decision decision;
    if (rest.empty()) return decision;
    if (std::isdigit(static_cast<unsigned char>(rest.front())) != 0) {
        decision.verb = Verb::take;
        decision.number = number_at(rest);
        if (!decision.number) return not_understood(line);
        decision.text = reason_from(rest);
        return decision;
    }
    const auto verb = verb_of(rest.front());
    const bool is_word =
        rest.size() > 1 && rest[1] != ' ' && std::isdigit(static_cast<unsigned char>(rest[1])) == 0;
    if (!verb || is_word) return not_understood(line);
    decision.verb = *verb;
    rest = trimmed(rest.substr(1));
    if (*verb == Verb::again && rest == "a") rest = {};  // all of them
    if (wants_number(*verb) || *verb == Verb::again) decision.number = number_at(rest);
    if (wants_number(*verb) && !decision.number)
        return Error{ErrorCode::invalid_input, "'" + printable_line(line.substr(0, 40)) +
                                                   "': which one? A number belongs behind it"};
    if (!rest.empty() && !takes_text(*verb)) return not_understood(line);
    const bool is_reason = *verb == Verb::why || *verb == Verb::up || *verb == Verb::down;
    decision.text = is_reason ? reason_from(rest) : std::string(rest);
    return decision;
}

DecisionInput::DecisionInput() : is_interactive_(is_terminal(0) && tcgetattr(0, &before()) == 0) {
    resume();
}

DecisionInput::~DecisionInput() {
    suspend();
}

void DecisionInput::suspend() {
    if (is_interactive_) set_keys(false);
}

void DecisionInput::resume() {
    if (is_interactive_) set_keys(true);
}

// More bytes; false at the end, or when stopped.
bool DecisionInput::fill(const std::stop_token& stop) {
    while (!has_ended_ && !stop.stop_requested()) {
        if (!is_ready(50)) continue;
        char bytes[4096];
        const auto n = read(0, bytes, sizeof bytes);
        if (n <= 0) {
            has_ended_ = true;
            break;
        }
        buffer_.append(bytes, static_cast<std::size_t>(n));
        return true;
    }
    return false;
}

char DecisionInput::key(const std::stop_token& stop) {
    constexpr std::size_t most_ahead = 16;  // nobody types more keys at once
    for (;;) {
        if (buffer_.empty() && !fill(stop)) return 0;
        if (buffer_.size() > most_ahead) {
            while (is_ready(20) && fill(stop)) {
            }
            buffer_.clear();
            return pasted;
        }
        const char c = buffer_.front();
        buffer_.erase(0, 1);
        if (c == '\004') return 0;  // Ctrl-D
        if (c != '\033') return c;
        // The rest of an arrow key comes at once; behind Escape itself nothing comes.
        if (buffer_.empty() && !(is_ready(20) && fill(stop))) return c;
        const auto end = std::find_if(buffer_.begin() + 1, buffer_.end(), [](char each) {
            return each == '~' || std::isalpha(static_cast<unsigned char>(each)) != 0;
        });
        buffer_.erase(buffer_.begin(), end == buffer_.end() ? end : end + 1);
    }
}

std::optional<std::string> DecisionInput::line(const std::stop_token& stop) {
    suspend();
    std::optional<std::string> found;
    for (;;) {
        const auto end = buffer_.find('\n');
        if (end != std::string::npos) {
            found = buffer_.substr(0, end);
            buffer_.erase(0, end + 1);
            break;
        }
        if (fill(stop)) continue;
        if (!buffer_.empty() && !stop.stop_requested()) found = std::exchange(buffer_, "");
        break;
    }
    resume();
    if (!found) return found;
    if (found->find('\033') != std::string::npos) return "";
    std::erase_if(*found, [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
    return found;
}

std::optional<std::string> DecisionInput::text(const std::stop_token& stop,
                                               std::string& unfinished) {
    unfinished.clear();
    for (;;) {
        const auto next = line(stop);
        if (!next && (unfinished.empty() || stop.stop_requested())) return std::nullopt;
        if (!next || *next == ".") return std::exchange(unfinished, "");
        if (!unfinished.empty()) unfinished += '\n';
        unfinished += *next;
    }
}

}  // namespace fabula::app
