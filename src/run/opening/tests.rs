use super::*;

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
    std::thread::scope(|scope| {
        // As a process does that reads the file system's time to look at a lease.
        let other = scope.spawn(|| {
            let file = || tempfile::Builder::new().prefix(".writing-").tempfile_in(folder.path()).unwrap();
            (0..300).for_each(|_| drop([(); 20].map(|()| file())));
        });
        while !other.is_finished() {
            RunFolder::at(folder.path()).claim().unwrap();
        }
    });
}
