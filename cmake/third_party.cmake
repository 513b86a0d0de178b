# Writes THIRD-PARTY for this build: which versions of which libraries are in the binary.
# The headers tell, also those of another architecture.
file(WRITE ${CMAKE_BINARY_DIR}/CMakeFiles/versions.cpp "#include <version>\n#include <seccomp.h>\n#include <stdlib.h>\n")
execute_process(
    COMMAND ${CMAKE_CXX_COMPILER} -std=c++20 -dM -E -isystem ${rt_seccomp_INCLUDE} ${CMAKE_BINARY_DIR}/CMakeFiles/versions.cpp
    OUTPUT_VARIABLE macros ERROR_QUIET)

function(rt_version_of variable)  # the values of the macros, joined by dots, filled up to a column
    set(numbers)
    foreach(macro IN LISTS ARGN)
        if(macros MATCHES "#define ${macro} ([0-9]+)")
            list(APPEND numbers ${CMAKE_MATCH_1})
        endif()
    endforeach()
    list(JOIN numbers "." text)
    rt_column(${variable} "${text}")
    set(${variable} "${${variable}}" PARENT_SCOPE)
endfunction()

function(rt_column variable text)
    if(text STREQUAL "")
        set(text "-")
    endif()
    string(LENGTH "${text}" length)
    math(EXPR missing "10 - ${length}")
    if(missing GREATER 0)
        string(REPEAT " " ${missing} blanks)
    endif()
    set(${variable} "${text}${blanks}" PARENT_SCOPE)
endfunction()

rt_version_of(GLIBC __GLIBC__ __GLIBC_MINOR__)
rt_version_of(LIBSECCOMP SCMP_VER_MAJOR SCMP_VER_MINOR SCMP_VER_MICRO)
rt_version_of(LIBSTDCXX _GLIBCXX_RELEASE)
rt_column(NLOHMANN "${nlohmann_json_VERSION}")
# Its header has no version; what stands beside the library has.
get_filename_component(directory ${rt_capng_FILE} DIRECTORY)
set(found "")
if(EXISTS ${directory}/pkgconfig/libcap-ng.pc)
    file(STRINGS ${directory}/pkgconfig/libcap-ng.pc line REGEX "^Version:")
    string(REGEX REPLACE "^Version: *" "" found "${line}")
endif()
rt_column(LIBCAPNG "${found}")
set(RT_LINKAGE "dynamic, the libraries are those of the machine that it runs on")
if(RT_STATIC)
    set(RT_LINKAGE "static, the libraries are in the binary")
endif()
configure_file(THIRD-PARTY.in THIRD-PARTY @ONLY)
