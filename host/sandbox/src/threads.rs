//! Threads of the sandbox: plug-in calls burn CPU, so they never run on a worker of the async runtime.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::{Sender, bounded};

/// How much less urgent a plug-in's call is than the host's own work (`nice`): a request that needs no plug-in does not wait for
/// a plug-in that burns its time, and the host is never late to stop one.
const NICENESS: i32 = 5;

type Job = Box<dyn FnOnce() + Send>;

/// A fixed set of threads that run handed-over work; one for each core.
#[derive(Clone)]
pub struct Threads {
    sender: Sender<Job>,
    count: usize,
}

/// The work panicked, or the threads have stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox threads did not finish the work: it panicked, or the host is stopping")]
pub struct Lost;

impl Threads {
    /// Starts `count` threads (at least one); none starts one for each core.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(count: Option<usize>) -> std::io::Result<Self> {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let count = count.unwrap_or_else(cores).max(1);
        let (sender, receiver) = bounded::<Job>(count * 64);
        for number in 0..count {
            let receiver = receiver.clone();
            std::thread::Builder::new().name(format!("veche-sandbox-{number}")).spawn(move || {
                // Of this thread alone, on Linux. A system that refuses it only loses the urgency.
                let _ = rustix::process::nice(NICENESS);
                while let Ok(job) = receiver.recv() {
                    // A panic must not take the thread with it; the sender of the job sees a closed channel.
                    let _ = catch_unwind(AssertUnwindSafe(job));
                }
            })?;
        }
        Ok(Self { sender, count })
    }

    /// How many threads.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Runs work on a sandbox thread and waits for it without holding a runtime worker.
    ///
    /// # Errors
    /// [`Lost`] if the work panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Lost> {
        let (answer, wait) = tokio::sync::oneshot::channel();
        let mut job: Job = Box::new(move || {
            let _ = answer.send(work());
        });
        // The queue is bounded; a full one is waited for without blocking the runtime.
        loop {
            match self.sender.try_send(job) {
                Ok(()) => break,
                Err(crossbeam_channel::TrySendError::Full(back)) => {
                    job = back;
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
                Err(crossbeam_channel::TrySendError::Disconnected(_)) => return Err(Lost),
            }
        }
        wait.await.map_err(|_| Lost)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_costs_one_job() {
        let threads = Threads::start(Some(1)).unwrap();
        assert_eq!(threads.run(|| -> u8 { panic!("on purpose") }).await, Err(Lost));
        assert_eq!(threads.run(|| 7).await, Ok(7));
    }
}
