//! The program: arguments to [`rowlstm::cli::run`], its answer to the exit code.

fn main() -> std::process::ExitCode {
    rowlstm::cli::run(std::env::args_os())
}
