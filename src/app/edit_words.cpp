// SPDX-License-Identifier: 0BSD
#include "app/edit_words.h"

#include "app/configuration.h"
#include "app/files.h"
#include "app/paths.h"
#include "base/scratch_folder.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX wants it declared

namespace fabula::app {
namespace {

Error no_editor(const std::string& editor, const std::string& why) {
    return {ErrorCode::unavailable,
            "editor '" + editor + "' " + why + ": set $EDITOR to another, or to nothing"};
}

// The editor is words of a shell, as everywhere: EDITOR="code --wait".
Result<Unit> run_editor(const std::string& editor, const std::string& path) {
    std::string command = editor + " \"$1\"";
    std::string shell = "sh";
    std::string flag = "-c";
    std::string file = path;
    char* arguments[] = {shell.data(), flag.data(), command.data(),
                         shell.data(), file.data(), nullptr};
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;  // this program blocks signals; an editor should have its own
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t child = 0;
    const int fault = posix_spawn(&child, "/bin/sh", nullptr, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    if (fault != 0) return no_editor(editor, "cannot be run");
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return no_editor(editor, "was lost");
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return Unit{};
    return no_editor(editor, "failed");
}

}  // namespace

void keep_draft(const std::string& words, ChooseView& view) {
    const std::string path = cache_folder() + "/draft.txt";
    Result<Unit> kept = make_folder_of(path);
    if (kept) kept = write_file(path, words + "\n");
    if (kept)
        view.tell("your words are kept in " + path);
    else
        view.complain(kept.error().message + "; your words were: " + words);
}

Result<std::optional<std::string>> edit_words(const std::string& words, DecisionInput& input,
                                              ChooseView& view, const std::stop_token& stop) {
    // White space around the words is not shown, and that before them put back.
    constexpr const char* space = " \t\r\n";
    const auto begin = std::min(words.find_first_not_of(space), words.size());
    const auto end = words.find_last_not_of(space) + 1;
    const std::string shown = words.substr(begin, std::max(begin, end) - begin);
    auto editor = process_environment("VISUAL");
    if (!editor) editor = process_environment("EDITOR");
    if (!editor) {
        view.tell(
            "type the words; a line with a full stop alone ends them, and nothing before it "
            "gives up");
        std::string unfinished;
        auto typed = input.text(stop, unfinished);
        if (!unfinished.empty()) {  // nobody said that it is done, so it becomes no passage
            keep_draft(unfinished, view);
            return std::optional<std::string>();
        }
        if (!typed || typed->empty()) return std::optional<std::string>();
        return typed;
    }
    // In a folder of its own, so that what an editor leaves beside the file goes with it.
    std::error_code fault;
    const ScratchFolder scratch(
        (std::filesystem::temp_directory_path(fault) / "fabula-edit").string());
    const auto file = scratch.path() + "/passage.txt";
    if (!scratch.is_there())
        return Error{ErrorCode::unavailable,
                     "there is no place for a file to edit: is $TMPDIR full?"};
    if (const auto written = write_file(file, shown); !written) return written.error();
    input.suspend();
    const auto edited = run_editor(*editor, file);
    input.resume();
    const auto text = read_file(file);
    if (!text) return text.error();
    const auto from = std::min(text->find_first_not_of(space), text->size());
    const auto to = std::max(from, text->find_last_not_of(space) + 1);
    const std::string now = text->substr(from, to - from);
    if (!edited) {
        if (!now.empty() && now != shown) keep_draft(now, view);
        return edited.error();
    }
    if (now.empty() || now == shown) return std::optional<std::string>();
    return std::optional(words.substr(0, begin) + now);
}

}  // namespace fabula::app
