#pragma once
// An upstream that Node.js runs: HTTP/2 with and without TLS, and HTTPS. tests/support/node_backend.mjs says what it answers.

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "tests/support/tool_process.hpp"

namespace drishti::testing {

inline constexpr const char* node_path = "/usr/bin/node";

/// A Node.js script of tests/support that says `port N` when it listens.
class NodeProcess {
 public:
  NodeProcess(const std::string& script, const std::vector<std::string>& arguments) {
    char name[] = "/tmp/drishti-node-XXXXXX";
    directory_ = ::mkdtemp(name);
    std::vector<std::string> command{node_path, DRISHTI_SOURCE_DIR "/tests/support/" + script};
    command.insert(command.end(), arguments.begin(), arguments.end());
    process_ = std::make_unique<ToolProcess>(command, directory_ + "/output");
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (port_.empty() && std::chrono::steady_clock::now() < end) {
      std::istringstream text(output());
      for (std::string word; text >> word;)
        if (word == "port") text >> port_;
      if (port_.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  ~NodeProcess() {
    process_.reset();
    std::filesystem::remove_all(directory_);
  }
  NodeProcess(const NodeProcess&) = delete;
  NodeProcess& operator=(const NodeProcess&) = delete;

  std::string port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + port_; }
  std::string output() const {
    std::ifstream file(directory_ + "/output");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void kill() { process_->kill(); }

 private:
  std::string directory_;
  std::unique_ptr<ToolProcess> process_;
  std::string port_;
};

struct NodeBackend : NodeProcess {
  explicit NodeBackend(std::vector<std::string> arguments) : NodeProcess("node_backend.mjs", arguments) {}
};

}  // namespace drishti::testing
