//! The list of practice sessions over HTTP, on mocks of the ports.

use coach_core::domain::{PracticePage, PracticePosition, PracticeState, UserId};

use crate::{
    fixture::Mocks,
    practice::{PATH, stored},
};

#[tokio::test]
async fn list_has_the_defaults_of_the_contract() {
    let mut mocks = Mocks::new();
    let session = stored(&mocks);
    mocks.practice_sessions.expect_list().times(2).returning(move |user_id, query| {
        assert_eq!((user_id, query.limit.get(), query.after), (UserId(1), 20, None));
        assert_eq!(query.filter, Default::default());
        Ok(PracticePage { sessions: vec![session.clone()], has_more: false })
    });
    let persona = mocks.permissive().serve().await.with_token("valid");
    // Unknown parameters are ignored, and a blank category selects all.
    for query in ["", "?category=%20&q=1&limits=7"] {
        let answer = persona.get(&format!("{PATH}{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.text.starts_with(r#"{"sessions":[{"id":"abababab-"#), "{answer:?}");
        assert!(answer.text.ends_with(r#"}],"next_cursor":null}"#), "{answer:?}");
    }
}

#[tokio::test]
async fn parameters_reach_the_repository_and_the_cursor_of_the_last_session_is_returned() {
    let mut mocks = Mocks::new();
    let session = stored(&mocks);
    let position = session.position();
    mocks.practice_cursors.expect_verify().times(1).returning(move |user_id, filter, cursor| {
        assert_eq!((user_id, cursor), (UserId(1), "from-before"));
        assert_eq!(filter.category.as_ref().unwrap().as_str(), "Product sense");
        Some(position)
    });
    mocks.practice_sessions.expect_list().times(1).returning(move |_, query| {
        assert_eq!((query.limit.get(), query.after), (1, Some(position)));
        assert_eq!(query.filter.state, Some(PracticeState::Ended));
        Ok(PracticePage { sessions: vec![session.clone()], has_more: true })
    });
    mocks.practice_cursors.expect_issue().times(1).returning(move |_, filter, after| {
        assert_eq!((filter.state, after), (Some(PracticeState::Ended), position));
        "next-one".to_owned()
    });
    let persona = mocks.permissive().serve().await.with_token("valid");
    let query = "limit=1&cursor=from-before&category=Product+sense&state=ended";
    let answer = persona.get(&format!("{PATH}?{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["next_cursor"], "next-one");
}

#[tokio::test]
async fn bad_parameters_are_named() {
    // An unexpected call of the repository would be a 500.
    let mut mocks = Mocks::new();
    mocks.practice_cursors.expect_verify().returning(|_, _, _| None::<PracticePosition>);
    mocks.practice_cursors.expect_is_well_formed().returning(|cursor| cursor == "of-a-list");
    let persona = mocks.permissive().serve().await.with_token("valid");
    let long = "a".repeat(51);
    for (query, fields) in [
        ("limit=0", &["limit"][..]),
        ("limit=101", &["limit"]),
        ("limit=-1", &["limit"]),
        ("limit=%2B5", &["limit"]),
        ("limit=1.5", &["limit"]),
        ("limit=ten", &["limit"]),
        ("limit=", &["limit"]),
        ("limit=99999999999999999999", &["limit"]),
        ("state=closed", &["state"]),
        ("state=OPEN", &["state"]),
        ("category=a%00b", &["category"]),
        (&format!("category={long}"), &["category"]),
        ("cursor=", &["cursor"]),
        ("cursor=x%ff%zz", &["cursor"]),
        ("limit=1&limit=2", &["limit"]),
        ("state=open&%73tate=open", &["state"]),
        ("q=1&q=2", &["q"]),
        ("limit=0&state=x&category=a%00", &["limit", "category", "state"]),
        ("limit=0&cursor=x", &["limit", "cursor"]),
        ("limit=0&cursor=of-a-list", &["limit", "cursor"]),
        ("limit=0&cursor=x&category=a%00&state=x", &["limit", "category", "state", "cursor"]),
        ("cursor=x&cursor=y&limit=0", &["cursor", "limit"]),
        // Nobody knows to which list the cursor would have to belong.
        ("cursor=of-a-list&state=x", &["state"]),
        ("cursor=of-a-list&category=a&category=b", &["category"]),
    ] {
        let answer = persona.get(&format!("{PATH}?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {answer:?}");
        assert_eq!(answer.problem(), "invalid-input", "{query}");
        assert_eq!(answer.bad_fields(), fields, "{query}");
    }
}
