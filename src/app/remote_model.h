// SPDX-License-Identifier: 0BSD
// Models that run elsewhere, as the configuration names them: the keys endpoint, api, model,
// stream, timeout, window, prices and the budgets.
#pragma once

#include "app/configuration.h"
#include "base/result.h"
#include "model/generator.h"

#include <memory>
#include <stop_token>
#include <string>

namespace fabula::app {

/// Whether the configuration names a server.
bool is_remote(const Configuration& configuration);

/// Opens the model behind the endpoints; what a person should know goes to stderr. `model`: "" for
/// the one that the server has. Errors: invalid_input, not_found (a file, a key), and those of
/// model::make_remote.
Result<std::unique_ptr<model::Generator>> open_remote(const Configuration& configuration,
                                                      const std::string& model,
                                                      const std::stop_token& stop);

/// What it has cost so far, as one line; "" for a local model, and before the first request.
std::string cost_line(const model::Generator& generator);

}  // namespace fabula::app
