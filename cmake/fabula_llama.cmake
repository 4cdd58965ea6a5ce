# SPDX-License-Identifier: 0BSD
# Where llama.cpp comes from. `cache` and `system` both go through its own package file; the first is
# pointed at what ./run built (-Dllama_ROOT=...), the second at whatever is installed.
if(FABULA_LLAMA STREQUAL "none")
    message(STATUS "Fabula: without llama.cpp; only the scripted model runs")
elseif(FABULA_LLAMA STREQUAL "cache" OR FABULA_LLAMA STREQUAL "system")
    if(FABULA_LLAMA STREQUAL "cache" AND NOT llama_ROOT)
        message(FATAL_ERROR "llama.cpp is not there: use ./run build, or give -Dllama_ROOT=FOLDER, -DFABULA_LLAMA=system or none")
    endif()
    find_package(llama REQUIRED)
    message(STATUS "Fabula: llama.cpp from ${llama_DIR}")
else()
    message(FATAL_ERROR "FABULA_LLAMA is '${FABULA_LLAMA}': one of cache, system, none")
endif()
