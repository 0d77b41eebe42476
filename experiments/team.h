#pragma once
// Several processes that train as one program. Rank 0 leads: it does everything that a single
// process does, and gives each joint order just before it does its own part. The others follow:
// they have no files, no progress and no decisions of their own.

#include <functional>

#include "experiments/interrupt.h"
#include "simsiam/trainer.h"

namespace siam {

class Team {
 public:
  explicit Team(const Communicator& ranks) : ranks_(ranks) {}

  const Communicator& ranks() const { return ranks_; }
  bool leads() const { return ranks_.rank() == 0; }

  // Orders that the leader gives before it does the same; with one process no one receives them.

  /// Make a trainer of this configuration.
  void begin(const Config& config) const { say({.work = Work::begin, .config = config}); }
  /// Trainer::measure().
  void measure() const { say({.work = Work::measure, .config = {}}); }
  /// Trainer::share().
  void share() const { say({.work = Work::share, .config = {}}); }
  /// Trainer::train_epoch(), with step() in on_step.
  void epoch() const { say({.work = Work::epoch, .config = {}}); }
  /// Exit with this status.
  void dismiss(int status) const { say({.work = Work::end, .status = status, .config = {}}); }

  /// Follows the leader's orders until it ends; returns the exit status.
  int follow(const TrainTest& data, TrainedModel* initial) const;

  /// After a step, on all ranks: a signal that has reached one counts for all; then the leader runs
  /// `body`, whose exception ends the steps on all ranks, on the others as EndedElsewhere.
  template <class Body>
  void step(const Body& body) const {
    if (ranks_.size() == 1) return body();
    share_interrupts();
    ranks_.together([&] {
      if (leads()) body();
    });
  }

 private:
  enum class Work { begin, measure, share, epoch, end };
  struct Order {
    Work work;
    int status = 0;
    Config config;
  };
  void say(const Order& order) const;
  Order hear() const;
  void share_interrupts() const;

  const Communicator& ranks_;
};

}  // namespace siam
