//! Idle connections, with a clock that the tests move.

use std::{io, sync::mpsc};

use poem::{
    Body, Response,
    endpoint::{make, make_sync},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, duplex},
    net::TcpListener,
    sync::Notify,
    task::{JoinHandle, spawn_blocking, yield_now},
    time::{advance, sleep},
};

use tokio_util::sync::CancellationToken;

use super::*;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const SECOND: Duration = Duration::from_secs(1);

/// A client and its connection to the server.
struct Client {
    tcp: TcpStream,
    stop: CancellationToken,
    served: JoinHandle<Result<(), ConnectionError>>,
    /// While it exists, time does not pass by itself.
    _clock: mpsc::Sender<()>,
}

impl Client {
    async fn of(app: impl Endpoint + 'static) -> Self {
        let (clock, stopped) = mpsc::channel();
        spawn_blocking(move || stopped.recv());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, address) = listener.accept().await.unwrap();
        let shutdown = Shutdown::default();
        let stop = shutdown.close.clone();
        let served =
            tokio::spawn(
                async move { serve(&protocol(), accepted, address, &app, &shutdown).await },
            );
        settle().await;
        Self { tcp, stop, served, _clock: clock }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.tcp.write_all(bytes).await.unwrap();
        settle().await;
    }

    /// Receives until the end of a response.
    async fn receive(&mut self, end: &str) -> String {
        let mut received = String::new();
        while !received.ends_with(end) {
            let mut buffer = [0; 1024];
            let length = self.tcp.read(&mut buffer).await.unwrap();
            assert!(length > 0, "{received:?}");
            received.push_str(std::str::from_utf8(&buffer[..length]).unwrap());
        }
        received
    }

    async fn ask(&mut self) {
        self.send(GET).await;
        assert!(self.receive("done").await.starts_with("HTTP/1.1 200 OK"));
    }

    /// Returns the result of the connection.
    async fn ended(mut self) -> Result<(), ConnectionError> {
        settle().await;
        assert!(self.served.is_finished());
        let result = self.served.await.unwrap();
        assert_eq!(self.tcp.read(&mut [0]).await.unwrap(), 0);
        result
    }
}

/// Lets the server do what it can do now.
async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

async fn pass(duration: Duration) {
    // Timers have a resolution of a millisecond.
    advance(duration + Duration::from_millis(2)).await;
    settle().await;
}

fn app() -> impl Endpoint {
    make_sync(|_| "done")
}

#[tokio::test(start_paused = true)]
async fn client_that_pauses_gets_its_next_response() {
    let mut client = Client::of(app()).await;
    for seconds in [59, 0, 1, 59, 1, 59] {
        pass(seconds * SECOND).await;
        client.ask().await;
    }
}

#[tokio::test(start_paused = true)]
async fn idle_time_counts_from_the_last_response() {
    for asks in [false, true] {
        let mut client = Client::of(app()).await;
        if asks {
            pass(59 * SECOND).await;
            client.ask().await;
        }
        for _ in 0..59 {
            pass(SECOND).await;
        }
        assert!(!client.served.is_finished());
        pass(SECOND).await;
        let ended = client.ended().await;
        assert!(matches!(ended, Err(ConnectionError::TimedOut(Waiting::Idle(_)))), "{ended:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn beginning_of_the_next_request_is_kept() {
    let mut client = Client::of(app()).await;
    let (beginning, rest) = GET.split_at(9);
    for _ in 0..3 {
        client.send(&[GET, beginning].concat()).await;
        client.receive("done").await;
        pass(SECOND).await;
        client.send(rest).await;
        client.receive("done").await;
        pass(SECOND).await;
    }
    client.send(&[GET, beginning].concat()).await;
    client.receive("done").await;
    pass(SECOND).await;
    pass(10 * SECOND).await;
    let ended = client.ended().await;
    assert!(matches!(ended, Err(ConnectionError::TimedOut(Waiting::Head(_)))), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn headers_have_their_deadline_after_a_pause() {
    let mut client = Client::of(app()).await;
    client.ask().await;
    pass(55 * SECOND).await;
    client.send(&GET[..9]).await;
    for _ in 0..9 {
        pass(SECOND).await;
    }
    assert!(!client.served.is_finished());
    pass(SECOND).await;
    let ended = client.ended().await;
    assert!(matches!(ended, Err(ConnectionError::TimedOut(Waiting::Head(_)))), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn stop_ends_an_idle_connection_immediately() {
    for (asks, seconds) in [(false, 0), (false, 1), (true, 0), (true, 1)] {
        let mut client = Client::of(app()).await;
        if asks {
            client.ask().await;
        }
        pass(seconds * SECOND).await;
        client.stop.cancel();
        assert!(client.ended().await.is_ok(), "{asks} {seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn client_that_goes_ends_an_idle_connection() {
    for seconds in [0, 1] {
        let mut client = Client::of(app()).await;
        client.ask().await;
        pass(seconds * SECOND).await;
        client.tcp.shutdown().await.unwrap();
        assert!(client.ended().await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn application_may_take_longer_than_an_idle_connection() {
    let begun = Arc::new(Notify::new());
    let notify = begun.clone();
    let app = make(move |_| {
        notify.notify_one();
        async {
            sleep(90 * SECOND).await;
            Ok::<_, poem::Error>("done")
        }
    });
    let mut client = Client::of(app).await;
    client.send(GET).await;
    begun.notified().await;
    pass(SECOND).await;
    pass(90 * SECOND).await;
    client.receive("done").await;
}

#[tokio::test(start_paused = true)]
async fn response_that_pauses_is_finished_and_ends_the_connection() {
    let app = make_sync(|_| {
        let (mut writer, reader) = duplex(1024);
        tokio::spawn(async move {
            writer.write_all(b"half").await?;
            sleep(30 * SECOND).await;
            writer.write_all(b"done").await?;
            io::Result::Ok(())
        });
        Response::from(Body::from_async_read(reader))
    });
    let mut client = Client::of(app).await;
    client.send(GET).await;
    client.receive("half\r\n").await;
    pass(SECOND).await;
    pass(30 * SECOND).await;
    client.receive("0\r\n\r\n").await;
    assert!(client.ended().await.is_ok());
}
