# Run by each build: writes rt/version.hpp, and leaves it alone when nothing changed.
# A checkout that belongs to another user (a build under sudo) is named as safe, else git refuses to read it.
execute_process(
    COMMAND git -c safe.directory=${SOURCE} -C ${SOURCE} rev-parse --short=12 HEAD
    OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR NOT EXISTS ${SOURCE}/.git)
    # An unpacked archive inside of some other project's checkout is not that project's commit. git archive has written its own
    # into the file (.gitattributes).
    file(STRINGS ${CMAKE_CURRENT_LIST_DIR}/commit COMMIT)
    if(COMMIT MATCHES "^[0-9a-f]+$")
        string(SUBSTRING ${COMMIT} 0 12 COMMIT)
    else()
        set(COMMIT unknown)
    endif()
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/version.hpp.in ${OUTPUT} @ONLY)
