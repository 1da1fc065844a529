use super::*;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_folder_is_free_when_it_is_dropped_although_a_process_that_was_being_started_has_its_files_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = RunFolder::at(folder.path());
    run.claim().unwrap();
    let inherited = run.lock.as_ref().unwrap().0.try_clone().unwrap();
    assert!(matches!(RunFolder::at(folder.path()).claim(), Err(RunError::Locked { .. })));
    drop(run);
    RunFolder::at(folder.path()).claim().unwrap();
    drop(inherited);
}

#[test]
fn a_folder_is_claimed_while_another_process_removes_its_own_temporary_files() {
    let folder = tempfile::tempdir().unwrap();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // As a process does that reads the file system's time to look at a lease.
        let other = scope.spawn(|| {
            let file = || tempfile::Builder::new().prefix(".writing-").tempfile_in(folder.path()).unwrap();
            while !ended.load(Ordering::Relaxed) {
                drop([(); 50].map(|()| file()));
            }
        });
        let claimed: Vec<_> =
            (0..500).map(|_| RunFolder::at(folder.path()).claim()).filter(Result::is_err).collect();
        ended.store(true, Ordering::Relaxed);
        other.join().unwrap();
        assert!(
            claimed.is_empty(),
            "{} of 500 failed, the first: {}",
            claimed.len(),
            claimed[0].as_ref().unwrap_err()
        );
    });
}
