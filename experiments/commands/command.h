#pragma once
// The subcommands of the program `simsiam`, each with its own command line.

namespace siam {

struct Command {
  const char* name;
  const char* does;  ///< one line of `simsiam --help`
  /// Its body. `argv` is the program's: argv[1] is the name, followed by the command's own options.
  /// Returns the exit status, or throws (guarded.h).
  int (*run)(int argc, char** argv);
  bool on_ranks = false;  ///< whether it may be started as several processes
};

int pretrain_command(int argc, char** argv);
int embed_command(int argc, char** argv);
int neighbours_command(int argc, char** argv);
int evaluate_command(int argc, char** argv);
int export_command(int argc, char** argv);
int import_command(int argc, char** argv);
int view_command(int argc, char** argv);
int doctor_command(int argc, char** argv);
int plan_command(int argc, char** argv);

}  // namespace siam
