// An MPI_Abort that crashes: loaded before MPI by programs_test.cc.

#include <csignal>

extern "C" int MPI_Abort(void*, int) { return std::raise(SIGSEGV); }
