// SPDX-License-Identifier: 0BSD
// The one table from our errors to Python's exceptions (python/fabula/errors.py).
#pragma once

#include "base/result.h"

#include <utility>

namespace fabula::python {

/// Raises the exception of `error.code` with its message. Requires the GIL.
[[noreturn]] void raise(const Error& error);

/// The value, or its error raised.
template <typename T>
T value_or_raise(Result<T> result) {
    if (!result) raise(result.error());
    return *std::move(result);
}

}  // namespace fabula::python
