//! Whatever stands in `Authorization` signs nobody in.
#![no_main]

mod app;

use libfuzzer_sys::fuzz_target;
use poem::{Request, http::HeaderValue};

fuzz_target!(|value: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    let request = Request::builder().uri_str("/auth/me").header("authorization", value).finish();
    assert!([400, 401].contains(&app::send(request)));
});
