//! The `aiusage` command.

fn main() -> std::process::ExitCode {
    aiusage::cli::main()
}
