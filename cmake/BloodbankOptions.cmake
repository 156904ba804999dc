# Compiler settings shared by every target, and the third-party packages.

set(BB_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")
option(BB_FUZZ "Build the libFuzzer targets (clang only) instead of the tests" OFF)

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Symbols in release too, so that a profile or a core dump can be read.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

find_program(BB_CCACHE ccache)
if(BB_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${BB_CCACHE}")
endif()

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(simdjson REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Idn2 REQUIRED)
find_package(Pcre2 REQUIRED)
# Static, and so only what is used of it: as shared libraries it costs every start of bb three
# milliseconds and five megabytes.
set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL REQUIRED)
# Static for the same reason.
find_library(BB_SQLITE_LIBRARY NAMES libsqlite3.a REQUIRED)
add_library(bb_sqlite INTERFACE)
target_link_libraries(bb_sqlite INTERFACE "${BB_SQLITE_LIBRARY}" Threads::Threads ${CMAKE_DL_LIBS} m)
find_library(BB_HIREDIS_LIBRARY NAMES libhiredis.a REQUIRED)
add_library(bb_hiredis INTERFACE)
target_link_libraries(bb_hiredis INTERFACE "${BB_HIREDIS_LIBRARY}")
if(NOT BB_FUZZ)
  find_package(GTest REQUIRED)
endif()

add_library(bb_options INTERFACE)
target_compile_options(bb_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
  -Wconversion -Wno-sign-conversion -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these in its own headers once they are inlined (GCC bugs 105562, 105329).
  target_compile_options(bb_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
  if(BB_SANITIZE MATCHES "thread")
    # Boost.Asio has fences around its handlers, which the thread sanitizer does not follow. What
    # they order is ordered by Asio's locks as well, and those it follows.
    target_compile_options(bb_options INTERFACE -Wno-tsan)
  endif()
endif()
target_compile_definitions(bb_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION BOOST_ALL_NO_LIB
  BB_VERSION="${PROJECT_VERSION}")
target_include_directories(bb_options INTERFACE
  "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")

if(BB_SANITIZE)
  add_compile_options(-fsanitize=${BB_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=${BB_SANITIZE})
endif()
if(BB_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
