use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep};

use super::stream::{Progress, Waiting};

/// From the first byte of a request to the end of its headers.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// While a client does not read any part of the response.
const STALLED_TIMEOUT: Duration = Duration::from_secs(30);

/// The deadline of what a connection waits for now.
pub(super) struct Deadline {
    waiting: Waiting,
    since: Instant,
    /// Set to the deadline or before it. The timer is not moved with every request.
    timer: Pin<Box<Sleep>>,
}

impl Deadline {
    /// Begins to wait for the first request. `idle` is the first limit.
    pub(super) fn new(progress: &Progress, idle: Duration) -> Self {
        let timer = Box::pin(sleep(idle));
        Self { waiting: progress.waiting(), since: Instant::now(), timer }
    }

    /// Completes with what did not happen in time, where `idle` is the limit between two requests. Must be called
    /// whenever the connection waits.
    pub(super) fn poll(
        &mut self,
        progress: &Progress,
        idle: Duration,
        context: &mut Context<'_>,
    ) -> Poll<Waiting> {
        let waiting = progress.waiting();
        if waiting != self.waiting {
            self.waiting = waiting;
            self.since = Instant::now();
        }
        let limit = match waiting {
            Waiting::Idle(_) => idle,
            Waiting::Head(_) => HEAD_TIMEOUT,
            Waiting::Stalled(_) => STALLED_TIMEOUT,
            Waiting::Serving => return Poll::Pending,
        };
        let deadline = self.since + limit;
        if self.timer.deadline() > deadline {
            self.timer.as_mut().reset(deadline);
        }
        while self.timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(waiting);
            }
            self.timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
