#pragma once
// A training state in one safetensors file: parameters and batch-norm buffers under their
// state_dict names, the optimiser's momentum under "optimizer.momentum.<name>", counters in the
// metadata.

#include <filesystem>
#include <map>
#include <string>

#include "nn/flat_parameters.h"
#include "tensor/io/safetensors.h"

namespace siam {

/// Writes atomically: a reader sees the previous checkpoint or this one, whole.
void save_checkpoint(const std::filesystem::path& path, const Registry& registry,
                     const FlatParameters& parameters,
                     const std::map<std::string, std::string>& counters);

/// About the size of that file in bytes, to a few KiB, the counters left out.
uint64_t checkpoint_bytes(const Registry& registry, const FlatParameters& parameters);

/// Restores what save_checkpoint wrote into the same model, bit for bit. Error, naming the file and
/// the tensor, if the file is of another model; nothing is changed then.
void restore_checkpoint(const TensorFile& file, const Registry& registry,
                        FlatParameters& parameters);

/// Error, naming `source` and the tensor, if a weight or statistic is not finite, or a variance is
/// negative: features would be NaN.
void check_weights(const Registry& registry, const std::string& source);

}  // namespace siam
