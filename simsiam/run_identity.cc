#include "simsiam/run_identity.h"

#include <nlohmann/json.hpp>

#include "simsiam/config_json.h"
#include "tensor/cpu/instruction_set.h"

namespace siam {

namespace {

std::string kernels(const Config& config) {
  if (config.device == Device::cuda) return "cuda";
  const cpu::InstructionSet set = cpu::instruction_set();
  const bool for_bf16 = config.precision == DType::bf16 && cpu::bf16_kernels() != nullptr;
  return for_bf16 ? cpu::name_of(set) : set != cpu::InstructionSet::baseline ? "fma" : "baseline";
}

}  // namespace

nlohmann::ordered_json run_identity(const Config& config, const std::string& data_fingerprint) {
  nlohmann::ordered_json identity = to_json(describe(config));
  identity["data"] = data_fingerprint;
  identity["kernels"] = kernels(config);
  return identity;
}

}  // namespace siam
