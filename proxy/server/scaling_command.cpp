#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "metrics/scaling/cost.hpp"
#include "metrics/scaling/dashboard.hpp"
#include "metrics/scaling/printable.hpp"
#include "server/http_get.hpp"
#include "server/program.hpp"

namespace drishti::server {
namespace {

constexpr const char* clear_screen = "\x1b[H\x1b[2J";

std::string advice_of(const std::string& url, const std::string& ca_file) {
  try {
    return http_get(url, std::chrono::seconds(5), ca_file);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(url + ": " + scaling::printable(error.what()));
  }
}

/// Until a signal ends it. A proxy that is away for a while is no reason to stop.
[[noreturn]] void watch(const std::string& url, const std::string& ca_file) {
  for (;; std::this_thread::sleep_for(std::chrono::seconds(2))) {
    std::string shown;
    try {
      shown = scaling::dashboard(advice_of(url, ca_file));
    } catch (const std::runtime_error& error) {
      shown = std::string(error.what()) + "\n";
    }
    std::cout << clear_screen << shown << std::flush;
  }
}

std::string text_of_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("open() \"" + path + "\" failed");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

int scaling_advice(const CommandLine& line) {
  if (line.watch) watch(line.url, line.ca_file);
  std::cout << scaling::dashboard(advice_of(line.url, line.ca_file)) << std::flush;
  return 0;
}

int scaling_cost(const CommandLine& line) {
  scaling::CostPlan plan = scaling::CostPlan::of_the_guide();
  try {
    if (!line.input.empty()) plan = scaling::read_cost_plan(text_of_file(line.input));
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(line.input + ": " + scaling::printable(error.what()));
  }
  std::optional<scaling::Today> today;
  if (!line.url.empty()) today = scaling::read_today(advice_of(line.url, line.ca_file));
  std::cout << scaling::cost_text(plan, today) << std::flush;
  return 0;
}

}  // namespace drishti::server
