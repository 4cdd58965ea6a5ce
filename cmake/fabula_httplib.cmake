# SPDX-License-Identifier: 0BSD
# cpp-httplib, as the target fabula_httplib: built from the folder that ./run took out of the pinned llama.cpp sources
# (-DFABULA_HTTPLIB=FOLDER). Not Debian's: see docs/decisions/0012-a-vendored-http-library.md.
if(NOT FABULA_HTTPLIB)
    file(GLOB folders "$ENV{FABULA_CACHE}/httplib-of-llama-*" "$ENV{HOME}/.cache/fabula/httplib-of-llama-*")
    if(folders)
        list(GET folders 0 FABULA_HTTPLIB)
    endif()
endif()
if(NOT EXISTS "${FABULA_HTTPLIB}/httplib.cpp")
    message(FATAL_ERROR "cpp-httplib is not there: use ./run build, or give -DFABULA_HTTPLIB=FOLDER with httplib.h and httplib.cpp")
endif()
message(STATUS "Fabula: cpp-httplib from ${FABULA_HTTPLIB}")
find_package(Threads REQUIRED)
add_library(fabula_httplib STATIC ${FABULA_HTTPLIB}/httplib.cpp)
target_compile_features(fabula_httplib PUBLIC cxx_std_17)
target_compile_options(fabula_httplib PRIVATE -w)
target_include_directories(fabula_httplib SYSTEM INTERFACE ${FABULA_HTTPLIB})
target_include_directories(fabula_httplib PRIVATE ${FABULA_HTTPLIB})
# What both sides must see alike.
target_compile_definitions(fabula_httplib PUBLIC CPPHTTPLIB_HEADER_MAX_COUNT=100)
target_link_libraries(fabula_httplib PUBLIC Threads::Threads)
set_target_properties(fabula_httplib PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON CXX_CLANG_TIDY "")
