# A room is a folder under src/ that becomes one static library. Its headers are reachable only for
# what links it: each room has an include folder of its own that holds a link to the room, so that
# #include "audit/journal.h" fails to compile where audit is not among the dependencies.
#
#   axonflow_room(audit
#     SOURCES journal.cpp record.cpp
#     PUBLIC base store          # rooms whose headers its own headers include
#     PRIVATE telemetry          # rooms or libraries used inside only
#     TESTS journal_test.cpp)    # one executable <room>_test, registered with ctest
function(axonflow_room name)
  cmake_parse_arguments(ROOM "" "PATH" "SOURCES;PUBLIC;PRIVATE;TESTS;TEST_LIBRARIES" ${ARGN})
  if(NOT ROOM_PATH)
    set(ROOM_PATH ${name})
  endif()
  set(include_root ${CMAKE_BINARY_DIR}/rooms/${name})
  get_filename_component(parent ${include_root}/${ROOM_PATH} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${ROOM_PATH} ${include_root}/${ROOM_PATH} SYMBOLIC)

  list(TRANSFORM ROOM_PUBLIC PREPEND "" OUTPUT_VARIABLE public)
  if(ROOM_SOURCES)
    add_library(${name} STATIC ${ROOM_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${name} PUBLIC ${ROOM_PUBLIC} PRIVATE ${ROOM_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
    target_link_libraries(${name} INTERFACE ${ROOM_PUBLIC})
  endif()
  target_include_directories(${name} ${scope} ${include_root})

  if(ROOM_TESTS AND NOT AXONFLOW_FUZZ)
    add_executable(${name}_test ${ROOM_TESTS})
    target_link_libraries(${name}_test PRIVATE ${name} ${ROOM_PRIVATE} ${ROOM_TEST_LIBRARIES}
                                               GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE AXONFLOW_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  endif()
endfunction()

# Makes a .cpp that holds the text of `files` as `const EmbeddedFile <symbol>[]` with
# `<symbol>Count` (see base/embedded_file.h), so that the one binary carries its data.
function(axonflow_embed target symbol)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp)
  string(REPLACE ";" "|" joined "${ARGN}")
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DSYMBOL=${symbol} "-DFILES=${joined}" -DOUTPUT=${output} -P
            ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake
    DEPENDS ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/Embed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
