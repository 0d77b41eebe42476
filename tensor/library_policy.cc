#include "tensor/library_policy.h"

#include <utility>

namespace siam {

namespace {

thread_local LibraryPolicy current;

}  // namespace

LibraryPolicy library_policy() { return current; }

ScopedLibraryPolicy::ScopedLibraryPolicy(LibraryPolicy policy)
    : previous_(std::exchange(current, policy)) {}
ScopedLibraryPolicy::~ScopedLibraryPolicy() { current = previous_; }

}  // namespace siam
