# Pcre2::pcre2-8: PCRE2 for texts of 8-bit units.
#
# The static archive where there is one: a shared library less to load each time the
# program starts.

find_path(Pcre2_INCLUDE_DIR pcre2.h)
find_library(Pcre2_LIBRARY NAMES libpcre2-8.a pcre2-8)
mark_as_advanced(Pcre2_INCLUDE_DIR Pcre2_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Pcre2 REQUIRED_VARS Pcre2_LIBRARY Pcre2_INCLUDE_DIR)

if(Pcre2_FOUND AND NOT TARGET Pcre2::pcre2-8)
  add_library(Pcre2::pcre2-8 INTERFACE IMPORTED)
  target_include_directories(Pcre2::pcre2-8 INTERFACE "${Pcre2_INCLUDE_DIR}")
  target_link_libraries(Pcre2::pcre2-8 INTERFACE "${Pcre2_LIBRARY}")
endif()
