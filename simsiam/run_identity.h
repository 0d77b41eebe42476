#pragma once
// What two runs must have in common for one to replace the other.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "simsiam/config.h"

namespace siam {

/// All that a run's numbers depend on apart from the program itself: the settings, the fingerprint
/// of the data, and the kernels in use. These are "cuda" or, on a CPU, "fma" or "baseline", in
/// which a product and its sum are rounded once or twice (AVX2 and AVX-512 give the same bits); for
/// bf16, the instruction set if it has instructions for that type.
nlohmann::ordered_json run_identity(const Config& config, const std::string& data_fingerprint);

/// The entries of an identity that are not settings.
constexpr const char* kBesideSettings[] = {"data", "kernels"};

}  // namespace siam
