#pragma once

namespace siam {

/// Version control's description of the source, or without it the version of the project.
extern const char* const kBuildTag;

}  // namespace siam
