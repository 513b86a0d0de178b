# Run by cpack before it packs: what Debian has otherwise than GNU. The program gets a name that is nobody else's; /usr/bin/rt is a
# matter of update-alternatives (install/postinst).
set(tree ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr)
file(MAKE_DIRECTORY ${tree}/bin)
file(RENAME ${tree}/sbin/rt ${tree}/bin/rt-runtime)
file(REMOVE_RECURSE ${tree}/sbin)
file(RENAME ${tree}/share/doc/rt ${tree}/share/doc/rt-runtime)
file(RENAME ${tree}/share/doc/rt-runtime/LICENSE ${tree}/share/doc/rt-runtime/copyright)
file(GLOB pages ${tree}/share/man/man*/*.[578])
foreach(file IN LISTS pages ITEMS ${tree}/share/doc/rt-runtime/CHANGELOG.md)
    execute_process(COMMAND gzip -9nf ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(RENAME ${tree}/share/doc/rt-runtime/CHANGELOG.md.gz ${tree}/share/doc/rt-runtime/changelog.gz)
# Where Debian's zsh looks for what packages bring.
file(MAKE_DIRECTORY ${tree}/share/zsh/vendor-completions)
file(RENAME ${tree}/share/zsh/site-functions/_rt ${tree}/share/zsh/vendor-completions/_rt)
file(REMOVE_RECURSE ${tree}/share/zsh/site-functions)
