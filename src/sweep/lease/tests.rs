use super::*;

fn write_owner(folder: &Path, owner: &Owner) {
    fs::write(folder.join(LEASE), serde_json::to_vec(owner).unwrap()).unwrap();
}

fn age(folder: &Path, seconds: u64) {
    let file = File::options().append(true).open(folder.join(LEASE)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).unwrap();
}

/// An owner on another machine, of which nothing is known.
fn elsewhere() -> Owner {
    Owner { host: "other".into(), pid: 1, system: "another boot".into(), began: 1, token: "t".into() }
}

#[test]
fn a_lease_keeps_others_out_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let trial = folder.path().join("trial");
    let lease = Lease::take(&trial).unwrap().expect("it is free");
    assert!(Lease::take(&trial).unwrap().is_none());
    assert_eq!(Lease::holder(&trial).unwrap().pid, std::process::id());
    lease.renew().unwrap();
    drop(lease);
    assert!(Lease::holder(&trial).is_none());
    assert!(Lease::take(&trial).unwrap().is_some());
    assert_eq!(fs::read_dir(&trial).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn a_lease_of_a_dead_process_is_taken_over_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let owner = Owner { pid: child.id(), began: process_start(child.id()).unwrap(), ..Owner::this() };
    write_owner(folder.path(), &owner);
    assert!(Lease::take(folder.path()).unwrap().is_none(), "its owner lives");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(Lease::holder(folder.path()).is_none());
    assert!(Lease::take(folder.path()).unwrap().is_some());
}

#[test]
fn a_process_that_has_the_number_of_a_dead_one_is_another() {
    let folder = tempfile::tempdir().unwrap();
    write_owner(folder.path(), &Owner { began: 1, ..Owner::this() });
    assert!(Lease::take(folder.path()).unwrap().is_some());
}

#[test]
fn a_lease_from_elsewhere_is_respected_until_it_expires() {
    let folder = tempfile::tempdir().unwrap();
    write_owner(folder.path(), &elsewhere());
    assert!(Lease::take(folder.path()).unwrap().is_none());
    age(folder.path(), EXPIRY.as_secs() + 30);
    let lease = Lease::take(folder.path()).unwrap().expect("it has expired");
    // Its old owner wakes: its heartbeat changes nothing, and its end removes nothing.
    let old = Lease { path: folder.path().join(LEASE), owner: elsewhere() };
    assert!(!old.is_held() && old.renew().is_err());
    drop(old);
    assert!(lease.is_held() && Lease::holder(folder.path()).is_some());
    drop(lease);
}

#[test]
fn a_heartbeat_keeps_a_lease_from_expiring() {
    let folder = tempfile::tempdir().unwrap();
    let lease = Lease::take(folder.path()).unwrap().unwrap();
    age(folder.path(), EXPIRY.as_secs() + 30);
    lease.renew().unwrap();
    assert!(Lease::holder(folder.path()).is_some());
    assert!(Lease::take(folder.path()).unwrap().is_none());
}

#[test]
fn a_lease_of_a_stopped_process_is_respected_while_it_locks_the_runs_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = RunFolder::at(folder.path());
    run.claim().unwrap();
    write_owner(folder.path(), &elsewhere());
    age(folder.path(), EXPIRY.as_secs() + 30);
    assert!(Lease::take(folder.path()).unwrap().is_none());
    assert_eq!(Lease::holder(folder.path()).unwrap().host, "other");
    drop(run);
    assert!(Lease::take(folder.path()).unwrap().is_some());
}

#[test]
fn a_heartbeat_far_in_the_future_is_as_old_as_one_far_in_the_past() {
    let folder = tempfile::tempdir().unwrap();
    write_owner(folder.path(), &elsewhere());
    let file = File::options().append(true).open(folder.path().join(LEASE)).unwrap();
    let set = |seconds| file.set_modified(SystemTime::now() + Duration::from_secs(seconds)).unwrap();
    set(EXPIRY.as_secs() / 2);
    assert!(Lease::take(folder.path()).unwrap().is_none());
    // The clock was set back by three hours, and the holder is dead since before that.
    set(3 * 3600);
    assert!(Lease::take(folder.path()).unwrap().is_some());
}

#[test]
fn a_stopped_process_is_named_as_such() {
    let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let owner = Owner { pid: child.id(), ..Owner::this() };
    assert!(!owner.in_words().contains("stopped"));
    let stop = ["-STOP", &child.id().to_string()];
    assert!(std::process::Command::new("kill").args(stop).status().unwrap().success());
    let begun = std::time::Instant::now();
    while !owner.in_words().ends_with("(stopped: `kill -CONT` continues it)") {
        assert!(begun.elapsed().as_secs() < 10, "{}", owner.in_words());
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_torn_lease_waits_for_its_expiry() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(LEASE), "{\"host\": \"a").unwrap();
    assert!(Lease::take(folder.path()).unwrap().is_none());
    age(folder.path(), EXPIRY.as_secs() + 30);
    assert!(Lease::take(folder.path()).unwrap().is_some());
}

#[test]
fn of_many_takers_at_the_same_time_one_gets_the_lease() {
    for abandoned in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        if abandoned {
            write_owner(folder.path(), &Owner { began: 1, ..Owner::this() });
        }
        let held: Vec<Option<Lease>> = std::thread::scope(|scope| {
            let takers: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Lease::take(folder.path()).unwrap())).collect();
            takers.into_iter().map(|taker| taker.join().unwrap()).collect()
        });
        assert_eq!(held.iter().flatten().count(), 1, "abandoned before: {abandoned}");
    }
}

#[test]
fn a_lease_is_not_removed_by_a_process_that_saw_none_before() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = tempfile::tempdir().unwrap();
    let ended = AtomicBool::new(false);
    let lost = std::thread::scope(|scope| {
        scope.spawn(|| {
            let other = Lease { path: folder.path().join(LEASE), owner: Owner::this() };
            while !ended.load(Ordering::Relaxed) {
                other.remove_abandoned(folder.path()).unwrap();
            }
        });
        let lost = (0..2000).filter(|_| {
            let lease = Lease::take(folder.path()).unwrap().expect("it is free");
            std::thread::sleep(Duration::from_micros(20));
            owner_in(&lease.path).as_ref() != Some(&lease.owner)
        });
        let lost = lost.count();
        ended.store(true, Ordering::Relaxed);
        lost
    });
    assert_eq!(lost, 0, "of 2000 leases");
}
