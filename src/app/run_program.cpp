// SPDX-License-Identifier: 0BSD
#include "app/run_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

namespace fabula::app {
namespace {

// What a child begins with: its own signals, its folder, its files.
class Beginning {
public:
    Beginning() {
        posix_spawnattr_init(&attributes_);
        posix_spawn_file_actions_init(&actions_);
        sigset_t none;  // this program blocks signals; another should have its own
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    Beginning(const Beginning&) = delete;
    Beginning& operator=(const Beginning&) = delete;
    ~Beginning() {
        posix_spawn_file_actions_destroy(&actions_);
        posix_spawnattr_destroy(&attributes_);
    }

    void set_folder(const std::string& folder) {
        posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    }
    void send(int descriptor, const std::string& file) {
        constexpr mode_t own = 0600;
        posix_spawn_file_actions_addopen(&actions_, descriptor,
                                         file.empty() ? "/dev/null" : file.c_str(),
                                         O_WRONLY | O_CREAT | O_APPEND, own);
    }
    int spawn(pid_t& child, const std::vector<std::string>& words) {
        std::vector<std::string> copies = words;
        std::vector<char*> arguments;
        arguments.reserve(copies.size() + 1);
        for (auto& copy : copies)
            arguments.push_back(copy.data());
        arguments.push_back(nullptr);
        return posix_spawnp(&child, arguments.front(), &actions_, &attributes_, arguments.data(),
                            environ);
    }

private:
    posix_spawnattr_t attributes_{};
    posix_spawn_file_actions_t actions_{};
};

// The status that waitpid gives; empty where the child was lost.
std::optional<int> wait_for(pid_t child, const Program& program, const std::stop_token& stop) {
    constexpr std::chrono::milliseconds moment{100};
    bool is_asked = false;
    int status = 0;
    while (true) {
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child) return status;
        if (ended < 0 && errno != EINTR) return std::nullopt;
        if (stop.stop_requested() && !is_asked) {
            kill(child, SIGTERM);
            is_asked = true;
        }
        if (program.while_it_runs) program.while_it_runs();
        std::this_thread::sleep_for(moment);
    }
}

}  // namespace

Result<Unit> run_program(const Program& program, const std::stop_token& stop) {
    const auto& name = program.words.front();
    Beginning beginning;
    // The files first: their names hold for the folder that this program is in.
    beginning.send(STDOUT_FILENO, program.out);
    beginning.send(STDERR_FILENO, program.said);
    if (!program.folder.empty()) beginning.set_folder(program.folder);
    pid_t child = 0;
    if (beginning.spawn(child, program.words) != 0)
        return Error{ErrorCode::not_found, "'" + name + "' is not there, or cannot be run"};
    const auto status = wait_for(child, program, stop);
    if (stop.stop_requested()) return Error{ErrorCode::unavailable, "'" + name + "' was stopped"};
    if (!status) return Error{ErrorCode::unavailable, "'" + name + "' was lost"};
    if (WIFEXITED(*status) && WEXITSTATUS(*status) == 0) return Unit{};
    if (WIFEXITED(*status))
        return Error{ErrorCode::unavailable,
                     fmt::format("'{}' ended with status {}", name, WEXITSTATUS(*status))};
    return Error{ErrorCode::unavailable,
                 fmt::format("'{}' was killed by signal {}", name, WTERMSIG(*status))};
}

}  // namespace fabula::app
