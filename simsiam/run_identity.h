#pragma once
// What two runs must have in common for one to stand for the other.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "simsiam/config.h"

namespace siam {

/// All that a run's numbers depend on but the program itself: the settings, the fingerprint of the
/// data, and the kernels that calculate. "cuda"; on a CPU "fma" or "baseline", whose products and
/// sums round once or twice (AVX2's and AVX-512's bits are the same); in bf16 the instruction set
/// where it has instructions for that.
nlohmann::ordered_json run_identity(const Config& config, const std::string& data_fingerprint);

/// The entries of an identity that are no settings.
constexpr const char* kBesideSettings[] = {"data", "kernels"};

}  // namespace siam
