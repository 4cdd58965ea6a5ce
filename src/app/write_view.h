// SPDX-License-Identifier: 0BSD
// What a person sees of a story being written, made from the engine's events alone.
#pragma once

#include "app/terminal.h"
#include "engine/events.h"

#include <memory>
#include <ostream>

namespace fabula::app {

/// live: a terminal, the candidates grow on the screen. plain: every step is printed when it is
/// complete. quiet: the story's text and nothing else.
enum class ViewMode { live, plain, quiet };

struct ViewOptions {
    ViewMode mode = ViewMode::plain;
    bool has_color = false;
    std::size_t columns = 80;
    std::size_t n_steps = 8;  // planned, for "step 2 of 8"
    bool explains = false;    // each step's prompt, block by block
};

/// A view: hand it every event, in order.
class View {
public:
    View(const View&) = delete;
    View& operator=(const View&) = delete;
    virtual ~View() = default;
    virtual void show(const engine::Event& event) = 0;

protected:
    View() = default;
};

/// "2 of 30 lines of memory are left out ..."; "" where none is.
std::string left_out_in_words(const engine::PromptShown& prompt);

std::unique_ptr<View> make_view(std::ostream& out, const ViewOptions& options);

/// Which events are written as JSON beside the main ones. everything: "step", "text" and "prompt".
struct JsonDetail {
    bool everything = false;
    bool prompts = false;
};
/// One JSON object a line, each flushed (docs/formats/events.md).
std::unique_ptr<View> make_json_view(std::ostream& out, const JsonDetail& detail);

}  // namespace fabula::app
