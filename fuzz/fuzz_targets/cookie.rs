//! Whatever stands in `Cookie` signs nobody in, and a logout takes all of it.
#![no_main]

mod app;

use libfuzzer_sys::fuzz_target;
use poem::{
    Request,
    http::{HeaderValue, Method},
};

fuzz_target!(|value: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(value) else { return };
    let request =
        |path: &str| Request::builder().uri_str(path).header("cookie", value.clone());
    assert_eq!(app::send(request("/auth/me").finish()), 401);
    assert_eq!(app::send(request("/auth/logout").method(Method::POST).finish()), 204);
});
