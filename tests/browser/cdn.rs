//! What stands for the CDN: the pinned packages, as `scripts/npm-packages` fetched them.

use std::{fs, path::PathBuf};

use poem::{
    Endpoint, EndpointExt, Response, Result, Route, Server,
    endpoint::{StaticFilesEndpoint, make},
    http::StatusCode,
    listener::{Acceptor, Listener, TcpListener},
    middleware::SetHeader,
};

/// Where the packages are.
pub fn packages() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/npm");
    assert!(folder.is_dir(), "scripts/npm-packages fetches {}", folder.display());
    folder
}

/// A file of a package, as text.
pub fn package_file(path: &str) -> String {
    fs::read_to_string(packages().join(path)).unwrap()
}

async fn serve(endpoint: impl Endpoint + 'static) -> String {
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = acceptor.local_addr().remove(0).as_socket_addr().unwrap().to_owned();
    tokio::spawn(Server::new_with_acceptor(acceptor).run(endpoint));
    format!("http://{address}")
}

/// The packages as they are. Any site may load them, as from the public CDN.
pub async fn genuine() -> String {
    let files = StaticFilesEndpoint::new(packages());
    serve(
        Route::new()
            .nest("/npm", files)
            .with(SetHeader::new().overriding("Access-Control-Allow-Origin", "*")),
    )
    .await
}

/// Somebody has broken in and changed every script.
pub async fn tampered() -> String {
    let script = make(async |_| -> Result<Response> {
        Ok(Response::builder().content_type("text/javascript").body("window.tampered = true;"))
    });
    serve(script.with(SetHeader::new().overriding("Access-Control-Allow-Origin", "*"))).await
}

/// Takes requests and never answers.
pub async fn silent() -> String {
    serve(make(async |_| -> Result<StatusCode> { std::future::pending().await })).await
}
