//! A login or registration with any bytes as its form is refused, and never with 500.
#![no_main]

mod app;

use libfuzzer_sys::fuzz_target;
use poem::http::Method;

fuzz_target!(|body: &[u8]| {
    for path in ["/auth/login", "/auth/register"] {
        let request = app::request(path)
            .method(Method::POST)
            .content_type("application/x-www-form-urlencoded");
        let status = app::send(request.body(body.to_vec()));
        assert!([400, 401, 413, 422, 503].contains(&status), "{status}");
    }
});
