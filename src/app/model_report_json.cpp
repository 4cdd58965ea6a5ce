// SPDX-License-Identifier: 0BSD
#include "app/model_report.h"

#include <nlohmann/json.hpp>

namespace fabula::app {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string models_as_json(const std::vector<ModelRow>& rows) {
    Json list = Json::array();
    for (const auto& row : rows) {
        list.push_back({{"name", row.name},
                        {"path", row.path.empty() ? Json(nullptr) : Json(row.path)},
                        {"size_bytes", row.size_bytes},
                        {"architecture", row.architecture},
                        {"licence", row.licence},
                        {"used", row.is_used},
                        {"note", row.note}});
    }
    return dumped(list);
}

std::string model_as_json(const ModelReport& report) {
    return dumped({{"name", report.name},
                   {"path", report.path},
                   {"size_bytes", report.size_bytes},
                   {"sha256", report.sha256},
                   {"licence", report.licence},
                   {"architecture", report.architecture},
                   {"n_parameters", report.n_parameters},
                   {"n_layer", report.n_layer},
                   {"n_embd", report.n_embd},
                   {"n_vocab", report.n_vocab},
                   {"window_tokens", report.window_tokens},
                   {"tensor_types", report.tensor_types},
                   {"chat_template", report.has_chat_template},
                   {"backend", report.backend.empty() ? Json(nullptr) : Json(report.backend)},
                   {"why", report.why}});
}

}  // namespace fabula::app
