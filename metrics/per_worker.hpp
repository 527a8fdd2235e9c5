#pragma once
// One block of counters for each worker, and the table that finds such blocks again by name after a reload.

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "metrics/traffic.hpp"

namespace drishti::metrics {

template <class T>
class PerWorker {
 public:
  PerWorker() = default;
  explicit PerWorker(unsigned workers) : blocks_(workers == 0 ? nullptr : std::make_unique<T[]>(workers)), size_(workers) {}

  bool empty() const { return size_ == 0; }
  /// Written by that worker only.
  T& of(unsigned worker) const { return blocks_[worker]; }
  /// For reading, by any thread.
  std::span<const T> all() const { return {blocks_.get(), size_}; }

 private:
  std::unique_ptr<T[]> blocks_;
  std::size_t size_ = 0;
};

using Labels = std::map<std::string, std::string>;

/// The counters of one place of the configuration, with the labels that they are exported with.
template <class T>
struct Block {
  Block(Labels the_labels, unsigned count) : labels(std::move(the_labels)), workers(count) {}

  Labels labels;
  PerWorker<T> workers;
};

using LocationBlock = Block<LocationMetrics>;
using ServerBlock = Block<ServerMetrics>;
using UpstreamBlock = Block<UpstreamMetrics>;

/// Blocks by their labels. They belong to the configurations that use them: one that no configuration names any more is
/// gone with the last of its requests. Control thread.
template <class T>
class BlockTable {
 public:
  explicit BlockTable(unsigned workers) : workers_(workers) {}

  std::shared_ptr<Block<T>> find_or_make(const Labels& labels) {
    std::erase_if(blocks_, [](const auto& entry) { return entry.second.expired(); });
    std::weak_ptr<Block<T>>& known = blocks_[labels];
    if (auto block = known.lock()) return block;
    auto made = std::make_shared<Block<T>>(labels, workers_);
    known = made;
    return made;
  }
  std::size_t size() const { return blocks_.size(); }

 private:
  unsigned workers_;
  std::map<Labels, std::weak_ptr<Block<T>>> blocks_;
};

/// All tables of the process.
struct Catalogue {
  explicit Catalogue(unsigned workers) : locations(workers), servers(workers), upstreams(workers) {}

  BlockTable<LocationMetrics> locations;
  BlockTable<ServerMetrics> servers;
  BlockTable<UpstreamMetrics> upstreams;
};

}  // namespace drishti::metrics
