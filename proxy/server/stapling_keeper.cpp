#include "server/stapling_keeper.hpp"

#include <algorithm>
#include <atomic>
#include <ctime>
#include <stdexcept>
#include <thread>

#include "server/http_get.hpp"
#include "server/privileges.hpp"

namespace drishti::server {

using std::chrono::seconds;

namespace {

constexpr seconds patience{10};
constexpr seconds after_failure{300};
constexpr seconds longest_pause{3600};

}  // namespace

struct StaplingKeeper::Pending {
  std::shared_ptr<const tls::OcspQuestion> question;
  std::string response, error;
  std::atomic<bool> is_done{false};
};

void StaplingKeeper::follow(const tls::ServerContexts& contexts) {
  std::vector<Subject> followed;
  for (const auto& context : contexts.all())
    for (const tls::Stapled& stapled : context->stapled()) {
      if (!stapled.question) continue;
      const bool is_there = !stapled.staple->get(std::time(nullptr)).empty();
      followed.push_back({stapled, Clock::now() + (is_there ? after_failure : seconds(0))});
    }
  subjects_ = std::move(followed);
}

void StaplingKeeper::tick(Clock::time_point now) {
  if (pending_) return pending_->is_done ? take_answer(now) : void();
  const auto due = std::ranges::min_element(subjects_, {}, &Subject::due);
  if (due != subjects_.end() && due->due <= now) ask(*due);
}

void StaplingKeeper::ask(Subject& subject) {
  auto pending = std::make_shared<Pending>();
  pending->question = subject.stapled.question;
  pending_ = pending;
  const auto fetch = [pending] {
    try {
      pending->response = http_get(pending->question->url(), patience);
    } catch (const std::exception& error) {
      pending->error = error.what();
    }
    pending->is_done = true;
  };
  run_without_capabilities([&] { std::thread(fetch).detach(); });
}

void StaplingKeeper::take_answer(Clock::time_point now) {
  const auto pending = std::exchange(pending_, nullptr);
  const auto subject = std::ranges::find_if(
      subjects_, [&](const Subject& one) { return one.stapled.question == pending->question; });
  if (subject == subjects_.end()) return;  // of a configuration that ended
  subject->due = now + after_failure;
  try {
    if (!pending->error.empty()) throw std::runtime_error(pending->error);
    judge(*subject, pending->response, now);
  } catch (const std::exception& error) {
    log_.write(conf::LogLevel::error, 0,
               std::string(error.what()) + " while requesting certificate status, certificate: \"" + subject->stapled.path + "\"");
  }
}

void StaplingKeeper::judge(Subject& subject, const std::string& response, Clock::time_point now) {
  const auto answer = subject.stapled.question->judge(response);
  const std::int64_t valid_for = answer.next_update == 0 ? 2 * longest_pause.count() : answer.next_update - std::time(nullptr);
  subject.stapled.staple->set(answer.response, answer.next_update);
  subject.due = now + std::clamp(seconds(valid_for / 2), seconds(60), longest_pause);
  log_.write(conf::LogLevel::info, 0, "OCSP response for certificate \"" + subject.stapled.path + "\" is stapled");
}

}  // namespace drishti::server
