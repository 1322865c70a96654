use std::{path::Path, sync::Arc, time::Duration};

use diesel::{ConnectionError, ConnectionResult, connection::CacheSize};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use secrecy::ExposeSecret;
use tokio_postgres::{
    Client, Config, Connection, NoTls, SimpleQueryMessage, Socket,
    tls::{MakeTlsConnect, TlsStream},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    ConnectError,
    database_url::{PoolMode, PostgresUrl, Tls},
    error::DEADLINE,
};

/// Below the deadline of a call, so that no statement outlives it. It is set by a statement, because PgBouncer refuses it as
/// a startup parameter.
pub(super) const STATEMENT_TIMEOUT_MILLIS: u32 = 4000;
const _: () = assert!(DEADLINE.as_millis() > STATEMENT_TIMEOUT_MILLIS as u128);

/// How long to wait for one host, unless the URL says otherwise. The second host can still answer before the deadline of a call.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long sent bytes may stay unacknowledged, unless the URL says otherwise. A dead host then breaks the connection, which
/// would otherwise hang for a quarter of an hour.
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);

/// How often each of two connections asks for its process on the server.
const PROBES: usize = 3;

/// Opens connections to one database. The certificates are read once.
#[derive(Clone)]
pub(super) struct Connector {
    url: PostgresUrl,
    tls: Option<MakeRustlsConnect>,
    transaction_pooling: bool,
}

impl Connector {
    pub(super) fn new(url: &PostgresUrl) -> Result<Self, ConnectError> {
        let tls = match &url.tls {
            Tls::Off => None,
            Tls::Verified { root_certificate } => {
                Some(tls(root_certificate.as_deref()).map_err(|error| {
                    let file = root_certificate.as_deref().unwrap_or(Path::new(""));
                    ConnectError::new(format!(
                        "the sslrootcert {} in DATABASE_URL cannot be used: {error}",
                        file.display()
                    ))
                })?)
            }
        };
        let transaction_pooling = url.pool_mode == Some(PoolMode::Transaction);
        Ok(Self { url: url.clone(), tls, transaction_pooling })
    }

    /// Finds out whether a pooler gives each transaction another connection to the server, unless the URL says it.
    ///
    /// A statement that was prepared on one of them would be missing on another, or be that of another client.
    pub(super) async fn with_detected_pooler(mut self) -> Result<Self, ConnectError> {
        if self.url.pool_mode.is_none() {
            self.transaction_pooling =
                self.shares_processes().await.map_err(|error| unreachable(&error))?;
        }
        Ok(self)
    }

    /// Returns whether the server may run each transaction on another of its connections.
    pub(super) fn transaction_pooling(&self) -> bool {
        self.transaction_pooling
    }

    /// Opens a connection with a statement timeout. PostgreSQL then also cancels statements whose caller has gone.
    pub(super) async fn establish_with_timeout(self) -> ConnectionResult<AsyncPgConnection> {
        // With a pooler, each transaction sets the timeout.
        let sets_timeout = !self.transaction_pooling;
        let mut connection = self.establish().await?;
        if sets_timeout {
            connection
                .batch_execute(&format!("SET statement_timeout = {STATEMENT_TIMEOUT_MILLIS}"))
                .await
                .map_err(ConnectionError::CouldntSetupConfiguration)?;
        }
        Ok(connection)
    }

    /// Connects without `AsyncPgConnection::establish`, which drops the causes of an error.
    pub(super) async fn establish(self) -> ConnectionResult<AsyncPgConnection> {
        let mut connection = match self.tls.clone() {
            Some(tls) => self.set_up(self.connect(tls).await?).await,
            None => self.set_up(self.connect(NoTls).await?).await,
        }?;
        if self.transaction_pooling {
            let committed = connection.batch_execute("COMMIT").await;
            committed.map_err(ConnectionError::CouldntSetupConfiguration)?;
            // A prepared statement ends before its transaction, because another client may use its name.
            connection.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        Ok(connection)
    }

    /// Lets Diesel set up a connection. It prepares statements, so behind a pooler that takes a transaction.
    async fn set_up<S>(
        &self,
        (client, mut connection): (Client, Connection<Socket, S>),
    ) -> ConnectionResult<AsyncPgConnection>
    where
        S: TlsStream + Unpin + Send + 'static,
    {
        if self.transaction_pooling {
            let begun = tokio::select! {
                begun = client.batch_execute("BEGIN") => begun,
                ended = &mut connection => ended,
            };
            begun.map_err(|error| bad_connection(&error))?;
        }
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }

    async fn connect<T>(&self, tls: T) -> ConnectionResult<(Client, Connection<Socket, T::Stream>)>
    where
        T: MakeTlsConnect<Socket>,
    {
        let url = self.url.url.expose_secret().parse::<Config>();
        let mut config = url.map_err(|error| bad_connection(&error))?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(UNACKNOWLEDGED);
        }
        config.connect(tls).await.map_err(|error| bad_connection(&error))
    }

    /// Opens two connections and asks each of them for its process on the server. If they share one, or it changes, there is a
    /// pooler between.
    async fn shares_processes(&self) -> ConnectionResult<bool> {
        let clients = [self.client().await?, self.client().await?];
        let mut seen: [Option<String>; 2] = [None, None];
        for _ in 0..PROBES {
            for (client, seen) in clients.iter().zip(&mut seen) {
                let process = process(client).await?;
                if seen.as_ref().is_some_and(|seen| *seen != process) {
                    return Ok(true);
                }
                *seen = Some(process);
            }
        }
        Ok(seen[0] == seen[1])
    }

    async fn client(&self) -> ConnectionResult<Client> {
        Ok(match self.tls.clone() {
            Some(tls) => driven(self.connect(tls).await?),
            None => driven(self.connect(NoTls).await?),
        })
    }
}

/// Drives a connection until its client is dropped.
fn driven<S>((client, connection): (Client, Connection<Socket, S>)) -> Client
where
    S: TlsStream + Unpin + Send + 'static,
{
    tokio::spawn(connection);
    client
}

/// Returns the id of the process that serves a client.
async fn process(client: &Client) -> ConnectionResult<String> {
    let answer = client.simple_query("SELECT pg_backend_pid()").await;
    let row =
        answer.map_err(|error| bad_connection(&error))?.into_iter().find_map(
            |message| match message {
                SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            },
        );
    row.ok_or_else(|| ConnectionError::BadConnection("pg_backend_pid() returned nothing".into()))
}

fn bad_connection(error: &tokio_postgres::Error) -> ConnectionError {
    ConnectionError::BadConnection(with_causes(error))
}

fn tls(root_certificate: Option<&Path>) -> Result<MakeRustlsConnect, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = root_certificate {
        if !file.is_file() {
            return Err("it is not a plain file".into());
        }
        let known = roots.len();
        for certificate in CertificateDer::pem_file_iter(file)? {
            roots.add(certificate?)?;
        }
        if roots.len() == known {
            return Err("it contains no certificate".into());
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

pub(super) fn unreachable(error: &ConnectionError) -> ConnectError {
    ConnectError::new(format!("PostgreSQL cannot be reached: {}", with_causes(error)))
}

/// Formats an error with its causes, without which the client's errors say little.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
