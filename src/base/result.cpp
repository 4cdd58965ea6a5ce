// SPDX-License-Identifier: 0BSD
#include "base/result.h"

namespace fabula {

const char* name_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_input:
            return "invalid_input";
        case ErrorCode::not_found:
            return "not_found";
        case ErrorCode::conflict:
            return "conflict";
        case ErrorCode::exhausted:
            return "exhausted";
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::corrupt:
            return "corrupt";
    }
    return "unknown";
}

}  // namespace fabula
