// SPDX-License-Identifier: 0BSD
#include "app/commands.h"
#include "app/disk_budget.h"
#include "app/exit_status.h"
#include "app/open_model.h"
#include "app/open_store.h"
#include "app/paths.h"
#include "app/policies.h"
#include "app/presets.h"
#include "app/remote_model.h"
#include "app/serve_logs.h"
#include "app/settings_flags.h"
#include "app/signals.h"
#include "app/step_settings.h"
#include "app/story_text.h"
#include "app/terminal.h"
#include "app/writing.h"
#include "serve/gate.h"
#include "serve/heap.h"
#include "serve/service.h"
#include "serve/token_file.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <thread>

namespace fabula::app {
namespace {

struct ServeArguments {
    Flags flags;
    std::string host = "127.0.0.1";
    int port = 8080;
    std::string token_file;
    std::vector<std::string> hosts;
    std::vector<std::string> origins;
    std::optional<std::size_t> read_ahead;
    bool has_log = false;
};

constexpr std::size_t most_candidates = 8;

const std::array<serve::PolicyHint, 6> policy_hints{
    {{"auto", "whichever of them explains best what was picked before"},
     {"random", "three ranges, from safe to wild"},
     {"average", "about the means of what was picked at this step"},
     {"portfolio", "one of each of the ways that were picked most, and something new"},
     {"fixed", "the settings as they are"},
     {"adaptive", "the settings as they are, calmer where the story loses its thread"}}};

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// Connections need descriptors, the usual 1024 are soon gone; and a file that may not grow is an
// error to be told, no reason to die.
void prepare_process() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    std::signal(SIGXFSZ, SIG_IGN);
    serve::share_arenas();
}

Result<Unit> check_names(const ServeArguments& arguments) {
    for (const auto& host : arguments.hosts) {
        if (host.find('*') != std::string::npos)
            return Error{ErrorCode::invalid_input,
                         "--allow-host '" + host + "': name each host, there is no pattern"};
    }
    for (const auto& origin : arguments.origins) {
        if (!serve::is_listed_origin(origin, {"", {}, {origin}, ""}))
            return Error{ErrorCode::invalid_input,
                         "--allow-origin '" + origin + "' is no origin: https://name[:port]"};
    }
    if (arguments.host.empty())
        return Error{ErrorCode::invalid_input, "--host is empty: name an address to listen on"};
    return Unit{};
}

Result<Unit> learn_policy(engine::OfferOptions& options, const std::string& policy,
                          store::Store& store) {
    const auto name = policy_name_from(policy);
    if (!name) return name.error();
    return set_policy(options, *name, store);
}

Result<std::string> settings_by_step(store::Store& store, std::optional<std::size_t> step) {
    const auto history = store.history("person");
    if (!history) return history.error();
    const StepDump dump = dump_of(*history);
    if (!step) return dump_as_json(dump);
    preference::StepAverages averages = dump.at(*step);
    averages.step = *step;
    return step_as_json(averages);
}

serve::OfferingOptions offering_options(const Configuration& configuration,
                                        engine::OfferOptions defaults) {
    serve::OfferingOptions options;
    options.defaults = std::move(defaults);
    const auto& policy = configuration.text("policy");
    options.policy = policy.empty() ? "auto" : policy;
    options.set_policy = learn_policy;
    options.check_policy = [](const std::string& name) -> Result<Unit> {
        const auto known = policy_name_from(name);
        if (!known) return known.error();
        return Unit{};
    };
    options.preset = [](const std::string& name) -> Result<std::string> {
        const auto preset = preset_named(name);
        if (!preset) return preset.error();
        return preset->json;
    };
    return options;
}

serve::ApiOptions api_options(const Configuration& configuration, serve::OfferingOptions offering) {
    serve::ApiOptions options;
    options.is_chat = offering.defaults.chat == engine::Chat::on;
    options.offering = std::move(offering);
    options.version = FABULA_VERSION;
    options.store_kind = store::is_postgres(database_of(configuration)) ? "postgresql" : "sqlite";
    options.system = configuration.text("system");
    options.instruction = default_instruction;
    options.policies.assign(policy_hints.begin(), policy_hints.end());
    options.presets = [] { return presets_as_api(presets()); };
    options.save_preset = save_preset;
    options.remove_preset = remove_preset;
    options.step_settings = settings_by_step;
    options.as_text = story_as_text;
    options.as_markdown = story_as_markdown;
    return options;
}

// The folder of the token that nobody named, for this user alone; what is wrong with it shows when
// the file is made.
void make_token_folder() {
    const auto folder = std::filesystem::path(token_file()).parent_path();
    std::error_code fault;
    if (std::filesystem::create_directories(folder, fault))
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, fault);
}

// Off the loopback a token is wanted, and made where there is none.
Result<std::string> token_of(const ServeArguments& arguments) {
    if (arguments.token_file.empty() && is_loopback(arguments.host)) return std::string();
    if (arguments.token_file.empty()) make_token_folder();
    const std::string path = arguments.token_file.empty() ? token_file() : arguments.token_file;
    const bool is_new = !std::filesystem::exists(path);
    auto token = serve::token_of_file(path);
    if (!token) return token;
    if (is_new)
        std::cerr << "fabula: the token, shown this once; it stays in " << printable_line(path)
                  << ":\n"
                  << *token << std::endl;
    return token;
}

Result<serve::ServiceOptions> service_options(const ServeArguments& arguments,
                                              const Configuration& configuration,
                                              engine::OfferOptions defaults) {
    serve::ServiceOptions options;
    auto token = token_of(arguments);
    if (!token) return token.error();
    options.http.port = arguments.port;
    options.http.allowed = {arguments.host, arguments.hosts, arguments.origins, *token,
                            !is_loopback(arguments.host)};
    options.api = api_options(configuration, offering_options(configuration, std::move(defaults)));
    options.api.check_room = [&configuration]() -> Result<Unit> {
        if (check_database_budget(configuration)) return Unit{};
        return Error{ErrorCode::exhausted,
                     "the database has all the room that database_mib allows: delete stories or "
                     "allow more"};
    };
    options.read_ahead = arguments.read_ahead.value_or(is_remote(configuration) ? 0 : 8);
    options.on_trouble = log_trouble;
    if (arguments.has_log) options.http.log = log_access;
    return options;
}

Result<std::unique_ptr<model::Generator>> open_generator(const Configuration& configuration,
                                                         const std::stop_token& stop) {
    if (is_remote(configuration))
        return open_remote(configuration,
                           configuration.is_set("model") ? configuration.text("model") : "", stop);
    auto open = open_options(configuration);
    if (!open) return open.error();
    open->n_branches = most_candidates;
    auto model = open_model(configuration.text("model"), *open);
    if (!model) return model.error();
    return model::make_local(*std::move(model));
}

Result<int> serve_stories(const ServeArguments& arguments) {
    if (const auto good = check_names(arguments); !good) return good.error();
    auto configuration = Configuration::load(arguments.flags, config_file(), process_environment);
    if (!configuration) return configuration.error();
    auto options = options_of(*configuration);
    if (!options) return options.error();
    if (const auto n = configuration->number("candidates", 1, most_candidates); !n)
        return n.error();
    if (const auto& policy = configuration->text("policy"); !policy.empty()) {
        if (const auto name = policy_name_from(policy); !name) return name.error();
    }
    if (const auto room = check_database_budget(*configuration); !room) return room.error();
    const auto stop = listen_for_signals();
    auto generator = open_generator(*configuration, stop);
    if (!generator) return generator.error();
    const auto chat = chat_of(*configuration, (*generator)->info());
    if (!chat) return chat.error();
    options->offer.chat = *chat;
    const std::string name = (*generator)->info().name;
    auto service_settings = service_options(arguments, *configuration, std::move(options->offer));
    if (!service_settings) return service_settings.error();

    prepare_process();
    serve::Service service(
        *std::move(generator), [&] { return open_store(*configuration); },
        *std::move(service_settings));
    if (const auto started = service.start(); !started) return started.error();
    const std::string shown_host =
        arguments.host == "0.0.0.0" || arguments.host == "::" ? "localhost" : arguments.host;
    const bool has_colons = shown_host.find(':') != std::string::npos;
    std::cout << fmt::format("Fabula writes with {} at http://{}:{}/", name,
                             has_colons ? "[" + shown_host + "]" : shown_host, service.port())
              << std::endl;
    if (is_terminal(2)) std::cerr << "Ctrl-C stops; what was written stays" << std::endl;
    while (!stop.stop_requested())
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    service.stop();
    return exit_success;
}

}  // namespace

void add_serve(CLI::App& app, Run& run) {
    auto* command = app.add_subcommand(
        "serve", "the browser's desk and the HTTP API: stories, offers, choices, OpenAI's routes");
    auto arguments = std::make_shared<ServeArguments>();
    command
        ->add_option("--host", arguments->host,
                     "where to listen [127.0.0.1]; anything but loopback wants a token")
        ->type_name("HOST");
    command->add_option("--port", arguments->port, "[8080]; 0 takes any that is free")
        ->check(CLI::Range(0, 65535))
        ->type_name("N");
    command
        ->add_option("--token-file", arguments->token_file,
                     "the token that is asked for; made (mode 600) where there is none")
        ->type_name("FILE");
    command
        ->add_option("--allow-host", arguments->hosts,
                     "a further name that the server goes by, behind a proxy")
        ->type_name("NAME");
    command
        ->add_option("--allow-origin", arguments->origins,
                     "a page elsewhere that may ask: https://name[:port]")
        ->type_name("ORIGIN");
    command
        ->add_option(
            "--read-ahead", arguments->read_ahead,
            "of so many candidates the next ones are drawn while you read [8; of a remote model "
            "0]; 0: off")
        ->check(CLI::Range(0, 8))
        ->type_name("N");
    command->add_flag("--log", arguments->has_log,
                      "a line of JSON a request on standard error, without words or secrets");
    add_key_flags(*command, arguments->flags,
                  {"candidates",   "policy",         "model",        "db",       "chat",
                   "system",       "threads",        "backend",      "kernel",   "cache_type",
                   "cache_mib",    "cache_disk_mib", "database_mib", "endpoint", "api",
                   "stream",       "timeout",        "window",       "prices",   "budget_tokens",
                   "budget_money", "month_tokens",   "month_money"});
    add_settings_flags(*command, arguments->flags);
    command->footer(R"(Examples:
  fabula serve
  fabula serve --model mistral-7b --port 9000
  fabula serve --host 0.0.0.0 --token-file ~/fabula.token
  fabula serve --db postgresql://writer@localhost/stories
  curl http://127.0.0.1:8080/api/v1/health

The page is at /, the API's document at /openapi.json and /api/v1/docs (docs/formats/http.md).)");
    command->callback([arguments, &run] {
        run = [arguments] {
            serve::leave_out_thread_caches();
            const auto status = serve_stories(*arguments);
            return status ? *status : fail(status.error());
        };
    });
}

}  // namespace fabula::app
