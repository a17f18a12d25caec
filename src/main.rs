//! The thin binary: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Layout and planning recurse deeply on hostile or large input; the main thread's stack is not ours to choose.
    const STACK_BYTES: usize = 512 * 1024 * 1024;
    let worker = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(tickmark::cli::run);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) | Err(_) => ExitCode::from(4),
    }
}
