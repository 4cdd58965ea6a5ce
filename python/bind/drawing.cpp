// SPDX-License-Identifier: 0BSD
#include "bind/drawing.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

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

// All work that is being done in this process.
class AllWork {
public:
    /// False once it is ending.
    bool add(std::stop_source& stop) {
        const std::lock_guard lock(mutex_);
        if (is_ending_) return false;
        stops_.push_back(&stop);
        return true;
    }
    void remove(const std::stop_source& stop) {
        const std::lock_guard lock(mutex_);
        std::erase(stops_, &stop);
        changed_.notify_all();
    }
    void end() {
        std::unique_lock lock(mutex_);
        is_ending_ = true;
        for (auto* stop : stops_)
            stop->request_stop();
        changed_.wait(lock, [&] { return stops_.empty(); });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::stop_source*> stops_;
    bool is_ending_ = false;
};

AllWork& all_work() {
    static AllWork all;
    return all;
}

// The working thread; however its owner leaves, it is stopped and joined.
class Worker {
public:
    Worker(const Work& work, Telling& telling, std::stop_source& stop)
        : stop_(stop), thread_([this, &work, &telling] {
              try {
                  work([&](std::size_t index, std::string_view text) { telling.add(index, text); },
                       stop_.get_token());
              } catch (...) {
                  thrown_ = std::current_exception();
              }
              telling.end();
          }) {}
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker() {
        stop_.request_stop();
        if (thread_.joinable()) thread_.join();
    }

    /// Waits for its end; throws what it threw.
    void finish() {
        thread_.join();
        if (thrown_) std::rethrow_exception(thrown_);
    }

private:
    std::stop_source& stop_;
    std::exception_ptr thrown_;
    std::thread thread_;  // last: it uses the others
};

}  // namespace

Listed::Listed() {
    if (!all_work().add(stop_)) throw std::runtime_error("the interpreter is ending");
}

Listed::~Listed() {
    all_work().remove(stop_);
}

Trouble do_work(const Work& work, const py::object& on_text) {
    Telling telling;
    Trouble trouble;
    Listed listed;
    const py::gil_scoped_release released;
    Worker worker(work, telling, listed.stop());
    while (const auto texts = telling.wait()) {
        if (trouble.error) continue;  // until the thread has seen that it is to stop
        const py::gil_scoped_acquire acquired;
        hand_over(*texts, on_text, trouble);
        if (trouble.error) listed.stop().request_stop();
    }
    worker.finish();
    return trouble;
}

void end_work() {
    const py::gil_scoped_release released;
    all_work().end();
}

bool lock_unless_stopped(std::unique_lock<std::timed_mutex>& lock, const std::stop_token& stop) {
    constexpr std::chrono::milliseconds moment{50};
    while (!lock.try_lock_for(moment)) {
        if (stop.stop_requested()) return false;
    }
    return true;
}

}  // namespace fabula::python
