#include "nn/checksum.h"

#include <xxhash.h>

#include "tensor/check.h"

namespace siam {

Checksum::Checksum() : state_(XXH3_createState()) { XXH3_64bits_reset(state_.get()); }

void Checksum::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

void Checksum::add(const void* data, size_t bytes) {
  XXH3_64bits_update(state_.get(), data, bytes);
}

std::string Checksum::digits() const {
  return fmt::format("{:016x}", XXH3_64bits_digest(state_.get()));
}

}  // namespace siam
