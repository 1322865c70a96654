//! A request with any value of `Authorization` is refused with 400 or 401.
#![no_main]

mod app;

use libfuzzer_sys::fuzz_target;
use poem::http::HeaderValue;

fuzz_target!(|value: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    let request = app::request("/auth/me").header("authorization", value).finish();
    assert!([400, 401].contains(&app::send(request)));
});
