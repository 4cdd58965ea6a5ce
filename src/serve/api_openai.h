// SPDX-License-Identifier: 0BSD
// /v1/completions, /v1/chat/completions and /v1/models, so that other front ends use our decoder.
// Nothing of what they ask for is kept.
#pragma once

#include "serve/api.h"

namespace fabula::serve {

void add_openai_routes(Router& router, Api& api);

}  // namespace fabula::serve
