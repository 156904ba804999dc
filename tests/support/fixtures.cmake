# What tests may ask for with FIXTURES_REQUIRED:
#
#   bb_serve      a `bb serve`; its URL is in the file that BB_TEST_BB_URL_FILE names
#   rabbitmq      a RabbitMQ; its URL is in the file that BB_TEST_RABBITMQ_URL_FILE names
#   python_env    a Python with the packages of requirements.txt
#   node_modules  the Node packages of interop/node/package-lock.json
#   ajv           those of conformance/node/package-lock.json
#   json_schema_suite  the official JSON-Schema-Test-Suite, at json_schema_suite_dir
#
# CTest starts each once, for the tests of the run that require it.

set(support_dir "${CMAKE_CURRENT_SOURCE_DIR}/support")
set(services_dir "${PROJECT_BINARY_DIR}/services")
# Shared by all presets and by bench/: it depends on the lock files alone.
set(tools_dir "${PROJECT_SOURCE_DIR}/build/tools")

set(bb_url_file "${PROJECT_BINARY_DIR}/bb_serve.url")
set(rabbitmq_url_file "${PROJECT_BINARY_DIR}/rabbitmq.url")

# bb_fixture(NAME SETUP word... [CLEANUP word...])
function(bb_fixture name)
  cmake_parse_arguments(ARG "" "" "SETUP;CLEANUP" ${ARGN})
  add_test(NAME fixture_${name}_setup COMMAND ${ARG_SETUP})
  set_tests_properties(fixture_${name}_setup PROPERTIES FIXTURES_SETUP ${name} LABELS fixture)
  if(ARG_CLEANUP)
    add_test(NAME fixture_${name}_cleanup COMMAND ${ARG_CLEANUP})
    set_tests_properties(fixture_${name}_cleanup PROPERTIES
      FIXTURES_CLEANUP ${name} LABELS fixture)
  endif()
endfunction()

# The interpreters are looked up when a test runs, not here: run.sh configures
# on machines that have none.
bb_fixture(rabbitmq
  SETUP python3 "${support_dir}/rabbitmq.py" start "${services_dir}/rabbitmq" "${rabbitmq_url_file}"
  CLEANUP python3 "${support_dir}/rabbitmq.py" stop "${services_dir}/rabbitmq" "${rabbitmq_url_file}")
bb_fixture(bb_serve
  SETUP python3 "${support_dir}/bb_serve.py" start "${services_dir}/bb_serve" "${bb_url_file}"
        $<TARGET_FILE:bb>
  CLEANUP python3 "${support_dir}/bb_serve.py" stop "${services_dir}/bb_serve" "${bb_url_file}")
bb_fixture(python_env SETUP bash "${support_dir}/python_env.sh" "${tools_dir}/python")
bb_fixture(node_modules SETUP bash "${support_dir}/node_modules.sh" "${tools_dir}/node")
bb_fixture(ajv SETUP bash "${support_dir}/node_modules.sh" "${tools_dir}/ajv"
  "${CMAKE_CURRENT_SOURCE_DIR}/conformance/node")

# Empty: the script looks for it, and downloads it where there is none.
set(BB_JSON_SCHEMA_TEST_SUITE "" CACHE PATH "The official JSON-Schema-Test-Suite")
set(json_schema_suite_dir "${tools_dir}/json-schema-test-suite")
bb_fixture(json_schema_suite SETUP bash "${support_dir}/json_schema_suite.sh"
  "${json_schema_suite_dir}" "${tools_dir}/python/bin/python" "${BB_JSON_SCHEMA_TEST_SUITE}")
set_tests_properties(fixture_json_schema_suite_setup PROPERTIES FIXTURES_REQUIRED python_env)

# bb_broker_test(NAME FIXTURES fixture... COMMAND word... [ENVIRONMENT NAME=value...])
#
# The command once for each broker, as the tests NAME_bb and NAME_rabbitmq. It
# finds the broker's name in BB_TEST_BROKER, its URL in the file that
# BB_TEST_BROKER_URL_FILE names, and the program in BB_TEST_BB.
function(bb_broker_test name)
  cmake_parse_arguments(ARG "" "" "FIXTURES;COMMAND;ENVIRONMENT" ${ARGN})
  foreach(broker IN ITEMS bb rabbitmq)
    set(fixture ${broker})
    if(broker STREQUAL bb)
      set(fixture bb_serve)
    endif()
    # In the source folder, so that failures are told by the names of its files.
    add_test(NAME ${name}_${broker} COMMAND ${ARG_COMMAND}
      WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    set_tests_properties(${name}_${broker} PROPERTIES
      FIXTURES_REQUIRED "${fixture};${ARG_FIXTURES}"
      LABELS "interop"
      ENVIRONMENT "BB_TEST_BB=$<TARGET_FILE:bb>;BB_TEST_BROKER=${broker};BB_TEST_BROKER_URL_FILE=${${broker}_url_file};${ARG_ENVIRONMENT}")
  endforeach()
endfunction()

# bb_python_test(NAME FILE [NO_BROKER]): a pytest file, once for each broker, or
# once as the test NAME, without a broker.
function(bb_python_test name file)
  cmake_parse_arguments(ARG "NO_BROKER" "" "" ${ARGN})
  # Through env, because CTest complains of a program that a fixture has yet to make.
  set(command env "${tools_dir}/python/bin/python" -B -m pytest -q -p no:cacheprovider
    -c "${support_dir}/pytest.ini" --rootdir "${CMAKE_CURRENT_SOURCE_DIR}"
    "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  set(environment "PYTHONPATH=${support_dir}")
  if(ARG_NO_BROKER)
    add_test(NAME ${name} COMMAND ${command} WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")
    set_tests_properties(${name} PROPERTIES
      FIXTURES_REQUIRED python_env
      LABELS interop
      ENVIRONMENT "BB_TEST_BB=$<TARGET_FILE:bb>;${environment}")
  else()
    bb_broker_test(${name} FIXTURES python_env COMMAND ${command} ENVIRONMENT ${environment})
  endif()
endfunction()
