# SPDX-License-Identifier: 0BSD
# fabula_module(<name> SOURCES <file>... [DEPENDS <module>...] [TESTS <file>...] [LIBRARIES <target>...])
#
# Declares one architectural module: static library fabula_<name>, namespace fabula::<name>,
# folder src/<name>. DEPENDS is the only place where an edge of the architecture is written;
# tools/check_layers.py holds every #include to it.

add_library(fabula_settings INTERFACE)
target_compile_features(fabula_settings INTERFACE cxx_std_20)
target_include_directories(fabula_settings INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_definitions(fabula_settings INTERFACE _GLIBCXX_ASSERTIONS)
# Paths relative to the root: a second clone finds its objects in the compiler cache, and asserts read short.
target_compile_options(fabula_settings INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
target_compile_options(fabula_settings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wimplicit-fallthrough -Wundef
    $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond> $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op>)

if(FABULA_TESTS)
    find_package(GTest REQUIRED)
    include(GoogleTest)
endif()

# fabula_gtests(<target> <prefix> <label> [TIMEOUT <seconds>]): the target's tests, <prefix>.Suite.name each in a process of its own; with
# FABULA_TESTS_TOGETHER in four processes <prefix>_test.1 .. 4, since a process under a sanitizer takes longer to begin than
# most tests to run. What each of them ran is in gtest/NAME.xml, which tools/test_summary.py counts.
function(fabula_gtests target prefix label)
    if(NOT FABULA_TESTS_TOGETHER)
        gtest_discover_tests(${target} TEST_PREFIX "${prefix}." DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${label} ${ARGN})
        return()
    endif()
    foreach(shard RANGE 3)
        math(EXPR number "${shard} + 1")
        set(test ${target}.${number})
        add_test(NAME ${test} COMMAND ${target})
        set_tests_properties(${test} PROPERTIES LABELS ${label} TIMEOUT 1200
            ENVIRONMENT "GTEST_TOTAL_SHARDS=4;GTEST_SHARD_INDEX=${shard};GTEST_OUTPUT=xml:${CMAKE_BINARY_DIR}/gtest/${test}.xml")
    endforeach()
endfunction()

function(fabula_module name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS;TESTS;LIBRARIES")
    list(TRANSFORM arg_DEPENDS PREPEND fabula_)
    add_library(fabula_${name} STATIC ${arg_SOURCES})
    target_link_libraries(fabula_${name} PUBLIC fabula_settings ${arg_DEPENDS} PRIVATE ${arg_LIBRARIES})
    set_target_properties(fabula_${name} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
    if(FABULA_TESTS AND arg_TESTS)
        add_executable(${name}_test ${arg_TESTS})
        target_link_libraries(${name}_test PRIVATE fabula_${name} GTest::gtest_main)
        fabula_gtests(${name}_test ${name} unit)
    endif()
endfunction()
