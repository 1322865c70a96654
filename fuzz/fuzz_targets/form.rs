//! Whatever is sent as a form is a page that says what is wrong with it.
#![no_main]

mod app;

use libfuzzer_sys::fuzz_target;
use poem::{Request, http::Method};

fuzz_target!(|body: &[u8]| {
    for path in ["/auth/login", "/auth/register"] {
        let request = Request::builder()
            .method(Method::POST)
            .uri_str(path)
            .content_type("application/x-www-form-urlencoded");
        let status = app::send(request.body(body.to_vec()));
        assert!([400, 401, 413, 422, 503].contains(&status), "{status}");
    }
});
