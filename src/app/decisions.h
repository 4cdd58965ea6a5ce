// SPDX-License-Identifier: 0BSD
// What a person can say while choosing, as single keys on a terminal and as lines of a script: one
// grammar for both. Reads standard input; decides nothing.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace fabula::app {

enum class Verb {
    nothing,  // an empty line, a key that means nothing
    take,     // "2", "2 style"
    edit,     // "e 2", "e 2 the new words"
    write,    // "w", "w my own words"
    again,    // "r": all anew, "r 2": one
    undo,     // "u"
    jump,     // "j 5": go to passage 5; the next choice begins a branch there
    tree,     // "t"
    look,     // "l": the story so far
    up,       // "+ 2", "+2 style"
    down,     // "- 2"
    why,      // "y style": the reason of the next decision
    help,     // "?"
    quit      // "q", the end of the input
};

/// A decision as it was said. Candidates count from 1, as on the screen.
struct Decision {
    Verb verb = Verb::nothing;
    std::optional<std::size_t> number;  // of the candidate or passage
    std::string text;                   // words, or a reason
};

/// A line of a script. "c", "s" and "t" as a reason are coherence, style and turn. Errors:
/// invalid_input, naming what was not understood and what can be said.
Result<Decision> decision_from(std::string_view line);

/// A reason as it is kept: "c" becomes coherence, "s" style, "t" turn, several by commas; other
/// words stay as they are.
std::string reason_from(std::string_view text);

/// Standard input, key by key where it is a terminal and line by line where it is none. One at a
/// time; restores the terminal when it goes.
class DecisionInput {
public:
    DecisionInput();
    DecisionInput(const DecisionInput&) = delete;
    DecisionInput& operator=(const DecisionInput&) = delete;
    ~DecisionInput();

    /// Whether keys are read, and questions may be asked.
    bool is_interactive() const { return is_interactive_; }

    /// A key; 0 at the end of the input, or when stopped; `pasted` in place of a heap of keys that
    /// came at once, which are dropped. Arrow keys and the like are swallowed, Escape is not.
    char key(const std::stop_token& stop);
    static constexpr char pasted = '\001';

    /// A line without its end and without control characters, with the terminal's own editing;
    /// empty at the end of the input, or when stopped. A line with an Escape in it is taken back:
    /// "".
    std::optional<std::string> line(const std::stop_token& stop);

    /// Lines up to one that holds a full stop alone, or up to the end of the input, joined; empty
    /// where there is none, or when stopped: `unfinished` has what was typed until then.
    std::optional<std::string> text(const std::stop_token& stop, std::string& unfinished);

    /// For as long as another program has the terminal (an editor).
    void suspend();
    void resume();

private:
    bool fill(const std::stop_token& stop);

    bool is_interactive_;
    bool has_ended_ = false;
    std::string buffer_;
};

}  // namespace fabula::app
