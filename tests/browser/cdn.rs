//! A local CDN with the pinned packages from `scripts/npm-packages`.

use std::{fs, path::PathBuf};

use poem::{
    Endpoint, EndpointExt, Response, Result, Route, Server,
    endpoint::{StaticFilesEndpoint, make},
    http::StatusCode,
    listener::{Acceptor, Listener, TcpListener},
    middleware::SetHeader,
};

/// Returns the folder of the packages.
pub fn packages() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/npm");
    assert!(folder.is_dir(), "run scripts/npm-packages to create {}", folder.display());
    folder
}

/// Returns the text of a file in a package.
pub fn package_file(path: &str) -> String {
    fs::read_to_string(packages().join(path)).unwrap()
}

async fn serve(endpoint: impl Endpoint + 'static) -> String {
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = acceptor.local_addr().remove(0).as_socket_addr().unwrap().to_owned();
    tokio::spawn(Server::new_with_acceptor(acceptor).run(endpoint));
    format!("http://{address}")
}

/// Serves the packages to every site, like the public CDN.
pub async fn genuine() -> String {
    let files = StaticFilesEndpoint::new(packages());
    serve(
        Route::new()
            .nest("/npm", files)
            .with(SetHeader::new().overriding("Access-Control-Allow-Origin", "*")),
    )
    .await
}

/// Serves a changed script at every path, like a compromised CDN.
pub async fn tampered() -> String {
    let script = make(async |_| -> Result<Response> {
        Ok(Response::builder().content_type("text/javascript").body("window.tampered = true;"))
    });
    serve(script.with(SetHeader::new().overriding("Access-Control-Allow-Origin", "*"))).await
}

/// Accepts requests and never answers.
pub async fn silent() -> String {
    serve(make(async |_| -> Result<StatusCode> { std::future::pending().await })).await
}
