# One function per kind of target, so that a module's own CMakeLists.txt is a few lines.

include(GoogleTest)

# bb_precompile(TARGET [HEADER...]): what most files include, of the standard library and of others,
# is compiled once for the target. Nothing of ours: a header that forgets an #include still shows in
# the builds without (fuzz, and clang-tidy).
function(bb_precompile target)
  if(BB_FUZZ)
    return()
  endif()
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <chrono> <cstdint> <deque> <expected> <functional> <map> <memory> <optional>
    <span> <string> <string_view> <unordered_map> <utility> <variant> <vector> ${ARGN})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Without the first, ccache keeps nothing that was compiled with them. The others: g++ 12 takes
    # what it inlines of a precompiled std::string for code of ours, and warns of sizes that
    # cannot be (GCC bug 105329).
    target_compile_options(${target} PRIVATE -fpch-preprocess
      -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-mismatched-new-delete)
  endif()
endfunction()

# bb_module_order(NAME...): the dependency order, lowest first.
function(bb_module_order)
  set_property(GLOBAL PROPERTY BB_MODULE_ORDER "${ARGV}")
endfunction()

# bb_module(NAME [DEPS module...] [LIBS library...] [PRECOMPILE header...])
#
# A static library bb_NAME from every .cc of the current folder, and, from its
# *_test.cc, the test program NAME_test. DEPS are modules of ours and must come
# earlier in the module order; tests/checks/ holds the #include lines to them.
# PRECOMPILE: headers of others that many of its files include.
function(bb_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS;PRECOMPILE" ${ARGN})
  get_property(order GLOBAL PROPERTY BB_MODULE_ORDER)
  list(FIND order ${name} own_index)
  if(own_index EQUAL -1)
    message(FATAL_ERROR "module '${name}' is not in bb_module_order()")
  endif()
  foreach(dependency IN LISTS ARG_DEPS)
    list(FIND order ${dependency} index)
    if(index EQUAL -1 OR NOT index LESS own_index)
      message(FATAL_ERROR "module '${name}' may not depend on '${dependency}': "
                          "dependencies come earlier in bb_module_order()")
    endif()
  endforeach()

  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  set(test_sources ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|main)\\.cc$")
  list(FILTER test_sources INCLUDE REGEX "_test\\.cc$")

  set(scope PUBLIC)
  if(sources)
    add_library(bb_${name} STATIC ${sources})
    bb_precompile(bb_${name} ${ARG_PRECOMPILE})
  else()
    add_library(bb_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_link_libraries(bb_${name} ${scope} bb_options ${ARG_LIBS})
  foreach(dependency IN LISTS ARG_DEPS)
    target_link_libraries(bb_${name} ${scope} bb_${dependency})
  endforeach()

  if(test_sources AND NOT BB_FUZZ)
    bb_test(${name}_test SOURCES ${test_sources} DEPS ${name})
  endif()
endfunction()

# bb_test(NAME SOURCES file... [DEPS module...] [LABEL label])
# A GoogleTest program, every TEST of which is a CTest test with that label, "unit" unless
# given. One label: gtest_discover_tests() takes the second of a list for the next property.
function(bb_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;DEPS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "bb_test(${name}) does not know '${ARG_UNPARSED_ARGUMENTS}'")
  endif()
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  bb_precompile(${name} <gmock/gmock.h> <gtest/gtest.h>)
  target_link_libraries(${name} PRIVATE bb_options GTest::gmock_main)
  foreach(dependency IN LISTS ARG_DEPS)
    target_link_libraries(${name} PRIVATE bb_${dependency})
  endforeach()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${ARG_LABEL})
endfunction()

# bb_executable(NAME SOURCES file... [DEPS module...])
function(bb_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE bb_options)
  foreach(dependency IN LISTS ARG_DEPS)
    target_link_libraries(${name} PRIVATE bb_${dependency})
  endforeach()
endfunction()

# bb_fuzz_target(NAME [DEPS module...]): NAME.cc and the seeds in corpus/NAME/.
#
# With the fuzz preset, a libFuzzer program. With every other preset, the same
# entry point run once over its seeds as the test fuzz_NAME, so that a target
# cannot rot between fuzzing runs.
function(bb_fuzz_target name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  if(BB_FUZZ)
    bb_executable(fuzz_${name} SOURCES ${name}.cc DEPS ${ARG_DEPS})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    bb_executable(fuzz_${name} SOURCES ${name}.cc replay_main.cc DEPS ${ARG_DEPS})
    add_test(NAME fuzz_${name} COMMAND fuzz_${name} "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
    set_tests_properties(fuzz_${name} PROPERTIES LABELS "fuzz")
  endif()
endfunction()
