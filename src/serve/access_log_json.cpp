// SPDX-License-Identifier: 0BSD
#include "serve/access_log.h"

#include <nlohmann/json.hpp>

#include <string>

namespace fabula::serve {

std::string line_of(const AccessRecord& record, Timestamp time) {
    const nlohmann::ordered_json line{{"time", to_iso8601(time)},  {"id", record.id},
                                      {"method", record.method},   {"route", record.route},
                                      {"status", record.status},   {"bytes", record.n_bytes},
                                      {"ms", record.milliseconds}, {"remote", record.remote}};
    return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace fabula::serve
