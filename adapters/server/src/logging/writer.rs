//! A thread that writes the log, so that nothing else waits for its reader.

use std::{
    io::{self, Write},
    mem,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// Maximum size of the lines that wait, in bytes. Further lines are dropped and counted.
const MAX_WAITING: usize = 4 * 1024 * 1024;
/// How long lines gather before the thread writes them. Waking it for each line would cost more than the line.
const GATHERING: Duration = Duration::from_millis(5);
/// How long the end of the log waits for its reader.
const LAST_WRITE: Duration = Duration::from_secs(1);
/// The capacity that a buffer keeps, in bytes.
const KEPT_CAPACITY: usize = 256 * 1024;

/// Lines on their way to the thread that writes them.
#[derive(Clone, Default)]
pub(super) struct LogWriter(Arc<Shared>);

/// Ends the thread of a [`LogWriter`] when dropped, after it has written what waits.
pub(super) struct LogThread(LogWriter);

/// The number of lines that were dropped because too many were waiting.
#[derive(Clone)]
pub(crate) struct DroppedLines(Arc<Shared>);

#[derive(Default)]
struct Shared {
    lines: Mutex<Lines>,
    changed: Condvar,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Lines {
    waiting: Vec<u8>,
    ending: bool,
    ended: bool,
}

impl LogWriter {
    /// Starts the thread, which writes to `output`. Lines that cannot be written are lost.
    pub(super) fn start(output: impl Write + Send + 'static) -> io::Result<(Self, LogThread)> {
        let writer = Self::default();
        let thread = writer.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || thread.0.write(output))?;
        Ok((writer.clone(), LogThread(writer)))
    }

    pub(super) fn dropped_lines(&self) -> DroppedLines {
        DroppedLines(self.0.clone())
    }
}

impl DroppedLines {
    pub(crate) fn count(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }
}

impl Shared {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8]) {
        let mut lines = self.lines();
        if lines.waiting.len() + line.len() > MAX_WAITING {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let was_empty = lines.waiting.is_empty();
        lines.waiting.extend_from_slice(line);
        drop(lines);
        if was_empty {
            self.changed.notify_all();
        }
    }

    fn write(&self, mut output: impl Write) {
        let mut batch = Vec::new();
        while self.take(&mut batch) {
            let _ = output.write_all(&batch).and_then(|()| output.flush());
            batch.clear();
            batch.shrink_to(KEPT_CAPACITY);
        }
        self.lines().ended = true;
        self.changed.notify_all();
    }

    /// Waits for lines and exchanges them for an empty buffer. Returns false if there will be no more.
    fn take(&self, empty: &mut Vec<u8>) -> bool {
        let is_quiet = |lines: &mut Lines| lines.waiting.is_empty() && !lines.ending;
        let lines = self.changed.wait_while(self.lines(), is_quiet);
        let lines = lines.unwrap_or_else(PoisonError::into_inner);
        let gathered = self.changed.wait_timeout_while(lines, GATHERING, |lines| !lines.ending);
        let (mut lines, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut lines.waiting, empty);
        !empty.is_empty()
    }
}

impl Drop for LogThread {
    fn drop(&mut self) {
        let Self(LogWriter(shared)) = self;
        let mut lines = shared.lines();
        lines.ending = true;
        shared.changed.notify_all();
        let _ = shared.changed.wait_timeout_while(lines, LAST_WRITE, |lines| !lines.ended);
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

/// Each write is one or more whole lines.
impl Write for &LogWriter {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        self.0.add(lines);
        Ok(lines.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Passes on what is written.
    struct Sent(mpsc::Sender<Vec<u8>>);

    impl Write for Sent {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Never returns from a write until the sender of its channel is dropped.
    struct Stuck(mpsc::Receiver<()>);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_in_order_and_the_last_at_the_end() {
        let (sender, written) = mpsc::channel();
        let (writer, thread) = LogWriter::start(Sent(sender)).unwrap();
        for number in 0..1000 {
            (&writer).write_all(format!("{number}\n").as_bytes()).unwrap();
        }
        drop(thread);
        let written: Vec<u8> = written.try_iter().flatten().collect();
        let expected: String = (0..1000).map(|number| format!("{number}\n")).collect();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
        assert_eq!(writer.dropped_lines().count(), 0);
    }

    #[test]
    fn quiet_log_is_written_without_further_lines() {
        let (sender, written) = mpsc::channel();
        let (writer, _thread) = LogWriter::start(Sent(sender)).unwrap();
        for line in ["first\n", "second\n"] {
            (&writer).write_all(line.as_bytes()).unwrap();
            assert_eq!(written.recv().unwrap(), line.as_bytes());
        }
    }

    #[test]
    fn lines_beyond_the_limit_are_dropped_and_counted() {
        let (release, stuck) = mpsc::channel();
        let (writer, thread) = LogWriter::start(Stuck(stuck)).unwrap();
        let line = vec![b'x'; MAX_WAITING / 4];
        // The thread takes at most four of them, and four wait.
        for _ in 0..10 {
            (&writer).write_all(&line).unwrap();
        }
        let dropped = writer.dropped_lines().count();
        assert!((2..=6).contains(&dropped), "{dropped}");
        drop(release);
        drop(thread);
    }
}
