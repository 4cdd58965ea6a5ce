# SPDX-License-Identifier: 0BSD
# RE2, as the target re2::re2. Debian's libre2-dev has no file for CMake, later ones have.
if(NOT TARGET re2::re2)
    find_package(re2 CONFIG QUIET)
endif()
if(NOT TARGET re2::re2)
    find_path(RE2_INCLUDE re2/re2.h REQUIRED)
    find_library(RE2_LIBRARY re2 REQUIRED)
    add_library(re2::re2 UNKNOWN IMPORTED GLOBAL)
    set_target_properties(re2::re2 PROPERTIES
        IMPORTED_LOCATION "${RE2_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${RE2_INCLUDE}")
endif()
