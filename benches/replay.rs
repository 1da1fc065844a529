//! What a pass of the kernel would take on more cores than there are: from the measured processor time of each piece of
//! work, and from what waits for what.

use lstm_kernel::phase::Event;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The events of one pass: `[members]`.
pub type Pass = Vec<Vec<Event>>;

/// Each piece of work as short as in the fastest of several rounds of the same pass.
pub fn fastest(rounds: Vec<Vec<Pass>>) -> Vec<Pass> {
    rounds
        .into_iter()
        .reduce(|fastest, round| fastest.into_iter().zip(round).map(faster).collect())
        .unwrap_or_default()
}

fn faster((mut a, mut b): (Pass, Pass)) -> Pass {
    // Members end in any order. They are recognised by what they wait for.
    let shape = |events: &Vec<Event>| format!("{:?}", events.iter().map(without_time).collect::<Vec<_>>());
    a.sort_by_key(shape);
    b.sort_by_key(shape);
    for (events, others) in a.iter_mut().zip(&b) {
        for (event, other) in events.iter_mut().zip(others) {
            if let (Event::Work(time), Event::Work(other)) = (event, other) {
                *time = (*time).min(*other);
            }
        }
    }
    a
}

fn without_time(event: &Event) -> Event {
    if let Event::Work(_) = event { Event::Work(0) } else { *event }
}

/// Nanoseconds of a pass with a core for each member: the time at which the last one ends.
///
/// * `meeting`: nanoseconds from the moment at which a member is done to the moment at which another sees it.
pub fn critical_path(pass: &Pass, meeting: u64) -> u64 {
    let tasks = pass.iter().flatten().map(|event| match *event {
        Event::Wait { task, .. } | Event::Done { task } => task + 1,
        _ => 0,
    });
    let mut course =
        Course { pass, meeting, done: vec![Vec::new(); tasks.max().unwrap_or(0)], arrivals: Vec::new() };
    let mut members = vec![Member::default(); pass.len()];
    // Always the member that is first in time and need not wait.
    while let Some((time, member)) =
        (0..pass.len()).filter_map(|member| Some((course.ready(member, &members[member])?, member))).min()
    {
        course.advance(time, member, &mut members[member]);
    }
    let ended = |(member, events): (&Member, &Vec<Event>)| member.next == events.len();
    assert!(members.iter().zip(pass).all(ended), "a member waits for ever");
    members.iter().map(|member| member.time).max().unwrap_or(0)
}

#[derive(Clone, Default)]
struct Member {
    time: u64,
    /// Its next event.
    next: usize,
    /// Meetings of all that it has come to.
    met: usize,
    /// Whether it is at one now.
    arrived: bool,
}

struct Course<'a> {
    pass: &'a Pass,
    meeting: u64,
    /// When the parts of each task were done, in order.
    done: Vec<Vec<u64>>,
    /// When the members came to each meeting of all.
    arrivals: Vec<Vec<u64>>,
}

impl Course<'_> {
    /// When a member can do its next event; none while it waits and at its end.
    fn ready(&self, number: usize, member: &Member) -> Option<u64> {
        let time = member.time;
        match *self.pass[number].get(member.next)? {
            Event::Wait { task, parts } if parts > 0 => {
                Some(time.max(*self.done[task].get(parts - 1)? + self.meeting))
            }
            Event::All if member.arrived => {
                let all = &self.arrivals[member.met];
                (all.len() == self.pass.len())
                    .then(|| all.iter().max().map_or(time, |last| last + self.meeting))
            }
            _ => Some(time),
        }
    }

    fn advance(&mut self, time: u64, number: usize, member: &mut Member) {
        member.time = time;
        match self.pass[number][member.next] {
            Event::Work(spent) => member.time += spent,
            Event::Done { task } => self.done[task].push(time),
            Event::Wait { .. } => {}
            Event::All if member.arrived => {
                member.arrived = false;
                member.met += 1;
            }
            Event::All => {
                self.arrivals.resize(self.arrivals.len().max(member.met + 1), Vec::new());
                self.arrivals[member.met].push(time);
                member.arrived = true;
                return;
            }
        }
        member.next += 1;
    }
}

/// Nanoseconds from the moment at which a thread writes a number to the moment at which another has read it: half a round
/// trip, the fastest of many.
pub fn meeting_cost() -> u64 {
    let turn = AtomicUsize::new(0);
    let rounds = 20_000;
    let wait = |value: usize| {
        while turn.load(Ordering::Acquire) != value {
            std::hint::spin_loop();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..rounds {
                wait(2 * round + 1);
                turn.store(2 * round + 2, Ordering::Release);
            }
        });
        let mut fastest = u64::MAX;
        for round in (0..rounds).step_by(100) {
            let started = Instant::now();
            for round in round..round + 100 {
                turn.store(2 * round + 1, Ordering::Release);
                wait(2 * round + 2);
            }
            fastest = fastest.min(started.elapsed().as_nanos() as u64 / 200);
        }
        fastest
    })
}
