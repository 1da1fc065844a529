//! Threads that compute one pass together.
//!
//! A pass cuts its work among the members of a team, which run at the same time and wait for each other's results. A thread
//! pool that runs tasks in any order cannot do that: a task that waits would keep the one it waits for from starting. So
//! teams have threads of their own, which are kept between passes.

use std::any::Any;
use std::cell::Cell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// How many members a team may have: the threads of the pool that calls, but no more than there are cores, because members
/// wait for each other. Tests and the measurement of phases have as many as the pool.
pub(crate) fn most_members() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    if ALONE.get() {
        return 1;
    }
    let threads = rayon::current_num_threads();
    if cfg!(any(test, feature = "phases")) {
        return threads;
    }
    threads.min(*CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from)))
}

thread_local! {
    /// Whether teams of this thread have no other members.
    static ALONE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`, whose passes stay on this thread: for callers that give every thread passes of its own.
pub fn on_this_thread<R>(work: impl FnOnce() -> R) -> R {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            ALONE.set(self.0);
        }
    }
    let _restore = Restore(ALONE.replace(true));
    work()
}

/// The threads that are not in a team now.
static IDLE: Mutex<Vec<Arc<Worker>>> = Mutex::new(Vec::new());

/// What a worker is to do. The pointers live until `done` is counted down.
#[derive(Clone, Copy)]
struct Job {
    work: *const (dyn Fn(usize) + Sync),
    member: usize,
    state: *const State,
}

// SAFETY: `Team::run` keeps what the pointers refer to until every member has ended, and shares only `Sync` things.
unsafe impl Send for Job {}

/// Shared by the members of a team while they work.
struct State {
    /// Members that have not ended.
    working: AtomicUsize,
    /// The panic of a member.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

struct Worker {
    job: Mutex<Option<Job>>,
    /// Whether there is a job.
    called: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Worker {
    /// A new thread; `None` if the system has none left.
    fn spawn() -> Option<Arc<Worker>> {
        let worker = Arc::new(Worker {
            job: Mutex::new(None),
            called: AtomicBool::new(false),
            thread: OnceLock::new(),
        });
        let own = worker.clone();
        let handle = thread::Builder::new().name("lstm".into()).spawn(move || own.work()).ok()?;
        worker.thread.get_or_init(|| handle.thread().clone());
        Some(worker)
    }

    fn call(&self, job: Job) {
        *self.job.lock().unwrap_or_else(PoisonError::into_inner) = Some(job);
        self.called.store(true, Ordering::Release);
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn work(&self) -> ! {
        loop {
            let mut patience = Patience::default();
            while !self.called.swap(false, Ordering::Acquire) {
                // The next pass often follows within microseconds; waking a thread takes longer.
                if patience.is_over() {
                    thread::park();
                } else {
                    patience.wait();
                }
            }
            let job = self.job.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(Job { work, member, state }) = job else { continue };
            // SAFETY: `Team::run` waits for `working` to become 0, which is the last that happens here.
            let (work, state) = unsafe { (&*work, &*state) };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(member))) {
                state.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
            }
            state.working.fetch_sub(1, Ordering::Release);
        }
    }
}

/// How long a thread waits before it lets others run, and before it sleeps. Where there are more threads than cores, the
/// thread that is waited for may be one of the others.
#[derive(Default)]
struct Patience(u32);

impl Patience {
    const SPINS: u32 = 200;
    const YIELDS: u32 = 200;
    const SLEEP: Duration = Duration::from_micros(50);

    fn wait(&mut self) {
        self.0 += 1;
        match self.0 {
            spins if spins < Self::SPINS => std::hint::spin_loop(),
            yields if yields < Self::SPINS + Self::YIELDS => thread::yield_now(),
            _ => thread::sleep(Self::SLEEP),
        }
    }

    /// Whether the next wait would sleep.
    fn is_over(&self) -> bool {
        self.0 >= Self::SPINS + Self::YIELDS
    }
}

/// The calling thread and others.
pub(crate) struct Team {
    others: Vec<Arc<Worker>>,
}

impl Team {
    /// A team of `members`, or fewer if the system has no more threads.
    pub(crate) fn new(members: usize) -> Team {
        if members < 2 {
            return Team { others: Vec::new() };
        }
        let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.len().saturating_sub(members - 1);
        let mut others = idle.split_off(kept);
        drop(idle);
        while others.len() < members - 1 {
            let Some(worker) = Worker::spawn() else { break };
            others.push(worker);
        }
        Team { others }
    }

    pub(crate) fn members(&self) -> usize {
        self.others.len() + 1
    }

    /// Calls `work` on every member with its number, from 0 on.
    ///
    /// # Panics
    ///
    /// If a member panics. The others must not wait for it forever: [`Meeting`] sees to that.
    pub(crate) fn run(&self, work: impl Fn(usize) + Sync) {
        if self.others.is_empty() {
            return work(0);
        }
        let state = State { working: AtomicUsize::new(self.others.len()), panic: Mutex::new(None) };
        let shared: &(dyn Fn(usize) + Sync) = &work;
        // SAFETY: only the lifetime changes. This function does not return before every member has ended.
        let shared: *const (dyn Fn(usize) + Sync) = unsafe {
            std::mem::transmute::<&(dyn Fn(usize) + Sync), &'static (dyn Fn(usize) + Sync)>(shared)
        };
        for (index, worker) in self.others.iter().enumerate() {
            worker.call(Job { work: shared, member: index + 1, state: &state });
        }
        let own = catch_unwind(AssertUnwindSafe(|| work(0)));
        let mut patience = Patience::default();
        while state.working.load(Ordering::Acquire) > 0 {
            patience.wait();
        }
        let panic = state.panic.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(panic) = own.err().or(panic) {
            resume_unwind(panic);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        IDLE.lock().unwrap_or_else(PoisonError::into_inner).append(&mut self.others);
    }
}

/// A number on a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct Count(AtomicUsize);

/// Where the members of a team wait for each other: at a point that all must reach, or for steps of a task.
pub(crate) struct Meeting {
    members: usize,
    arrived: Count,
    /// Steps done of each task, those of all its parts together.
    done: Vec<Count>,
    /// Whether a member has panicked, so that the others must not wait for it.
    abandoned: AtomicBool,
    /// What each member did.
    #[cfg(feature = "phases")]
    events: Mutex<Vec<Vec<crate::phase::Event>>>,
}

impl Meeting {
    pub(crate) fn new(members: usize, tasks: usize) -> Meeting {
        let done = (0..tasks).map(|_| Count::default()).collect();
        Meeting {
            members,
            arrived: Count::default(),
            done,
            abandoned: AtomicBool::new(false),
            #[cfg(feature = "phases")]
            events: Mutex::default(),
        }
    }

    /// Returns when every member has called it as often as the caller.
    pub(crate) fn all(&self) {
        #[cfg(feature = "phases")]
        crate::phase::note(crate::phase::Event::All);
        if self.members > 1 {
            let arrived = self.arrived.0.fetch_add(1, Ordering::AcqRel) + 1;
            self.until(&self.arrived, arrived.next_multiple_of(self.members));
        }
    }

    /// Notes that the caller's part of a step of `task` is done.
    pub(crate) fn done(&self, task: usize) {
        #[cfg(feature = "phases")]
        crate::phase::note(crate::phase::Event::Done { task });
        self.done[task].0.fetch_add(1, Ordering::AcqRel);
    }

    /// Returns when `parts` parts of steps of `task` are done.
    pub(crate) fn wait(&self, task: usize, parts: usize) {
        #[cfg(feature = "phases")]
        crate::phase::note(crate::phase::Event::Wait { task, parts });
        self.until(&self.done[task], parts);
    }

    fn until(&self, count: &Count, least: usize) {
        let mut patience = Patience::default();
        while count.0.load(Ordering::Acquire) < least {
            assert!(!self.abandoned.load(Ordering::Relaxed), "another thread of the team panicked");
            patience.wait();
        }
    }

    /// Runs the work of a member; should it panic, the others stop waiting.
    pub(crate) fn attend(&self, work: impl FnOnce()) {
        struct Attendance<'a>(&'a AtomicBool);
        impl Drop for Attendance<'_> {
            fn drop(&mut self) {
                if thread::panicking() {
                    self.0.store(true, Ordering::Relaxed);
                }
            }
        }
        let _attendance = Attendance(&self.abandoned);
        work();
        #[cfg(feature = "phases")]
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(crate::phase::take_events());
    }
}

#[cfg(feature = "phases")]
impl Drop for Meeting {
    fn drop(&mut self) {
        let events = std::mem::take(self.events.get_mut().unwrap_or_else(PoisonError::into_inner));
        crate::phase::add_pass(events);
    }
}

/// Part `part` of `parts` nearly equal parts of `0..len`.
pub(crate) fn part(len: usize, part: usize, parts: usize) -> Range<usize> {
    part * len / parts..(part + 1) * len / parts
}

/// A pointer that the members of a team share. Who may read and write what, and when, is decided where it is used.
#[derive(Clone, Copy)]
pub(crate) struct Shared<T>(*mut T);

// SAFETY: using the pointer is unsafe; passing it on is not.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(crate) fn new(values: &mut [T]) -> Shared<T> {
        Shared(values.as_mut_ptr())
    }

    /// The values from `index` on.
    pub(crate) fn from(self, index: usize) -> Shared<T> {
        Shared(self.at(index))
    }

    pub(crate) fn at(self, index: usize) -> *mut T {
        self.0.wrapping_add(index)
    }

    /// # Safety
    ///
    /// `index..index + len` must lie within the values, and no other thread may use them while the slice exists.
    pub(crate) unsafe fn slice<'a>(self, index: usize, len: usize) -> &'a mut [T] {
        // SAFETY: as the caller vouches.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(index), len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_works_and_waits_for_the_others() {
        for members in [1, 2, 5, 16] {
            let team = Team::new(members);
            assert_eq!(team.members(), members);
            for _ in 0..100 {
                let meeting = Meeting::new(members, 1);
                let sum = AtomicUsize::new(0);
                team.run(|member| {
                    meeting.attend(|| {
                        sum.fetch_add(member + 1, Ordering::Relaxed);
                        meeting.all();
                        assert_eq!(sum.load(Ordering::Relaxed), members * (members + 1) / 2);
                        meeting.done(0);
                        meeting.wait(0, members);
                    });
                });
            }
        }
    }

    #[test]
    #[should_panic(expected = "on purpose")]
    fn a_panic_of_a_member_ends_the_others_and_is_passed_on() {
        let meeting = Meeting::new(3, 1);
        Team::new(3).run(|member| {
            meeting.attend(|| {
                assert!(member != 0, "on purpose");
                meeting.all();
            });
        });
    }

    #[test]
    fn work_on_this_thread_has_no_other_members() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        pool.install(|| {
            assert_eq!(on_this_thread(most_members), 1);
            assert!(catch_unwind(|| on_this_thread(|| panic!("on purpose"))).is_err());
            assert_eq!(most_members(), 3, "also after a panic");
        });
    }

    #[test]
    fn teams_at_the_same_time_do_not_wait_for_each_other() {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let meeting = Meeting::new(3, 0);
                        Team::new(3).run(|_| meeting.attend(|| meeting.all()));
                    }
                });
            }
        });
    }
}
