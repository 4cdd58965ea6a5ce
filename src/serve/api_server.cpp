// SPDX-License-Identifier: 0BSD
// What the server tells of itself: health, models, settings, presets, policies, figures.
#include "sample/settings_schema.h"
#include "serve/api.h"
#include "serve/views.h"

#include <charconv>

namespace fabula::serve {
namespace {

double uptime(const Api& api) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - api.started).count();
}

// A schema of the database is not asked for each time: that a query answers is what matters.
Response health(Api& api) {
    const auto store = api.stores.take();
    if (!store) return error_response(store.error());
    const auto open = (*store)->n_open_requests("");
    if (!open) return error_response(open.error());
    return answer(health_as_json(
        {api.options.version, uptime(api), api.scribe.info().name, api.options.store_kind}));
}

Response settings(Api& api, const Request& request) {
    std::optional<std::size_t> step;
    if (const auto asked = request.query.find("step"); asked != request.query.end()) {
        std::size_t number = 0;
        const char* const end = asked->second.data() + asked->second.size();
        const auto [rest, code] = std::from_chars(asked->second.data(), end, number);
        if (code != std::errc{} || rest != end || number < 1 || number > 100'000)
            return error_response(
                {ErrorCode::invalid_input, "step is no whole number from 1 to 100000"});
        step = number;
    }
    const auto store = api.stores.take();
    if (!store) return error_response(store.error());
    return answer(api.options.step_settings(**store, step));
}

Response save_preset(Api& api, const Request& request) {
    const auto settings = asked_preset(request.body);
    if (!settings) return error_response(settings.error());
    const auto& name = request.path_parameters.at("name");
    const auto saved = api.options.save_preset(name, *settings);
    if (!saved) return error_response(saved.error());
    return answer(api.options.presets());
}

Response remove_preset(Api& api, const Request& request) {
    const auto removed = api.options.remove_preset(request.path_parameters.at("name"));
    if (!removed) return error_response(removed.error());
    Response response;
    response.status = 204;
    return response;
}

Response metrics(Api& api) {
    std::size_t n_open = 0;
    if (const auto store = api.stores.take(); store) {
        if (const auto open = (*store)->n_open_requests(""); open) n_open = *open;
    }
    Response response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = api.metrics.text({api.feeds.n_readers(), n_open, uptime(api)});
    return response;
}

Route route_of(const char* path, const char* name, const char* summary, const char* schema) {
    Route route;
    route.path = path;
    route.name = name;
    route.summary = summary;
    route.tag = "server";
    route.response_schema = schema;
    return route;
}

void add_preset_routes(Router& router, Api& api) {
    auto list = route_of("/api/v1/presets", "listPresets", "settings with a name", "Presets");
    list.handler = [&api](const Request&) { return answer(api.options.presets()); };
    router.add(std::move(list));

    auto save =
        route_of("/api/v1/presets/{name}", "savePreset", "keeps settings under a name", "Presets");
    save.method = Method::put;
    save.request_schema = "PresetSettings";
    save.errors = {400, 409};
    save.most_body_bytes = std::size_t{1} << 16;
    save.handler = [&api](const Request& request) { return save_preset(api, request); };
    router.add(std::move(save));

    auto remove =
        route_of("/api/v1/presets/{name}", "removePreset", "removes one that was kept", "");
    remove.method = Method::remove;
    remove.success = 204;
    remove.errors = {404, 409};
    remove.handler = [&api](const Request& request) { return remove_preset(api, request); };
    router.add(std::move(remove));
}

}  // namespace

void add_server_routes(Router& router, Api& api) {
    auto healthy = route_of("/api/v1/health", "health", "whether the server works", "Health");
    healthy.is_open = true;
    healthy.errors = {503};
    healthy.handler = [&api](const Request&) { return health(api); };
    router.add(std::move(healthy));

    auto models = route_of("/api/v1/models", "listModels", "the models that write", "Models");
    models.handler = [&api](const Request&) {
        return answer(models_as_json({{api.scribe.info(), api.options.is_chat}}));
    };
    router.add(std::move(models));

    auto steps = route_of("/api/v1/settings", "settingsByStep",
                          "means of the settings that people picked, by step", "StepSettings");
    steps.query = {
        {"step", "one step, counted from 1; else all", R"({"type":"integer","minimum":1})"}};
    steps.errors = {400};
    steps.handler = [&api](const Request& request) { return settings(api, request); };
    router.add(std::move(steps));

    auto schema = route_of("/api/v1/settings/schema", "settingsSchema",
                           "the settings of a candidate, as a JSON Schema", "JsonSchema");
    schema.handler = [](const Request&) { return answer(sample::settings_json_schema()); };
    router.add(std::move(schema));

    auto policies = route_of("/api/v1/policies", "listPolicies",
                             "where the settings of candidates may come from", "Policies");
    policies.handler = [&api](const Request&) {
        return answer(policies_as_json(api.options.policies, api.options.offering.policy));
    };
    router.add(std::move(policies));

    auto figures = route_of("/metrics", "metrics", "counts for Prometheus", "");
    figures.content_type = "text/plain";
    figures.handler = [&api](const Request&) { return metrics(api); };
    router.add(std::move(figures));
    add_preset_routes(router, api);
}

}  // namespace fabula::serve
