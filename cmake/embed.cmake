# Writes OUTPUT, a C++ source with the FILES (a list of paths) as drishti::admin::dashboard_files().
# cmake -DFILES="a;b" -DOUTPUT=x.cpp -P embed.cmake
set(text "#include \"admin/dashboard_files.hpp\"\n\nnamespace drishti::admin {\nnamespace {\n\n")
set(table "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND text "constexpr unsigned char file_${number}[] = {${bytes}};\n")
  string(APPEND table "    {\"${name}\", {reinterpret_cast<const char*>(file_${number}), ${size}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
string(APPEND text "\n}  // namespace\n\nstd::span<const DashboardFile> dashboard_files() {\n"
  "  static const DashboardFile files[] = {\n${table}  };\n  return files;\n}\n\n}  // namespace drishti::admin\n")
file(WRITE ${OUTPUT} "${text}")
