#pragma once
// What the program does for each command line: test, dump, signal, convert, explain, advise, or run the proxy.

#include <memory>
#include <string>

#include "conf/config.hpp"
#include "server/command_line.hpp"

namespace drishti::server {

/// Runs the action of LINE and returns the exit code. Throws std::exception for what stops a start; main() prints it as
/// `nginx: [emerg] ...`.
int execute(const CommandLine& line);

/// Reads and analyses the configuration that LINE names. Throws std::runtime_error with `REASON in FILE:LINE`.
std::shared_ptr<const conf::Config> load(const CommandLine& line);

/// -t and -T: also opens the logs, checks the pid file's path and the listen addresses. Exit code 0 or 1.
int test_configuration(const CommandLine& line);

/// -s: sends the signal to the process that the configuration's pid file names. Exit code 0 or 1.
int send_signal(const CommandLine& line);

/// Runs the proxy until a signal ends it.
int run_proxy(const CommandLine& line);

/// `drishti convert`.
int convert(const CommandLine& line);

/// `drishti explain`: prints what happens to the request of LINE. Exit code 0.
int explain_request(const CommandLine& line);

/// `drishti scaling`: prints the advice of the proxy at LINE's URL. Exit code 0.
int scaling_advice(const CommandLine& line);

/// `drishti scaling cost`: prints the cost calculator. Exit code 0.
int scaling_cost(const CommandLine& line);

/// `nginx: TEXT` on standard error.
void print_message(const std::string& text);
/// `nginx: [LEVEL] TEXT` on standard error.
void print_message(conf::LogLevel level, const std::string& text);
/// `TEXT in FILE:LINE`
std::string notice_text(const conf::Notice& notice);

}  // namespace drishti::server
