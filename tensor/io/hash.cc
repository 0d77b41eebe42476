#include "tensor/io/hash.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace siam {

Checksum::Checksum() : state_(XXH3_createState()) { XXH3_64bits_reset(state_.get()); }

void Checksum::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

void Checksum::add(const void* data, size_t bytes) {
  XXH3_64bits_update(state_.get(), data, bytes);
}

std::string Checksum::digits() const { return hash_text(XXH3_64bits_digest(state_.get())); }

uint64_t hash_bytes(const void* data, size_t bytes, uint64_t hash) {
  const auto* byte = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < bytes; ++i) hash = (hash ^ byte[i]) * 0x100000001b3u;
  return hash;
}

std::string hash_text(uint64_t hash) { return fmt::format("{:016x}", hash); }

}  // namespace siam
