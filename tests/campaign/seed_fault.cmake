# Builds a fault into a copy of a source: cmake -DROOT=… -DFAULT=… -DOUT=… -P seed_fault.cmake
#
# FAULT is a file of fault(SOURCE FROM TO) calls. Each FROM must stand in its source exactly once:
# when the program changes, a fault that no longer fits stops the build, and is not quietly lost.
cmake_policy(VERSION 3.25)
function(fault source from to)
  get_filename_component(name ${source} NAME)
  if(EXISTS ${OUT}/${name}.seeding)
    file(READ ${OUT}/${name}.seeding text)
  else()
    file(READ ${ROOT}/${source} text)
  endif()
  string(FIND "${text}" "${from}" first)
  string(FIND "${text}" "${from}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "${FAULT}: its text stands not exactly once in ${source}")
  endif()
  string(REPLACE "${from}" "${to}" text "${text}")
  file(WRITE ${OUT}/${name}.seeding "${text}")
endfunction()

file(REMOVE_RECURSE ${OUT})
include(${FAULT})
file(GLOB seeded ${OUT}/*.seeding)
foreach(file ${seeded})
  string(REGEX REPLACE "\\.seeding$" "" final ${file})
  file(RENAME ${file} ${final})
endforeach()
