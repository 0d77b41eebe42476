#pragma once
// All that the main() of a study needs to know of it, and so little that it compiles at once.

namespace siam {

struct Study;

/// Trains a study's runs, as the command line says, and leaves its folder.
int study_main(int argc, char** argv, Study (*study)());

}  // namespace siam
