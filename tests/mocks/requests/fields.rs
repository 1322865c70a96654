//! Fields that are missing, invalid or unknown.

use coach_tests::PASSWORD;
use serde_json::{Value, json};

use super::anonymous;
use crate::fixture::{EMAIL, Mocks};

/// ASVS 2.2.1.
#[tokio::test]
async fn all_invalid_fields_are_named_together() {
    let anonymous = anonymous().await;
    for (body, fields) in [
        (json!({}), &["email", "password"][..]),
        (json!({"email": null, "password": null, "full_name": null}), &["email", "password"]),
        (json!({"email": 1, "password": [], "full_name": {}}), &["email", "password", "full_name"]),
        (
            json!({"email": "nobody", "password": "short", "full_name": "a\0"}),
            &["email", "password", "full_name"],
        ),
        (json!({"email": true, "password": "short"}), &["email", "password"]),
        (json!({"email": "", "password": PASSWORD}), &["email"]),
        (json!({"email": EMAIL, "password": ""}), &["password"]),
        (json!({"email": EMAIL, "password": "x".repeat(1025)}), &["password"]),
        (
            json!({"email": EMAIL, "password": PASSWORD, "full_name": "x".repeat(101)}),
            &["full_name"],
        ),
        (
            json!({"email": format!("{}@example.com", "x".repeat(65)), "password": PASSWORD}),
            &["email"],
        ),
    ] {
        let answer = anonymous.post("/auth/register", body.clone()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (422, "invalid-input"), "{body}");
        let mut named = answer.bad_fields();
        named.sort();
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        assert_eq!(named, fields, "{body}");
    }
}

#[tokio::test]
async fn login_checks_only_types_and_the_password_length() {
    let anonymous = anonymous().await;
    for (body, fields) in [
        (json!({}), &["email", "password"][..]),
        (json!({"email": 1, "password": {}}), &["email", "password"]),
        (json!({"email": EMAIL, "password": "x".repeat(1025)}), &["password"]),
    ] {
        let answer = anonymous.post("/auth/login", body.clone()).await;
        assert_eq!(
            (answer.status, answer.bad_fields()),
            (422, fields.iter().map(ToString::to_string).collect()),
            "{body}"
        );
    }
    for (email, password) in
        [("", ""), ("nobody", "x"), (EMAIL, "short"), (EMAIL, &"x".repeat(1024))]
    {
        assert_eq!(anonymous.login(email, password).await.problem(), "invalid-credentials");
    }
}

/// ASVS 15.3.3.
#[tokio::test]
async fn unknown_members_are_ignored_and_optional_ones_may_be_null() {
    let anonymous = anonymous().await;
    for full_name in [json!(null), json!(""), json!("   ")] {
        let body = json!({
            "email": EMAIL, "password": PASSWORD, "full_name": full_name,
            "id": 99, "is_active": false, "created_at": "1999-01-01T00:00:00Z", "password_hash": "x", "role": "admin",
        });
        let answer = anonymous.post("/auth/register", body).await;
        assert_eq!(answer.status, 201);
        let user = answer.json()["user"].clone();
        assert_eq!(
            (&user["id"], &user["is_active"], &user["full_name"]),
            (&json!(1), &json!(true), &Value::Null)
        );
        let mut members: Vec<_> = user.as_object().unwrap().keys().cloned().collect();
        members.sort();
        assert_eq!(members, ["created_at", "email", "full_name", "id", "is_active"]);
    }
}

/// The estimate is expensive, so that a request with another error must not cause it.
#[tokio::test]
async fn password_is_judged_only_when_every_other_field_is_valid() {
    let mut mocks = Mocks::new();
    mocks.password_strength.expect_check().returning(|_, _| panic!("judged"));
    let anonymous = mocks.permissive().serve().await;
    for (email, name, fields) in [
        ("nobody", "", &["email"][..]),
        (EMAIL, "a\nb", &["full_name"]),
        ("nobody", "a\nb", &["email", "full_name"]),
    ] {
        let body = json!({"email": email, "password": "password", "full_name": name});
        let answer = anonymous.post("/auth/register", body).await;
        assert_eq!(
            (answer.status, answer.bad_fields()),
            (422, fields.iter().map(ToString::to_string).collect())
        );
        let form = [("email", email), ("password", "password"), ("full_name", name)];
        anonymous.submit("/auth/register", &form).await.assert_page(422);
    }
    assert_eq!(anonymous.register(EMAIL).await.status, 500);
}

#[tokio::test]
async fn wrong_type_is_named_with_the_right_one() {
    let anonymous = anonymous().await;
    let message = |answer: coach_tests::Answer| answer.json()["errors"][0]["message"].clone();
    for (field, value, expected) in [
        ("email", json!(1), "This field must be a string."),
        ("email", json!({}), "This field must be a string."),
        ("full_name", json!([]), "This field must be a string or null."),
    ] {
        let mut body = json!({"email": EMAIL, "password": PASSWORD});
        body[field] = value;
        assert_eq!(message(anonymous.post("/auth/register", body).await), expected, "{field}");
    }
    let owner = anonymous.with_token("valid");
    for timer in [json!("5"), json!(1.5), json!(true)] {
        let answer = owner.post("/api/sessions", json!({ "timer_minutes": timer })).await;
        assert_eq!(message(answer), "This field must be a whole number or null.", "{timer}");
    }
}

/// Names that look alike and are not, or that reorder the page around them.
#[tokio::test]
async fn invisible_characters_in_names_and_categories_are_refused() {
    let owner = anonymous().await.with_token("valid");
    for text in ["a\u{202e}b", "\u{2067}a", "a\u{200b}", "a\u{2028}b", "\u{3164}", "a\u{200d}b"] {
        let register = json!({"email": EMAIL, "password": PASSWORD, "full_name": text});
        for (path, body, field, noun) in [
            ("/auth/register", register, "full_name", "name"),
            ("/api/sessions", json!({ "category_filter": text }), "category_filter", "category"),
            ("/api/sessions", json!({ "mode": text }), "mode", "mode"),
        ] {
            let answer = owner.post(path, body).await;
            let message =
                format!("Remove the line breaks and invisible characters from the {noun}.");
            let errors = json!([{"field": field, "message": message}]);
            assert_eq!((answer.status, &answer.json()["errors"]), (422, &errors), "{text:?}");
        }
    }
    for name in ["علی\u{200c}رضا", "👩\u{200d}🚀 Ann"] {
        let body = json!({"email": EMAIL, "password": PASSWORD, "full_name": name});
        assert_eq!(owner.post("/auth/register", body).await.status, 201, "{name}");
    }
}
