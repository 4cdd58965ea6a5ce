// SPDX-License-Identifier: 0BSD
#include "model/llama/foreign_log.h"

#include <llama.h>

#include <cstdio>
#include <mutex>
#include <string_view>

namespace fabula::model {
namespace {

// llama.cpp has one log for the process, but it complains on the thread that called it.
thread_local std::string first_error;

void keep_first_error(ggml_log_level level, const char* text, void* /*user*/) {
    if (level != GGML_LOG_LEVEL_ERROR || !first_error.empty()) return;
    std::string_view line(text);
    line = line.substr(0, line.find('\n'));
    const std::size_t name_end = line.find(": ");
    const bool has_name = name_end != std::string_view::npos &&
                          line.find(' ') == name_end + 1;  // "llama_model_load: error ..."
    if (has_name) line.remove_prefix(name_end + 2);
    first_error = line;
}

/// A broken assertion over there ends the process; its own way is a debugger's backtrace.
void say_last_words(const char* message) {
    std::fprintf(stderr, "llama.cpp gave up: %s\n", message);
}

}  // namespace

void capture_foreign_log() {
    static std::once_flag once;
    std::call_once(once, [] {
        llama_log_set(keep_first_error, nullptr);
        ggml_set_abort_callback(say_last_words);
    });
}

void forget_foreign_complaint() {
    first_error.clear();
}

std::string foreign_complaint() {
    return first_error;
}

}  // namespace fabula::model
