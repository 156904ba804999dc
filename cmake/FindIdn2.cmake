# Idn2::idn2: GNU libidn2 and the libunistring below it.
#
# The static archives where there are any: two shared libraries less to load each
# time the program starts.

find_path(Idn2_INCLUDE_DIR idn2.h)
find_path(Unistring_INCLUDE_DIR uninorm.h)
find_library(Idn2_LIBRARY NAMES libidn2.a idn2)
find_library(Unistring_LIBRARY NAMES libunistring.a unistring)
mark_as_advanced(Idn2_INCLUDE_DIR Unistring_INCLUDE_DIR Idn2_LIBRARY Unistring_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Idn2 REQUIRED_VARS
  Idn2_LIBRARY Unistring_LIBRARY Idn2_INCLUDE_DIR Unistring_INCLUDE_DIR)

if(Idn2_FOUND AND NOT TARGET Idn2::idn2)
  add_library(Idn2::idn2 INTERFACE IMPORTED)
  target_include_directories(Idn2::idn2 INTERFACE "${Idn2_INCLUDE_DIR}" "${Unistring_INCLUDE_DIR}")
  target_link_libraries(Idn2::idn2 INTERFACE "${Idn2_LIBRARY}" "${Unistring_LIBRARY}")
endif()
