// SPDX-License-Identifier: 0BSD
#include "app/cache_report.h"

#include <nlohmann/json.hpp>

namespace fabula::app {

std::string cache_as_json(const CacheReport& report) {
    using Json = nlohmann::ordered_json;
    Json object = Json::object();
    for (const auto& use : report.uses) {
        object[use.what] = {
            {"path", use.path}, {"size_bytes", use.size_bytes}, {"most_bytes", use.most_bytes}};
    }
    Json models = Json::array();
    for (const auto& use : report.models) {
        models.push_back({{"model", use.model_name},
                          {"folder", use.folder},
                          {"pages", use.n_pages},
                          {"size_bytes", use.size_bytes}});
    }
    object["pages"]["models"] = std::move(models);
    return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fabula::app
