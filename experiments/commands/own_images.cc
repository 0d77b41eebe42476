#include "experiments/commands/own_images.h"

#include "experiments/progress.h"

namespace siam {

std::optional<OwnRun> own_run(int argc, char** argv, const std::string& description, bool trains,
                              const std::vector<TextOption>& own, const Communicator& ranks) {
  const std::optional<Options> asked =
      parse_options(argc, argv, description, own, OwnImages{.trains = trains});
  if (!asked) return {};
  use_threads(asked->threads, ranks);
  OwnRun run;
  {
    Progress progress(0, ProgressOutput::of(ranks));
    const auto phase = progress.phase(fmt::format("reading {}", asked->data->string()));
    run.data = open_images(*asked->data);
  }
  const int64_t part = asked->config.train_samples, all = run.data.train->size();
  run.options = *parse_options(argc, argv, description, own,
                               OwnImages{part > 0 ? std::min(part, all) : all, trains});
  return run;
}

}  // namespace siam
