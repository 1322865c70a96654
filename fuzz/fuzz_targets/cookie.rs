//! A request with any value of `Cookie` is refused with 401. Logout accepts any value.
#![no_main]

mod app;

use libfuzzer_sys::fuzz_target;
use poem::http::{HeaderValue, Method};

fuzz_target!(|value: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    let request = |path: &str| app::request(path).header("cookie", value.clone());
    assert_eq!(app::send(request("/auth/me").finish()), 401);
    assert_eq!(app::send(request("/auth/logout").method(Method::POST).finish()), 204);
});
