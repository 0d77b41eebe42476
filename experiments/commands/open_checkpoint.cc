#include "experiments/commands/open_checkpoint.h"

#include <fmt/ranges.h>

#include "experiments/config_options.h"

namespace siam {

TrainedModel open_checkpoint(const std::string& path, const std::string& device,
                             Progress& progress) {
  const Device place = device_named(device);
  const auto phase = progress.phase(fmt::format("reading {}", path));
  TrainedModel trained = load_trained(path, place);
  if (!trained.assumed.empty())
    progress.message(
        fmt::format("{}: made by a version without the settings {}; their defaults are assumed",
                    path, fmt::join(trained.assumed, ", ")));
  return trained;
}

}  // namespace siam
