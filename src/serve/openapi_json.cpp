// SPDX-License-Identifier: 0BSD
#include "sample/settings_schema.h"
#include "serve/openapi.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <memory>

namespace fabula::serve {
namespace {

using Json = nlohmann::ordered_json;

Json reference(const std::string& schema) {
    return {{"$ref", "#/components/schemas/" + schema}};
}

Json content(const std::string& type, const std::string& schema) {
    Json media = Json::object();
    if (!schema.empty())
        media["schema"] = reference(schema);
    else if (type != "application/json")
        media["schema"] = {{"type", "string"}};
    return {{type, std::move(media)}};
}

std::vector<std::string> parameters_of(const std::string& path) {
    std::vector<std::string> names;
    for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1))
        names.push_back(path.substr(at + 1, path.find('}', at) - at - 1));
    return names;
}

bool is_openai(const Route& route) {
    return route.tag == "openai";
}

// Whoever is not let in hears it in our words on OpenAI's routes, too.
const char* error_schema(const Route& route, int status) {
    return is_openai(route) && status != 401 && status != 403 ? "OpenAiError" : "Error";
}

const char* description_of(int status) {
    switch (status) {
        case 200:
            return "it is done";
        case 201:
            return "it is kept";
        case 202:
            return "it is in the queue";
        case 204:
            return "it is gone";
        case 400:
            return "the request is not understood";
        case 401:
            return "a token is wanted";
        case 403:
            return "not from there";
        case 404:
            return "there is no such thing";
        case 409:
            return "it does not fit what is there by now";
        case 413:
            return "too large";
        case 429:
            return "too many at once; see Retry-After";
        default:
            return "not now; see Retry-After";
    }
}

Json operation_of(const Route& route) {
    Json operation{{"operationId", route.name}, {"summary", route.summary}, {"tags", {route.tag}}};
    Json parameters = Json::array();
    for (const auto& name : parameters_of(route.path)) {
        const bool is_text = name == "name";
        parameters.push_back(Json{{"name", name},
                                  {"in", "path"},
                                  {"required", true},
                                  {"schema", {{"type", is_text ? "string" : "integer"}}}});
    }
    for (const auto& each : route.query) {
        parameters.push_back(Json{{"name", each.name},
                                  {"in", "query"},
                                  {"description", each.description},
                                  {"schema", Json::parse(each.schema)}});
    }
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (!route.request_schema.empty())
        operation["requestBody"] = {{"required", true},
                                    {"content", content("application/json", route.request_schema)}};
    Json responses = Json::object();
    Json success{{"description", description_of(route.success)}};
    if (route.success != 204) {
        success["content"] = content(route.content_type, route.response_schema);
        if (is_openai(route) && route.method == Method::post)
            success["content"].update(content("text/event-stream", ""));
    }
    responses[std::to_string(route.success)] = std::move(success);
    auto errors = route.errors;
    if (!route.is_open) errors.push_back(401);
    errors.push_back(403);
    std::sort(errors.begin(), errors.end());
    errors.erase(std::unique(errors.begin(), errors.end()), errors.end());
    for (const int status : errors)
        responses[std::to_string(status)] = {
            {"description", description_of(status)},
            {"content", content("application/json", error_schema(route, status))}};
    operation["responses"] = std::move(responses);
    if (route.is_open) operation["security"] = Json::array();
    return operation;
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

std::string as_html(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

Json settings_schema() {
    Json schema = Json::parse(sample::settings_json_schema());
    // Inside a document it is a part of it, not one of its own.
    schema.erase("$schema");
    schema.erase("$id");
    return schema;
}

}  // namespace

std::string openapi_document(const Router& router, std::string_view version) {
    Json schemas = Json::parse(openapi_schemas());
    schemas["Settings"] = settings_schema();
    Json paths = Json::object();
    for (const auto& route : router.routes())
        paths[route.path][lower(name_of(route.method))] = operation_of(route);
    const Json document{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Fabula"},
          {"version", version},
          {"summary", "a story engine: several continuations, somebody chooses"},
          {"license", {{"name", "0BSD"}, {"identifier", "0BSD"}}}}},
        {"servers", Json::array({Json{{"url", "/"}}})},
        {"security", Json::array({Json{{"token", Json::array()}}, Json::object()})},
        {"paths", std::move(paths)},
        {"components",
         {{"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}},
          {"schemas", std::move(schemas)}}}};
    return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string openapi_page(const Router& router, std::string_view version) {
    std::string page =
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width\"><title>Fabula: HTTP</title></head>"
        "<body><main><h1>Fabula " +
        as_html(std::string(version)) +
        ": HTTP</h1><p>The document for programs: <a href=\"/openapi.json\">openapi.json</a> "
        "(OpenAPI 3.1).</p>";
    std::string tag;
    for (const auto& route : router.routes()) {
        if (route.tag != tag) {
            if (!tag.empty()) page += "</dl>";
            tag = route.tag;
            page += "<h2>" + as_html(tag) + "</h2><dl>";
        }
        page += "<dt><code>" + std::string(name_of(route.method)) + ' ' + as_html(route.path) +
                "</code></dt><dd>" + as_html(route.summary);
        if (!route.request_schema.empty())
            page += "; takes <i>" + as_html(route.request_schema) + "</i>";
        if (!route.response_schema.empty())
            page += "; gives <i>" + as_html(route.response_schema) + "</i>";
        page += "</dd>";
    }
    if (!tag.empty()) page += "</dl>";
    page += "<h2>Schemas</h2>";
    Json schemas = Json::parse(openapi_schemas());
    schemas["Settings"] = settings_schema();
    for (const auto& [name, schema] : schemas.items())
        page += "<details><summary>" + as_html(name) + "</summary><pre>" + as_html(schema.dump(2)) +
                "</pre></details>";
    return page + "</main></body></html>";
}

void add_openapi_routes(Router& router, std::string_view version) {
    Route document;
    document.path = "/openapi.json";
    document.name = "openApi";
    document.summary = "this document";
    document.tag = "server";
    document.response_schema = "JsonSchema";
    Route page = document;
    page.path = "/api/v1/docs";
    page.name = "docs";
    page.summary = "this document as a page";
    page.response_schema = "";
    page.content_type = "text/html";
    // Filled below, since they show themselves, too.
    const auto json = std::make_shared<std::string>();
    const auto html = std::make_shared<std::string>();
    document.handler = [json](const Request&) {
        Response response;
        response.body = *json;
        return response;
    };
    page.handler = [html](const Request&) {
        Response response;
        response.content_type = "text/html; charset=utf-8";
        response.body = *html;
        return response;
    };
    router.add(std::move(document));
    router.add(std::move(page));
    *json = openapi_document(router, version);
    *html = openapi_page(router, version);
}

}  // namespace fabula::serve
