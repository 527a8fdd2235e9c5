#include <exception>

#include "server/command_line.hpp"
#include "server/program.hpp"

int main(int argc, char** argv) {
  using namespace drishti;
  try {
    return server::execute(server::parse_command_line({argv + 1, argv + argc}));
  } catch (const server::UsageError& error) {
    server::print_message(error.what());
  } catch (const std::exception& error) {
    server::print_message(conf::LogLevel::emerg, error.what());
  }
  return 1;
}
