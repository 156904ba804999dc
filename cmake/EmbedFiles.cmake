# bb_embed_files(TARGET HEADER header NAMESPACE name FUNCTION name BASE folder FILES file...)
#
# Compiles the files into TARGET as the function that HEADER declares:
#   std::span<const EmbeddedFile> FUNCTION();
# Paths are told relative to BASE. A file that changes is compiled again.
#
# Included, this defines the function; run with -P, it writes the source.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(BB_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")
  function(bb_embed_files target)
    cmake_parse_arguments(ARG "" "HEADER;NAMESPACE;FUNCTION;BASE" "FILES" ${ARGN})
    set(source "${CMAKE_CURRENT_BINARY_DIR}/${ARG_FUNCTION}.cc")
    string(REPLACE ";" "|" files "${ARG_FILES}")
    add_custom_command(OUTPUT "${source}"
      COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${source}" "-DHEADER=${ARG_HEADER}"
        "-DNAMESPACE=${ARG_NAMESPACE}" "-DFUNCTION=${ARG_FUNCTION}" "-DBASE=${ARG_BASE}"
        "-DFILES=${files}" -P "${BB_EMBED_SCRIPT}"
      DEPENDS ${ARG_FILES} "${BB_EMBED_SCRIPT}"
      VERBATIM)
    target_sources(${target} PRIVATE "${source}")
  endfunction()
  return()
endif()

string(REPLACE "|" ";" FILES "${FILES}")
set(entries "")
foreach(file IN LISTS FILES)
  file(RELATIVE_PATH path "${BASE}" "${file}")
  file(READ "${file}" text)
  string(APPEND entries "    {\"${path}\", R\"bb_embed(${text})bb_embed\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"${HEADER}\"

namespace ${NAMESPACE} {

std::span<const EmbeddedFile> ${FUNCTION}() {
  static constexpr EmbeddedFile kFiles[] = {
${entries}  };
  return kFiles;
}

}  // namespace ${NAMESPACE}
")
