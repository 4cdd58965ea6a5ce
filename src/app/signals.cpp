// SPDX-License-Identifier: 0BSD
#include "app/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace fabula::app {
namespace {

std::atomic<int> received{0};
std::atomic<void (*)()> last_thing{nullptr};

}  // namespace

// The signals are blocked everywhere and waited for by one thread, so that stopping runs ordinary
// code.
std::stop_token listen_for_signals() {
    static std::stop_source source;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::thread([signals] {
        int number = 0;
        if (sigwait(&signals, &number) != 0) return;
        received = number;
        source.request_stop();
        if (sigwait(&signals, &number) != 0) return;
        if (auto* last = last_thing.load()) last();
        _exit(128 + number);
    }).detach();
    return source.get_token();
}

void before_sudden_exit(void (*last)()) {
    last_thing = last;
}

int signal_received() {
    return received;
}

}  // namespace fabula::app
