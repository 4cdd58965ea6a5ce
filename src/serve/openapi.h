// SPDX-License-Identifier: 0BSD
// The OpenAPI 3.1 document, made from the table of routes, and the page that shows it.
#pragma once

#include "serve/http.h"

#include <string>
#include <string_view>

namespace fabula::serve {

/// Every route of the router, with the schemas it names. `version`: of Fabula.
std::string openapi_document(const Router& router, std::string_view version);

/// The components: a JSON object from name to JSON Schema (2020-12).
std::string_view openapi_schemas();

/// The document as a page that needs no script.
std::string openapi_page(const Router& router, std::string_view version);

/// Adds /openapi.json and /api/v1/docs; add it last, since it shows what is there.
void add_openapi_routes(Router& router, std::string_view version);

}  // namespace fabula::serve
