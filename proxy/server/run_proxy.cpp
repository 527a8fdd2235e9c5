#include <sys/utsname.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <stdexcept>

#include "net/log_file.hpp"
#include "net/os_error.hpp"
#include "server/config_walk.hpp"
#include "server/control_loop.hpp"
#include "server/daemonize.hpp"
#include "server/error_log.hpp"
#include "server/pid_file.hpp"
#include "server/privileges.hpp"
#include "server/program.hpp"
#include "server/server.hpp"
#include "server/version.hpp"

namespace drishti::server {
namespace {

using conf::LogLevel;
using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

/// The running program: owns everything that lives from start to exit. Control thread.
class Process : public Lifecycle {
 public:
  Process(const CommandLine& line, std::shared_ptr<const conf::Config> config)
      : line_(line), config_(std::move(config)), loop_(io_, *this, error_log_), server_(io_, error_log_, logs_, static_cast<unsigned>(config_->main.worker_processes)) {
    server_.on_reload_request([this] { return try_reload(); });
  }

  /// Until everything accepts; throws what stops the start.
  void start();
  bool logs_to_stderr() const;
  /// Start-up is over, `background` has left the terminal.
  void settle() {
    error_log_.stop_echo();
    log_notices(*config_);
  }
  void run();
  /// What stopped the start, for the error log and the terminal.
  void report_failure(const std::string& text) { error_log_.write(LogLevel::emerg, 0, text); }

  void reload() override;
  void reopen_logs() override;
  void stop_gracefully(std::function<void()> done) override;
  void tick() override;

 private:
  void notice(const std::string& text) { error_log_.write(LogLevel::notice, 0, text); }
  void log_notices(const conf::Config& config);
  void log_start();
  static void make_temp_paths(const conf::Config& config);
  std::string try_reload();
  void apply(std::shared_ptr<const conf::Config> config);
  void report_losses();

  const CommandLine& line_;
  std::shared_ptr<const conf::Config> config_;
  boost::asio::io_context io_{1};
  ErrorLog error_log_;
  ControlLoop loop_;  // blocks the signals before logs_ starts the first thread
  net::LogHub logs_;
  PidFile pid_file_;
  Server server_;
  SteadyTime next_loss_report_{};
  bool is_stopping_ = false;
};

bool Process::logs_to_stderr() const {
  for (const conf::ErrorLog& log : config_->main.error_logs) {
    if (log.path == "stderr") return true;
  }
  return false;
}

void Process::log_notices(const conf::Config& config) {
  for (const conf::Notice& item : config.notices) {
    error_log_.write(item.level == conf::Notice::Level::warn ? LogLevel::warn : LogLevel::notice, 0, notice_text(item));
  }
}

void Process::log_start() {
  notice("using the \"epoll\" event method");
  notice(version_text());
  utsname system{};
  if (::uname(&system) == 0) notice(std::string("OS: ") + system.sysname + " " + system.release);
}

void Process::make_temp_paths(const conf::Config& config) {
  for (const std::string& path : temp_paths(config)) {
    make_private_directory(path, config.main.user, config.main.group);
  }
}

void Process::start() {
  log_notices(*config_);  // to the terminal, whatever the level of the logs; settle() repeats them there
  error_log_.use(ErrorLog::open_targets(logs_, config_->main.error_logs, location_error_logs(*config_)));
  log_start();
  set_file_limit(config_->main.worker_rlimit_nofile, error_log_);
  make_temp_paths(*config_);
  server_.open(config_);
  drop_privileges(config_->main.user, config_->main.group, error_log_);
  run_without_capabilities([this] { server_.start(); });
  const Elevation elevation;
  pid_file_.write(config_->main.pid);
}

void Process::run() {
  loop_.run();
  server_.stop();
  const Elevation elevation;
  pid_file_.remove();
  error_log_.write_summaries();
  notice("exit");
}

/// The steps that may fail come first; the last ones can't leave a half-changed program.
void Process::apply(std::shared_ptr<const conf::Config> config) {
  ErrorLog::Targets targets = ErrorLog::open_targets(logs_, config->main.error_logs, location_error_logs(*config));
  make_temp_paths(*config);
  server_.reload(config);
  error_log_.use(std::move(targets));
  log_notices(*config);
  if (config->main.user != config_->main.user || config->main.group != config_->main.group) {
    error_log_.write(LogLevel::warn, 0, "the changed \"user\" directive takes effect at the next start only");
  }
  config_ = std::move(config);
  pid_file_.move_to(config_->main.pid);
}

void Process::reload() { try_reload(); }

/// The reason of a failure, which stands in the log, too; "" when the new configuration is in force.
std::string Process::try_reload() {
  if (is_stopping_) return "the program is stopping";
  std::string failure;
  notice("reconfiguring");
  try {
    const Elevation elevation;
    apply(load(line_));
    notice("reconfigured: new requests use the new configuration");
  } catch (const std::exception& error) {
    failure = error.what();
    error_log_.write(LogLevel::emerg, 0, failure);
    server_.note_failed_reload(failure);
  }
  logs_.collect();
  return failure;
}

void Process::reopen_logs() {
  const Elevation elevation;
  notice("reopening logs");
  for (const std::string& error : logs_.reopen()) error_log_.write(LogLevel::emerg, 0, error);
}

void Process::stop_gracefully(std::function<void()> done) {
  notice("gracefully shutting down");
  is_stopping_ = true;
  server_.stop_gracefully(config_->main.worker_shutdown_timeout.value_or(milliseconds(0)), std::move(done));
}

void Process::tick() {
  error_log_.write_summaries();
  server_.note_lost_log_lines(logs_.lost_lines());
  server_.tick();
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < next_loss_report_ || logs_.lost_lines() == 0) return;
  report_losses();
}

/// At most once a minute, because a full disk would otherwise fill the other logs.
void Process::report_losses() {
  for (const net::LogLoss& loss : logs_.take_losses()) {
    const std::string reason = loss.error == 0 ? "its reader does not keep up" : net::errno_text(loss.error);
    error_log_.write(
        LogLevel::alert, 0,
        "write() to \"" + loss.path + "\" failed (" + reason + "): " + std::to_string(loss.lines) + " lines lost");
    next_loss_report_ = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  }
}

// Before the first thread: the environment has no lock.
void set_environment(const conf::Config& config) {
  for (const std::string& variable : config.main.env) {
    const std::size_t equals = variable.find('=');
    if (equals != std::string::npos) ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  ::tzset();
}

}  // namespace

int run_proxy(const CommandLine& line) {
  auto config = load(line);
  set_environment(*config);
  Background background;
  if (config->main.daemon) background.enter();
  Process process(line, std::move(config));
  try {
    process.start();
  } catch (const std::exception& error) {
    process.report_failure(error.what());
    return 1;
  }
  background.up(process.logs_to_stderr());
  process.settle();
  process.run();
  return 0;
}

}  // namespace drishti::server
