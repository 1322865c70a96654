use std::sync::Arc;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use secrecy::ExposeSecret;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    ConnectError,
    database_url::{PostgresUrl, Tls},
};

/// Opens connections to one database. What TLS needs is read once.
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
                    ConnectError::new(format!("TLS to PostgreSQL cannot be set up: {error}"))
                })?)
            }
        };
        Ok(Self { url: url.clone(), tls })
    }

    pub(super) async fn establish(self) -> ConnectionResult<AsyncPgConnection> {
        let url = self.url.url.expose_secret();
        let Some(tls) = self.tls else {
            return AsyncPgConnection::establish(url).await;
        };
        let (client, connection) = tokio_postgres::connect(url, tls)
            .await
            .map_err(|error| ConnectionError::BadConnection(with_causes(&error)))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

fn tls(
    root_certificate: Option<&std::path::Path>,
) -> Result<MakeRustlsConnect, Box<dyn std::error::Error>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = root_certificate {
        for certificate in CertificateDer::pem_file_iter(file)? {
            roots.add(certificate?)?;
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// An error of the client says little without its causes.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
