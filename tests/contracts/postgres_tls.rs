//! `sslmode=require` encrypts the connection and verifies the certificate.

use coach_diesel::{ConnectError, DatabaseUrl, postgres};

async fn connect(host: &str, parameters: &str) -> Result<(), ConnectError> {
    let cluster = std::env::var("TEST_POSTGRES_URL").expect("TEST_POSTGRES_URL must be set");
    let url = format!("{}?{parameters}", cluster.replace("127.0.0.1", host));
    let DatabaseUrl::Postgres(url) = url.parse().unwrap() else { unreachable!() };
    postgres::connect(&url).await.map(|_| ())
}

/// ASVS 12.3.1, 12.3.2.
#[tokio::test]
#[ignore = "needs TEST_POSTGRES_URL and TEST_POSTGRES_CERTIFICATE: scripts/test sets them"]
async fn only_a_server_with_a_trusted_certificate_is_accepted() {
    let certificate =
        std::env::var("TEST_POSTGRES_CERTIFICATE").expect("TEST_POSTGRES_CERTIFICATE must be set");
    let trusted = format!("sslmode=require&sslrootcert={certificate}");
    connect("127.0.0.1", &trusted).await.unwrap();
    connect("127.0.0.1", "sslmode=disable").await.unwrap();

    let unknown_authority = connect("127.0.0.1", "sslmode=require").await.unwrap_err();
    assert!(unknown_authority.to_string().contains("certificate"), "{unknown_authority}");
    // The certificate names 127.0.0.1.
    let another_name = connect("localhost", &trusted).await.unwrap_err();
    assert!(another_name.to_string().contains("certificate"), "{another_name}");
    let no_file = connect("127.0.0.1", "sslmode=require&sslrootcert=/nowhere").await.unwrap_err();
    assert!(no_file.to_string().contains("sslrootcert /nowhere"), "{no_file}");
}
