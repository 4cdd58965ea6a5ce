// SPDX-License-Identifier: 0BSD
// Long work for Python: it runs on a thread of its own without the GIL, its texts are handed over
// on the calling thread, and Ctrl-C (the stop button of a notebook) asks it to stop.
#pragma once

#include "model/generator.h"

#include <pybind11/pybind11.h>

#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

namespace fabula::python {

/// What went wrong on Python's side meanwhile.
struct Trouble {
    std::optional<pybind11::error_already_set>
        error;  // what `on_text` raised, or KeyboardInterrupt
    bool is_interrupt = false;

    /// Raises what `on_text` raised.
    void raise_callback_error() {
        if (error && !is_interrupt) throw std::move(*error);
    }
    /// Raises whatever there is.
    void raise_any() {
        if (error) throw std::move(*error);
    }
};

using Work = std::function<void(const model::OnText& on_text, const std::stop_token& stop)>;

/// Does `work`, which must not touch Python, to its end; after trouble it is asked to stop.
/// `on_text(index, text)` may be None. Requires the GIL, and lets it go.
Trouble do_work(const Work& work, const pybind11::object& on_text);

}  // namespace fabula::python
