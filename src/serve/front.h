// SPDX-License-Identifier: 0BSD
// The thread between the network and the workers: accepts, collects requests, sends what slow
// readers take slowly, and closes what is late. It never blocks but in poll(), so that clients who
// send or read a byte a second cost a place in a list and nothing else.
#pragma once

#include "serve/connection.h"
#include "serve/exchange.h"
#include "serve/http_server.h"
#include "serve/listener.h"
#include "serve/socket_link.h"
#include "serve/workers.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace fabula::serve {

class Front {
public:
    /// `house` outlives this.
    Front(const HttpOptions& options, House& house, Listener listener);
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;
    /// Requires that stop() was called, where start() succeeded.
    ~Front() = default;

    Result<Unit> start();
    void stop(std::chrono::milliseconds grace);

private:
    using Held = std::unique_ptr<Connection>;
    enum class Fate { stays, gone };

    // Of the front's thread.
    void run();
    void poll_once();
    void take_back();
    void accept_all();
    void make_room();
    bool drop_oldest(Phase phase);
    void keep_to_budget();
    Fate look_at(Held& connection, short events);
    Fate receive(Held& connection);
    Fate judge(Held& connection);
    Fate hand_over(Held& connection);
    Fate send_rest(Held& connection);
    Fate drain(const Held& connection) const;
    Fate be_late(Held& connection);
    Fate refuse(Held& connection, int status);
    void close_waiting();
    bool is_done();

    // Of a worker.
    void work(Held connection);
    void answer(Held connection);
    std::unique_ptr<Exchange> take_exchange();
    void give_back(Held connection, std::unique_ptr<Exchange> exchange);

    void log(const AccessRecord& record);
    void wake() const;

    const HttpOptions& options_;
    House& house_;
    Listener listener_;
    FileDescriptor bell_;  // wakes poll()
    Waits waits_;
    Workers workers_;
    std::vector<Held> waiting_;  // the front thread's
    SteadyTime accepts_again_;   // after the system had no descriptor left
    std::mutex mutex_;
    std::vector<Held> answered_;                        // on their way back
    std::vector<std::unique_ptr<Exchange>> exchanges_;  // those that no worker uses
    std::size_t n_answering_ = 0;
    SteadyTime over_at_ = SteadyTime::max();
    std::mutex log_mutex_;
    std::thread thread_;
};

}  // namespace fabula::serve
