// SPDX-License-Identifier: 0BSD
// Long work for Python: it runs on a thread of its own without the GIL, its texts are handed over
// on the calling thread, and Ctrl-C (the stop button of a notebook) asks it to stop.
#pragma once

#include "model/generator.h"

#include <pybind11/pybind11.h>

#include <functional>
#include <mutex>
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

/// Work that is being done without the GIL, known to `end_work` until it goes: it must go with the
/// GIL, since a thread that waits for it while the interpreter ends is killed in the middle of
/// ours. Raises RuntimeError once the interpreter is ending.
class Listed {
public:
    Listed();
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;
    ~Listed();

    std::stop_source& stop() { return stop_; }

private:
    std::stop_source stop_;
};

using Work = std::function<void(const model::OnText& on_text, const std::stop_token& stop)>;

/// Does `work`, which must not touch Python, to its end; after trouble it is asked to stop.
/// `on_text(index, text)` may be None. Raises what `work` throws (MemoryError), and RuntimeError
/// once the interpreter is ending. Requires the GIL, and lets it go.
Trouble do_work(const Work& work, const pybind11::object& on_text);

/// Before the interpreter ends: all work is asked to stop and waited for, and none begins any more.
void end_work();

/// Locks as soon as it can; false where `stop` came first.
bool lock_unless_stopped(std::unique_lock<std::timed_mutex>& lock, const std::stop_token& stop);

}  // namespace fabula::python
