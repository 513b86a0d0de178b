# cmake --install puts everything below a prefix, by the customs of GNU (GNUInstallDirs); cpack makes a .deb.
install(TARGETS rt RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
foreach(section 5 7 8)
    file(GLOB RT_MANUAL CONFIGURE_DEPENDS man/*.${section})
    install(FILES ${RT_MANUAL} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(FILES LICENSE README.md CHANGELOG.md ${CMAKE_BINARY_DIR}/THIRD-PARTY DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Where AppArmor would read it is the machine's own, and a parser older than the profile would fail there.
install(FILES install/apparmor DESTINATION ${CMAKE_INSTALL_DATADIR}/rt-runtime)

# rt writes them itself, so a build for another architecture has them only where its programs can run.
if(NOT CMAKE_CROSSCOMPILING OR CMAKE_CROSSCOMPILING_EMULATOR)
    set(directory ${CMAKE_BINARY_DIR}/completions)
    file(MAKE_DIRECTORY ${directory})
    add_custom_command(OUTPUT ${directory}/rt.bash ${directory}/rt.zsh ${directory}/rt.fish
        COMMAND rt completion bash > ${directory}/rt.bash
        COMMAND rt completion zsh > ${directory}/rt.zsh
        COMMAND rt completion fish > ${directory}/rt.fish
        DEPENDS rt VERBATIM)
    add_custom_target(rt_completions ALL DEPENDS ${directory}/rt.bash)
    install(FILES ${directory}/rt.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME rt)
    install(FILES ${directory}/rt.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _rt)
    install(FILES ${directory}/rt.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

# Only what is installed has to be built, not the tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
add_custom_target(installable DEPENDS rt)
if(TARGET rt_completions)
    add_dependencies(installable rt_completions)
endif()

# The archive is that of the commit, whatever else lies around; .gitattributes has the commit written into it.
set(RT_ARCHIVE rt-${PROJECT_VERSION})
add_custom_target(dist
    COMMAND git -c safe.directory=${CMAKE_SOURCE_DIR} -C ${CMAKE_SOURCE_DIR} archive --format=tar.gz --prefix=${RT_ARCHIVE}/
            -o ${CMAKE_BINARY_DIR}/${RT_ARCHIVE}.tar.gz HEAD
    COMMENT "Writing ${RT_ARCHIVE}.tar.gz" VERBATIM)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME rt-runtime)
set(CPACK_PACKAGE_VENDOR "the authors of rt")
set(CPACK_PACKAGE_CONTACT "the authors of rt <rt@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "OCI container runtime made for user namespaces")
set(CPACK_PACKAGE_DESCRIPTION "rt runs containers from OCI bundles, by hand or below an engine (Podman, Docker, containerd).
It explains user namespaces: what is mapped, who owns which file, why a container
does not start and what a running one really has.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES OFF)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS uidmap)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${CMAKE_SOURCE_DIR}/install/postinst;${CMAKE_SOURCE_DIR}/install/prerm;${CMAKE_SOURCE_DIR}/install/postrm")
if(RT_STATIC)
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS OFF)
else()
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
endif()
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/debian_tree.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/debian_built_using.cmake)
# For the scripts.
set(CPACK_RT_STATIC ${RT_STATIC})
set(CPACK_RT_LIBRARIES ${rt_seccomp_FILE} ${rt_capng_FILE} ${nlohmann_json_DIR}/nlohmann_jsonConfig.cmake)
set(CPACK_RT_COMPILER ${CMAKE_CXX_COMPILER})
include(CPack)
