// Each message is one line, and commands can be pasted.

#include "experiments/console.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "experiments/guarded.h"
#include "tests/experiments/program.h"

namespace siam {

namespace {

namespace fs = std::filesystem;

// The last line; checks that it has our form.
std::string error_line(const ProcessResult& result, int status) {
  CAPTURE(result.output);
  CHECK(result.status == status);
  const std::vector<std::string> lines = lines_of(result.output);
  REQUIRE(!lines.empty());
  CHECK(lines.back().starts_with("error: "));
  CHECK(count(lines.back(), "; ") >= 2);
  CHECK(count(result.output, "terminate") == 0);
  return lines.back();
}

}  // namespace

TEST_CASE("control characters are escaped, other text is left as it is") {
  CHECK(one_line("a\nb\r\tc\x1b[31m\x7f") == "a\\nb\\r\\tc\\x1b[31m\\x7f");
  CHECK(one_line("std·√d, \"q\" \\ ü") == "std·√d, \"q\" \\ ü");
  CHECK(one_line("\xc2\x9b"
                 "31m") == "\\x9b31m");  // U+009B introduces a command, too
}

TEST_CASE("a shell reads quoted words back") {
  const std::vector<std::string> words = {
      "./prog", "--data", "a b",    "",  "it's", "$HOME `x` \"q\" *", "tab\tand\nline",
      "\\",     "ü",      "a\\\n'", "~", "#",    "--out=x;y"};
  CHECK(shell_quoted(std::vector<std::string>{"./a", "--lr", "0.5", "--out=/x"}) ==
        "./a --lr 0.5 --out=/x");
  const std::string line = shell_quoted(words);
  CHECK(lines_of(line).size() == 1);
  std::string expected;
  for (const std::string& word : words) expected += "<" + word + ">";
  CHECK(run_process({"bash", "-c", "printf '<%s>' " + line}, "/").output == expected);
}

TEST_CASE("exceptions that are not ours read like ours") {
  const auto parts = [](const std::exception& error) {
    const std::string text = foreign_error(error);
    CAPTURE(text);
    CHECK(count(text, "; ") >= 2);
    return text;
  };
  const fs::filesystem_error file("exists", "/a", std::make_error_code(std::errc::io_error));
  CHECK(parts(file).starts_with("/a: Input/output error; "));
  CHECK(parts(std::bad_alloc()).starts_with("out of memory; "));
  try {
    FAIL(nlohmann::json::parse("{").dump());
  } catch (const std::exception& error) {
    CHECK(parts(error).find("report it") != std::string::npos);
  }
}

TEST_CASE("paths that the system refuses, and names with control characters") {
  const ToyCifar data;
  const ScratchFolder out;
  const auto run = [&](const fs::path& from, const fs::path& to) {
    return run_process(toy_command(from, to), fs::temp_directory_path());
  };
  const std::string long_name(300, 'n'), long_path = "/" + std::string(5000, 'p');
  for (const fs::path& bad : {out / long_name, fs::path(long_path)}) {
    error_line(run(bad, out / "results"), 1);
    error_line(run(data.path(), bad), 1);
  }
  fs::create_symlink("loop", out / "loop");
  error_line(run(out / "loop", out / "results"), 1);
  error_line(run(data.path(), out / "loop"), 1);
  const std::string line = error_line(run(out / "no\nsuch\x1b[2Jfolder", out / "results"), 1);
  CHECK(line.find("no\\nsuch\\x1b[2Jfolder") != std::string::npos);
}

TEST_CASE("the command to continue is quoted, and does not begin again") {
  const ToyCifar data;
  const ScratchFolder out;
  const fs::path results = out / "it's here";
  const std::vector<std::string> more = {"--epochs", "400", "--fresh"};
  Background program(toy_command(data.path(), results, more), out / "log");
  REQUIRE(program.until([&] { return fs::exists(results / "stopgrad/metrics.csv"); }));
  program.signal(SIGINT);
  CHECK(program.wait() == 130);
  const std::string last = lines_of(program.output()).back();
  const std::string mark = "; to continue: ";
  REQUIRE(last.find(mark) != std::string::npos);
  const std::string command = last.substr(last.find(mark) + mark.size());
  CHECK(command.find("--fresh") == std::string::npos);
  Background again({"/bin/sh", "-c", "exec " + command}, out / "log2");
  CHECK(again.says("with stop-gradient: continues after step "));
}

TEST_CASE("--version, and what a mistyped option was meant to be") {
  const auto run = [](const std::vector<std::string>& arguments) {
    std::vector<std::string> command = {program_path()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return run_process(command, "/");
  };
  for (const char* program : {"ABLATE_STOPGRAD", "REPRODUCE", "SIMSIAM"}) {
    const ProcessResult version = run_process({program_path(program), "--version"}, "/");
    CHECK(version.status == 0);
    CHECK(version.output.starts_with("simsiam 0."));
    CHECK(version.output.find(", build ") != std::string::npos);
    CHECK(lines_of(version.output).size() == 1);
  }
  const auto meant = [&](const std::string& typed, const std::string& expected) {
    CAPTURE(typed);
    const std::string line = error_line(run({typed, "1"}), 2);
    CHECK(line.starts_with("error: " + typed + ": there is no such option; "));
    CHECK((line.find("did you mean " + expected + "? ") != std::string::npos) == !expected.empty());
    if (expected.empty()) CHECK(line.find("did you mean") == std::string::npos);
  };
  meant("--epoch", "--epochs");
  meant("--bacth-size", "--batch-size");
  meant("--learning-rate", "");
  meant("--sed", "--seed");
  meant("--weigth-decay=3", "--weight-decay");
  meant("--zzzzz", "");
}

}  // namespace siam
