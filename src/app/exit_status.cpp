// SPDX-License-Identifier: 0BSD
#include "app/exit_status.h"

#include "app/terminal.h"

#include <iostream>

namespace fabula::app {

int exit_status(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid_input:
            return 2;
        case ErrorCode::not_found:
            return 3;
        case ErrorCode::conflict:
            return 4;
        case ErrorCode::exhausted:
            return 5;
        case ErrorCode::unavailable:
            return 6;
        case ErrorCode::corrupt:
            return 7;
    }
    return 1;
}

int fail(const Error& error) {
    std::cout.flush();
    std::cerr << "fabula: " << printable_line(error.message) << std::endl;
    return exit_status(error.code);
}

}  // namespace fabula::app
