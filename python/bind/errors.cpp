// SPDX-License-Identifier: 0BSD
#include "bind/errors.h"

#include <pybind11/pybind11.h>

namespace fabula::python {
namespace {

const char* exception_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_input:
            return "InvalidInput";
        case ErrorCode::not_found:
            return "NotFound";
        case ErrorCode::conflict:
            return "Conflict";
        case ErrorCode::exhausted:
            return "Exhausted";
        case ErrorCode::unavailable:
            return "Unavailable";
        case ErrorCode::corrupt:
            return "Corrupt";
    }
    return "EngineError";
}

}  // namespace

void raise(const Error& error) {
    const auto type = pybind11::module_::import("fabula.errors").attr(exception_of(error.code));
    PyErr_SetString(type.ptr(), error.message.c_str());
    throw pybind11::error_already_set();
}

}  // namespace fabula::python
