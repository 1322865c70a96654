use std::{path::Path, sync::Arc};

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use secrecy::ExposeSecret;
use tokio_postgres::{NoTls, Socket, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    ConnectError,
    database_url::{PostgresUrl, Tls},
    error::DEADLINE,
};

/// In milliseconds, below the deadline of a call. It is set by a statement, because PgBouncer refuses it as a startup
/// parameter.
const STATEMENT_TIMEOUT: &str = "SET statement_timeout = 4000";
const _: () = assert!(DEADLINE.as_millis() > 4000);

/// Opens connections to one database. The certificates are read once.
#[derive(Clone)]
pub(super) struct Connector {
    url: PostgresUrl,
    tls: Option<MakeRustlsConnect>,
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
        Ok(Self { url: url.clone(), tls })
    }

    /// Opens a connection with a statement timeout, so that no statement outlives its call. PostgreSQL then also
    /// cancels statements whose caller has gone.
    pub(super) async fn establish_with_timeout(self) -> ConnectionResult<AsyncPgConnection> {
        let mut connection = self.establish().await?;
        connection
            .batch_execute(STATEMENT_TIMEOUT)
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(connection)
    }

    pub(super) async fn establish(self) -> ConnectionResult<AsyncPgConnection> {
        let url = self.url.url.expose_secret();
        match self.tls {
            Some(tls) => connect(url, tls).await,
            None => connect(url, NoTls).await,
        }
    }
}

/// Connects without `AsyncPgConnection::establish`, which drops the causes of an error.
async fn connect<T>(url: &str, tls: T) -> ConnectionResult<AsyncPgConnection>
where
    T: MakeTlsConnect<Socket, Stream: Send + 'static>,
{
    let (client, connection) = tokio_postgres::connect(url, tls)
        .await
        .map_err(|error| ConnectionError::BadConnection(with_causes(&error)))?;
    AsyncPgConnection::try_from_client_and_connection(client, connection).await
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

/// Formats an error with its causes, without which the client's errors say little.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
