// main() of every program that is one study; the build sets SIAM_STUDY to its name.

#include "experiments/study_main.h"

namespace siam {
Study SIAM_STUDY();
}

int main(int argc, char** argv) { return siam::study_main(argc, argv, siam::SIAM_STUDY); }
