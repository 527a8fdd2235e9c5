# Compiler, warnings, sanitizers, ccache and a fast linker where they are installed.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(DRISHTI_CCACHE ccache)
if(DRISHTI_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${DRISHTI_CCACHE})
endif()

find_program(DRISHTI_MOLD mold)
find_program(DRISHTI_LLD ld.lld)
if(DRISHTI_MOLD)
  add_link_options(-fuse-ld=mold)
elseif(DRISHTI_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives from inlined standard library code with these two at -O2/-O3.
  add_compile_options(-Wno-maybe-uninitialized -Wno-restrict)
endif()

if(DRISHTI_SANITIZE)
  add_compile_options(-fsanitize=${DRISHTI_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15)
    # clang 14 cannot compile coroutines with it: "Cannot represent a difference across sections".
    add_compile_options(-fno-sanitize=function)
  endif()
  add_link_options(-fsanitize=${DRISHTI_SANITIZE})
  if(DRISHTI_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)  # Asio has memory fences, which the thread sanitizer does not understand
  endif()
endif()
