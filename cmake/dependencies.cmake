# Every library is a Debian 12 package; docs/adr/0002-dependencies.md says why each is here.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
# By pkg-config: its CMake files ask for the packages of its HTTP server, too.
pkg_check_modules(PROMETHEUS_CPP REQUIRED IMPORTED_TARGET prometheus-cpp-core)
pkg_check_modules(CARES REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
find_package(ZLIB REQUIRED)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlienc)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
find_package(Boost 1.81 REQUIRED)

# Asio, Beast and JSON are compiled once, here; everything else sees declarations only.
add_library(drishti_asio STATIC cmake/asio.cpp)
target_compile_definitions(drishti_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_DISABLE_BOOST_ARRAY BOOST_ASIO_DISABLE_BOOST_BIND)
target_link_libraries(drishti_asio PUBLIC Boost::headers Threads::Threads)

add_library(drishti_beast STATIC cmake/beast.cpp)
target_compile_definitions(drishti_beast PUBLIC BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(drishti_beast PUBLIC drishti_asio)

add_library(drishti_json STATIC cmake/json.cpp)
target_link_libraries(drishti_json PUBLIC Boost::headers)
