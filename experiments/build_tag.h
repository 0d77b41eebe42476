#pragma once

namespace siam {

/// Version control's description of the source, or the version of the project without it.
extern const char* const kBuildTag;

}  // namespace siam
