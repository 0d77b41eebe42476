// The metadata of a checkpoint, one line each: run, position, history.

#include "simsiam/training_state.h"

#include "simsiam/checkpoint_config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace siam;
  std::vector<std::string> lines = split({reinterpret_cast<const char*>(data), size}, '\n');
  lines.resize(3);
  TensorFile file{.metadata = {{"run", lines[0]}, {"position", lines[1]}, {"history", lines[2]}}};
  answer_or_error([&] { checkpoint_config(file); });
  Config config;
  config.epochs = 3;  // as in the first inputs
  config.batch_size = 64;
  config.base_learning_rate = 1.2;
  for (const int64_t steps : {0, 7})
    answer_or_error([&] {
      const RunProgress progress = run_progress(file, config, steps);
      must(progress.position.epoch >= 0 && progress.position.epoch <= config.epochs);
      must(progress.position.step >= 0 && (steps == 0 || progress.position.step <= steps));
      must(progress.history.size() == static_cast<size_t>(progress.position.epoch));
      // Written and read again, it is the same, digit for digit.
      const auto once = training_state_metadata(lines[0], progress);
      const RunProgress again = run_progress({.metadata = once}, config, steps);
      must(training_state_metadata(lines[0], again) == once);
    });
  return 0;
}
