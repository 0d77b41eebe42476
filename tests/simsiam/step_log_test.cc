#include "simsiam/step_log.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "tests/devices.h"

namespace siam {

namespace {

// A log of windows of two steps.
class Steps {
 public:
  explicit Steps(Device device) : log(2, 3, 4, device), device_(device) {}

  void queue(double loss) {
    log.record(full({}, loss), full({4, 3}, 1), full({8}, 0));
    log.advance();
  }
  std::vector<double> take() {
    std::vector<double> losses;
    for (const StepLog::Entry& entry : log.take()) losses.push_back(entry.loss);
    return losses;
  }

  StepLog log;

 private:
  Tensor full(const Shape& shape, double value) const {
    return Tensor::full(shape, value, DType::f32, device_);
  }
  Device device_;
};

using Losses = std::vector<double>;

}  // namespace

TEST_CASE("a window is due once it is full: on a GPU, once the next one is full too") {
  for (const Device device : devices()) {
    CAPTURE(device);
    Steps steps(device);
    steps.queue(1);
    CHECK_FALSE(steps.log.due());
    steps.queue(2);
    CHECK(steps.log.due() == (device == Device::cpu));
    steps.queue(3);
    steps.queue(4);
    CHECK(steps.log.due());
    CHECK(steps.log.pending() == 4);
    CHECK(steps.take() == Losses{1, 2});
    CHECK(steps.log.due() == (device == Device::cpu));
    CHECK(steps.take() == Losses{3, 4});
    steps.queue(5);
    CHECK(steps.take() == Losses{5});  // before its window is full
    CHECK(steps.log.pending() == 0);
    for (const double loss : {6, 7, 8}) steps.queue(loss);
    CHECK(steps.take() == Losses{6, 7});
    CHECK(steps.take() == Losses{8});
  }
}

TEST_CASE("behind a step that was not finite, those already queued are forgotten") {
  for (const Device device : devices()) {
    CAPTURE(device);
    Steps steps(device);
    for (const double loss : {1.0, std::numeric_limits<double>::infinity(), 3.0, 4.0, 5.0})
      steps.queue(loss);
    const std::vector<StepLog::Entry> window = steps.log.take();
    REQUIRE(window.size() == 2);
    CHECK(window[0].finite);
    CHECK_FALSE(window[1].finite);
    CHECK(steps.log.pending() == 0);
    CHECK(steps.log.finite().item() == 1);
    steps.queue(6);
    steps.queue(7);
    CHECK(steps.take() == Losses{6, 7});
  }
}

}  // namespace siam
