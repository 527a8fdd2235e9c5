#include "tests/support/load_client.hpp"

#include <memory>

#include "tests/support/raw_client.hpp"

namespace drishti::testing {

namespace {
using Steady = std::chrono::steady_clock;
constexpr std::chrono::milliseconds poll_step{1};
constexpr const char* kept_request = "GET / HTTP/1.1\r\nHost: load.test\r\n\r\n";
constexpr const char* single_request = "GET / HTTP/1.1\r\nHost: load.test\r\nConnection: close\r\n\r\n";
}  // namespace

LoadClient::LoadClient(std::uint16_t port, int clients, Connections connections) {
  for (int i = 0; i < clients; ++i) threads_.emplace_back([=, this] { run(port, connections); });
}

void LoadClient::failure(const std::string& reason) {
  ++failed_;
  std::lock_guard lock(mutex_);
  if (reasons_.size() < 10) reasons_.push_back(reason);
}

void LoadClient::run(std::uint16_t port, Connections connections) {
  std::unique_ptr<RawClient> client;
  while (!stopping_) {
    if (!client || connections == Connections::fresh) client = std::make_unique<RawClient>(port);
    if (!client->connected()) {
      failure("no connection");
      continue;
    }
    bool was_sent = client->send(connections == Connections::kept ? kept_request : single_request);
    auto response = client->read_response();
    if (response && response->complete && response->status == 200) {
      ++answered_;
      std::lock_guard lock(mutex_);
      ++bodies_[response->body];
    } else {
      failure(!response ? (was_sent ? "closed without an answer" : "closed before the request")
                        : response->complete ? "status " + std::to_string(response->status) : "cut answer");
      client.reset();
    }
    if (client && connections == Connections::kept && response->field("connection") == "close") client.reset();
  }
}

std::uint64_t LoadClient::with_body(const std::string& body) const {
  std::lock_guard lock(mutex_);
  auto found = bodies_.find(body);
  return found == bodies_.end() ? 0 : found->second;
}

std::string LoadClient::reasons() const {
  std::lock_guard lock(mutex_);
  std::string all;
  for (const std::string& reason : reasons_) all += reason + "; ";
  return all;
}

bool LoadClient::wait_for_answers(std::uint64_t more, std::chrono::milliseconds deadline) const {
  const std::uint64_t wanted = answered_ + more;
  for (auto end = Steady::now() + deadline; answered_ < wanted; std::this_thread::sleep_for(poll_step))
    if (Steady::now() >= end) return false;
  return true;
}

bool LoadClient::wait_for_body(const std::string& body, std::chrono::milliseconds deadline) const {
  const std::uint64_t before = with_body(body);
  for (auto end = Steady::now() + deadline; with_body(body) == before; std::this_thread::sleep_for(poll_step))
    if (Steady::now() >= end) return false;
  return true;
}

void LoadClient::stop() {
  stopping_ = true;
  for (std::thread& thread : threads_)
    if (thread.joinable()) thread.join();
}

}  // namespace drishti::testing
