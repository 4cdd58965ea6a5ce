// SPDX-License-Identifier: 0BSD
#include "bind/drawing.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace py = pybind11;

namespace fabula::python {
namespace {

using Texts = std::deque<std::pair<std::size_t, std::string>>;

// What the working thread has to say, and what the calling thread hands on.
class Telling {
public:
    void add(std::size_t index, std::string_view text) {
        const std::lock_guard lock(mutex_);
        texts_.emplace_back(index, text);
        changed_.notify_one();
    }
    void end() {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
        changed_.notify_one();
    }
    /// What came since the last call, waiting a moment for it. nullopt: it is over.
    std::optional<Texts> wait() {
        constexpr std::chrono::milliseconds patience{50};
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [&] { return is_over_ || !texts_.empty(); });
        if (texts_.empty() && is_over_) return std::nullopt;
        return std::exchange(texts_, {});
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    Texts texts_;
    bool is_over_ = false;
};

void hand_over(const Texts& texts, const py::object& on_text, Trouble& trouble) {
    try {
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
        if (on_text.is_none()) return;
        for (const auto& [index, text] : texts)
            on_text(index, text);
    } catch (py::error_already_set& error) {
        trouble.is_interrupt = error.matches(PyExc_KeyboardInterrupt);
        trouble.error.emplace(std::move(error));
    }
}

}  // namespace

Trouble do_work(const Work& work, const py::object& on_text) {
    Telling telling;
    Trouble trouble;
    std::stop_source stop;
    const py::gil_scoped_release released;
    std::thread working([&] {
        work([&](std::size_t index, std::string_view text) { telling.add(index, text); },
             stop.get_token());
        telling.end();
    });
    while (const auto texts = telling.wait()) {
        if (trouble.error) continue;  // until the thread has seen that it is to stop
        const py::gil_scoped_acquire acquired;
        hand_over(*texts, on_text, trouble);
        if (trouble.error) stop.request_stop();
    }
    working.join();
    return trouble;
}

}  // namespace fabula::python
