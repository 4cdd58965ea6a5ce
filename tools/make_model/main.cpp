// SPDX-License-Identifier: 0BSD
// The command: flags to wishes, wishes to a file, and one line that says what it is.
#include "app/exit_status.h"
#include "app/progress.h"
#include "app/terminal.h"
#include "make_model/made_model.h"
#include "model/memory.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

namespace {

using fabula::Error;
using fabula::ErrorCode;
using fabula::Result;
using fabula::make_model::Family;
using fabula::make_model::MadeModel;
using fabula::make_model::ModelShape;

constexpr const char* last_words = R"(Examples:
  make_model --family llama --out tiny.gguf
  make_model --shape bloom-560m --type q8_0 --seed 7 --out bloom-560m-q8_0.gguf
  make_model --shape bloom-560m --type q4_k_m --outliers --out bloom-560m-q4_k_m.gguf
  make_model --family gpt2 --shape tiny --n-layer 4 --n-embd 512 --n-head 8 --n-ff 2048 --out four.gguf

A type such as q4_k is one type for all matrices, q4_k_m is llama.cpp's mixture. Norms, biases and the
positions of gpt2 are always F32. The same flags give the same bytes (with the same build of llama.cpp,
where it quantises).

Exit status: 0 success, 2 usage, 3 no such folder, 4 --out is a folder, 5 disk or memory is full,
6 --out cannot be written)";

struct Arguments {
    std::string family;
    std::string shape = "tiny";
    std::string type = "f32";
    std::string out;
    std::uint64_t seed = 1;
    int n_threads = 0;
    bool outliers = false;
    bool tied = false;
    bool own_head = false;
    std::optional<std::uint64_t> n_layer;
    std::optional<std::uint64_t> n_embd;
    std::optional<std::uint64_t> n_head;
    std::optional<std::uint64_t> n_head_kv;
    std::optional<std::uint64_t> n_ff;
    std::optional<std::uint64_t> n_vocab;
    std::optional<std::uint64_t> window;
};

// What a signal removes; filled before the handlers are set.
std::array<std::array<char, 4096>, 2> unfinished{};

extern "C" void end_by_signal(int number) {
    for (const auto& path : unfinished)
        ::unlink(path.data());
    ::_exit(128 + number);
}

/// A stopped run leaves nothing; llama.cpp's quantiser cannot be asked to stop.
Result<fabula::Unit> clean_up_on_signals(const std::string& out) {
    const auto paths = fabula::make_model::unfinished_files(out);
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (paths[i].size() >= unfinished[i].size())
            return Error{ErrorCode::invalid_input, "the path of --out is too long"};
        paths[i].copy(unfinished[i].data(), paths[i].size());
    }
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        std::signal(number, end_by_signal);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
    return fabula::Unit{};
}

Result<ModelShape> shape_of(const Arguments& arguments) {
    std::optional<Family> family;
    if (!arguments.family.empty()) {
        const auto named = fabula::make_model::family_named(arguments.family);
        if (!named) return named.error();
        family = *named;
    }
    auto shape = fabula::make_model::shape_named(arguments.shape, family);
    if (!shape) return shape;
    shape->n_layer = arguments.n_layer.value_or(shape->n_layer);
    shape->n_embd = arguments.n_embd.value_or(shape->n_embd);
    shape->n_head = arguments.n_head.value_or(shape->n_head);
    // Heads that share keys are kept as they are; else there are as many of both.
    const bool shares = shape->family == Family::llama;
    shape->n_head_kv = arguments.n_head_kv.value_or(shares ? shape->n_head_kv : shape->n_head);
    shape->n_ff = arguments.n_ff.value_or(shape->n_ff);
    shape->n_vocab = arguments.n_vocab.value_or(shape->n_vocab);
    shape->window_tokens = arguments.window.value_or(shape->window_tokens);
    if (arguments.tied) shape->tied_head = true;
    if (arguments.own_head) shape->tied_head = false;
    return shape;
}

Result<std::string> make(const Arguments& arguments) {
    const auto shape = shape_of(arguments);
    if (!shape) return shape.error();
    const auto type = fabula::make_model::type_named(arguments.type);
    if (!type) return type.error();
    if (auto ready = clean_up_on_signals(arguments.out); !ready) return ready.error();
    const std::string name = std::filesystem::path(arguments.out).filename().string();
    fabula::app::Progress progress("making " + name, 1, "");
    MadeModel wanted{*shape, *type, arguments.seed, arguments.outliers, arguments.n_threads};
    wanted.on_progress = [&](float share) { progress.update(static_cast<double>(share)); };
    const auto made = fabula::make_model::write_made_model(wanted, arguments.out);
    progress.clear();
    if (!made) return made.error();
    const auto size_bytes = std::filesystem::file_size(arguments.out);
    return fmt::format("{}: {}, {} layers of {}, {} tokens, window {}, {} head, {}{}, {}\n",
                       fabula::app::printable_line(arguments.out), name_of(shape->family),
                       shape->n_layer, shape->n_embd, shape->n_vocab, shape->window_tokens,
                       shape->tied_head ? "tied" : "own", type->name,
                       arguments.outliers ? ", outliers" : "",
                       fabula::model::readable_size(size_bytes));
}

int fail(const Error& error) {
    std::cerr << "make_model: " << fabula::app::printable_line(error.message) << std::endl;
    return fabula::app::exit_status(error.code);
}

void add_flags(CLI::App& app, Arguments& arguments) {
    app.add_option("--family", arguments.family, "bloom, gpt2 or llama; --shape tiny needs it");
    app.add_option("--shape", arguments.shape, fabula::make_model::shape_names());
    app.add_option("--type", arguments.type, fabula::make_model::type_names());
    app.add_option("--seed", arguments.seed, "names the weights");
    app.add_flag("--outliers", arguments.outliers,
                 "six channels have norm gains that are 20 times as large, as in real BLOOM");
    auto* const tied = app.add_flag("--tied", arguments.tied, "the head is the embedding matrix");
    app.add_flag("--own-head", arguments.own_head, "the head is a matrix of its own")
        ->excludes(tied);
    app.add_option("--n-layer", arguments.n_layer, "instead of the shape's");
    app.add_option("--n-embd", arguments.n_embd, "instead of the shape's");
    app.add_option("--n-head", arguments.n_head, "instead of the shape's");
    app.add_option("--n-head-kv", arguments.n_head_kv, "instead of the shape's; llama alone");
    app.add_option("--n-ff", arguments.n_ff, "instead of the shape's");
    app.add_option("--n-vocab", arguments.n_vocab, "instead of the shape's");
    app.add_option("--window", arguments.window, "instead of the shape's");
    app.add_option("--threads", arguments.n_threads, "of the quantiser; 0: one a core")
        ->check(CLI::Range(0, 512));
    app.add_option("--out", arguments.out, "the file, which appears when it is finished")
        ->required();
}

int run(int argc, char** argv) {
    CLI::App app("Writes a GGUF model of random weights, to measure and to test with.",
                 "make_model");
    app.option_defaults()->always_capture_default(false);
    app.footer(last_words);
    Arguments arguments;
    add_flags(app, arguments);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked) {
        return app.exit(asked);  // --help
    } catch (const CLI::ParseError& error) {
        return fail({ErrorCode::invalid_input,
                     std::string(error.what()) + " (make_model --help shows how)"});
    }
    const auto line = make(arguments);
    if (!line) return fail(line.error());
    std::cout << *line << std::flush;
    if (!std::cout) return fail({ErrorCode::unavailable, "cannot write to standard output"});
    return fabula::app::exit_success;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {  // a foreign library broke its own promise
        return fail({ErrorCode::unavailable, error.what()});
    }
}
