#pragma once
// All that the main() of a study needs to know about it, small enough to compile quickly.

namespace siam {

struct Study;

/// Trains a study's runs according to the command line, and writes its folder.
int study_main(int argc, char** argv, Study (*study)());

}  // namespace siam
