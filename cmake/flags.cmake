# One interface target with what every file of the project is compiled and linked with.
add_library(rt_flags INTERFACE)

target_compile_options(rt_flags INTERFACE
    -Wall -Wextra -Wpedantic -Werror
    -Wshadow -Wconversion -Wold-style-cast -Wcast-qual -Wformat=2 -Wundef
    -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
    # Designated initializers leave out what keeps its default: wanted.
    -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 warns about std::string operations that are right (its bug 105329).
    target_compile_options(rt_flags INTERFACE -Wduplicated-cond -Wlogical-op -Wno-restrict)
else()
    # Pragmas and attributes for g++ are no fault; clang also warns about designated initializers that C++20 has, and about
    # what the library of g++ 12 deprecates and uses itself.
    target_compile_options(rt_flags INTERFACE
        -Wno-unknown-warning-option -Wno-missing-designated-field-initializers -Wno-deprecated-declarations)
endif()

# Position-independent as an executable is, not as a shared library is (CMake's own choice for archives): less code.
target_compile_options(rt_flags INTERFACE
    -fPIE -fstack-protector-strong -ffunction-sections -fdata-sections -fvisibility=hidden)
target_link_options(rt_flags INTERFACE
    -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,--build-id)

# A position-independent program relocates itself at each start: packed, that list takes 1 KB instead of 84, which are read
# page by page. Start-up code of the C library knows it since 2.36.
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)
check_cxx_source_compiles("#include <features.h>
#if !__GLIBC_PREREQ(2, 36)
#error too old
#endif
int main() {}" RT_GLIBC_PACKS_RELOCATIONS)
check_linker_flag(CXX -Wl,--fatal-warnings,-z,pack-relative-relocs RT_LINKER_PACKS_RELOCATIONS)
if(RT_GLIBC_PACKS_RELOCATIONS AND RT_LINKER_PACKS_RELOCATIONS AND NOT RT_SANITIZE)
    target_link_options(rt_flags INTERFACE -Wl,-z,pack-relative-relocs)
endif()

# For size: a command lives for some milliseconds, and most of them go into memory that it touches for the first time.
# Fortification needs an optimising build. Level 3 is taken as 2 by a C library or compiler that has no 3.
set(CMAKE_CXX_FLAGS_RELEASE "-Os -DNDEBUG -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
set(CMAKE_CXX_FLAGS_DEBUG "-Og -g -D_GLIBCXX_ASSERTIONS")

if(RT_SANITIZE)
    if(RT_STATIC)
        message(FATAL_ERROR "The sanitizers need a dynamic build: add -DRT_STATIC=OFF")
    endif()
    set(RT_SANITIZERS address,undefined)
    # Built anew by each run of continuous integration: nothing is optimised, and line numbers are enough for a report.
    set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1 -D_GLIBCXX_ASSERTIONS")
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1 -D_GLIBCXX_ASSERTIONS")
    if(RT_FUZZ)
        # The coverage counters go into everything; only the fuzz targets link libFuzzer's main.
        string(APPEND RT_SANITIZERS ,fuzzer-no-link)
    endif()
    # Whether an object is of its type, that check finds out by making a pipe: where no descriptor is left, none is.
    target_compile_options(rt_flags INTERFACE
        -fsanitize=${RT_SANITIZERS} -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(rt_flags INTERFACE -fsanitize=address,undefined)
    # The other linker takes a minute for each of these programs.
    check_linker_flag(CXX -fuse-ld=lld RT_LINKER_LLD)
    if(RT_LINKER_LLD)
        target_link_options(rt_flags INTERFACE -fuse-ld=lld)
    endif()
elseif(RT_FUZZ)
    message(FATAL_ERROR "The fuzz targets need the sanitizers: add -DRT_SANITIZE=ON")
endif()
