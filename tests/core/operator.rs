//! The use cases of an operator, and the codes that they make.

use chrono::TimeDelta;
use coach_core::{
    domain::{
        AccountFilter, AccountKey, AuthEvent, Channel, FullName, ImportedAccount, NewPassword,
        PasswordHash, SearchText, UserId,
    },
    ports::{Clock as _, SaveUserError, UserRepository as _},
    services::{
        AccountError, ChoosePasswordError, CreateAccountError, CreatedAccount, ImportBatch,
        Imported, LoginError, NewAccount,
    },
};
use coach_tests::PASSWORD;

use crate::{
    fakes::WEAK,
    fixture::{EMAIL, OTHER_EMAIL, World, email},
};

const TOKENS: Channel = Channel::Tokens;

fn new_account(address: &str, password: Option<&str>) -> NewAccount {
    NewAccount {
        email: email(address),
        full_name: FullName::parse("Test User").unwrap(),
        password: password.map(|password| NewPassword::parse(password).unwrap()),
    }
}

fn imported(address: &str) -> ImportedAccount {
    ImportedAccount {
        email: email(address),
        full_name: None,
        password_hash: PasswordHash::new(format!("hash 0 of {PASSWORD}")),
        is_active: true,
        created_at: "2020-01-01T00:00:00Z".parse().unwrap(),
        last_login: None,
    }
}

#[tokio::test]
async fn created_account_logs_in_with_its_password() {
    let world = World::new();
    let account = new_account(EMAIL, Some(PASSWORD));
    let CreatedAccount { user, code } = world.operator().create(account).await.unwrap();
    assert!(code.is_none() && user.created_at == world.clock.now() && user.last_login.is_none());
    assert_eq!(world.events(), [AuthEvent::AccountCreated { user_id: user.id }]);
    assert_eq!(world.count_sessions(user.id).await, 0);
    assert_eq!(world.log_in(EMAIL, PASSWORD, TOKENS).await.unwrap().user.id, user.id);
}

#[tokio::test]
async fn nobody_logs_in_to_an_account_without_a_password() {
    let world = World::new();
    let created = world.operator().create(new_account(EMAIL, None)).await.unwrap();
    let user_id = created.user.id;
    assert_eq!(
        world.events(),
        [AuthEvent::AccountCreated { user_id }, AuthEvent::CodeIssued { user_id }]
    );
    let stored = world.stored_hash().await;
    for password in [stored.as_str(), "!", "", PASSWORD] {
        assert_refused!(
            world.log_in(EMAIL, password, TOKENS).await,
            LoginError::InvalidCredentials
        );
        assert_eq!(world.events(), [AuthEvent::LoginFailed { user_id: Some(user_id) }]);
    }
}

#[tokio::test]
async fn password_of_a_new_account_follows_the_rules_of_a_registration() {
    let world = World::new();
    let weak = world.operator().create(new_account(EMAIL, Some(WEAK))).await;
    assert_refused!(weak, CreateAccountError::Choose(ChoosePasswordError::Weak(_)));
    world.user(EMAIL).await;
    for password in [None, Some(PASSWORD)] {
        let taken = world.operator().create(new_account(EMAIL, password)).await;
        assert_refused!(taken, CreateAccountError::Save(SaveUserError::EmailTaken));
    }
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn accounts_are_found_and_listed_with_their_live_sessions() {
    let (world, user) = World::with_user().await;
    world.device().await;
    let other = world.user(OTHER_EMAIL).await;
    world.deactivate(&other).await;
    let operator = world.operator();
    let find = async |text: &str| operator.find(&AccountKey::parse(text).unwrap()).await;
    let found = find(EMAIL).await.unwrap();
    assert_eq!((found.user.id, found.live_sessions), (user.user.id, 2));
    assert_eq!(find(&user.user.id.0.to_string()).await.unwrap(), found);
    assert_refused!(find("nobody@example.com").await, AccountError::NotFound);
    assert_refused!(find("4711").await, AccountError::NotFound);

    let list = async |search: &str, active| {
        let filter = AccountFilter { search: SearchText::read(search), active };
        let (page, next) = operator.list(&filter, None).await.unwrap();
        assert_eq!(next, Some(other.user.id));
        assert_eq!(operator.list(&filter, next).await.unwrap(), (Vec::new(), None));
        page.into_iter().map(|account| account.user.id).collect::<Vec<_>>()
    };
    let (first, second) = (user.user.id, other.user.id);
    assert_eq!(list("", None).await, [first, second]);
    assert_eq!(list("", Some(true)).await, [first]);
    assert_eq!(list("", Some(false)).await, [second]);
    assert_eq!(list("OTHER@", None).await, [second]);
    assert_eq!(list("test user", Some(true)).await, [first]);
    assert_eq!(list("%", None).await, []);

    world.clock.advance(world.settings.session.idle_timeout);
    assert_eq!(find(EMAIL).await.unwrap().live_sessions, 0);
}

/// ASVS 7.4.5.
#[tokio::test]
async fn sign_out_ends_every_session_of_the_account_and_is_recorded_once() {
    let (world, user) = World::with_user().await;
    let (browser, other) = (world.browser().await, world.user(OTHER_EMAIL).await);
    let user_id = user.user.id;
    assert_eq!(world.operator().sign_out(user_id).await.unwrap(), 2);
    assert_eq!(world.events(), [AuthEvent::SignedOut { user_id, count: 2 }]);
    assert!(!world.is_live(&user).await && !world.is_live(&browser).await);
    assert!(world.is_live(&other).await);
    assert_eq!(world.operator().sign_out(user_id).await.unwrap(), 0);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn deleted_account_is_gone() {
    let (world, user) = World::with_user().await;
    let user_id = user.user.id;
    world.operator().delete(user_id).await.unwrap();
    assert_eq!(world.events(), [AuthEvent::AccountRemoved { user_id }]);
    assert!(!world.is_live(&user).await);
    assert!(world.memory.find_credentials(&email(EMAIL)).await.unwrap().is_none());
    assert_refused!(world.operator().delete(user_id).await, AccountError::NotFound);
    let missing = world.operator().issue_code(UserId(4711)).await;
    assert_refused!(missing, AccountError::NotFound);
    assert_eq!(world.events(), []);
}

#[tokio::test]
async fn exported_accounts_can_be_imported() {
    let (world, _) = World::with_user().await;
    world.user(OTHER_EMAIL).await;
    let exported = world.operator().export(None).await.unwrap();
    assert_eq!(world.events(), [AuthEvent::AccountsExportBegun]);
    let last = exported.last().map(|account| account.user.id);
    assert_eq!(world.operator().export(last).await.unwrap().len(), 0);
    assert_eq!(world.events(), []);
    world.operator().finish_export(2);
    assert_eq!(world.events(), [AuthEvent::AccountsExported { count: 2 }]);

    let elsewhere = World::new();
    let mut batch = ImportBatch::default();
    for account in exported {
        batch.push(ImportedAccount {
            password_hash: account.password_hash,
            ..imported(account.user.email.as_str())
        });
    }
    let done = elsewhere.operator().import(batch).await.unwrap();
    assert_eq!(done, Imported { new: 2, known: 0 });
    assert_eq!(elsewhere.events(), [AuthEvent::AccountsImported { count: 2 }]);
    assert!(elsewhere.log_in(EMAIL, PASSWORD, TOKENS).await.is_ok());
}

#[tokio::test]
async fn trial_of_an_import_reports_the_same_and_stores_nothing() {
    let (world, _) = World::with_user().await;
    let batch = || {
        let mut batch = ImportBatch::default();
        for address in [EMAIL, "new@example.com", "new@example.com"] {
            batch.push(imported(address));
        }
        batch
    };
    let expected = Imported { new: 1, known: 2 };
    for _ in 0..2 {
        assert_eq!(world.operator().try_import(&batch()).await.unwrap(), expected);
    }
    assert_eq!(world.events(), []);
    assert_eq!(world.operator().import(batch()).await.unwrap(), expected);
    let again = world.operator().import(batch()).await.unwrap();
    assert_eq!(again, Imported { new: 0, known: 3 });
    assert_eq!(world.events(), [AuthEvent::AccountsImported { count: 1 }]);
}

#[test]
fn batch_is_full_at_its_limit() {
    let mut batch = ImportBatch::default();
    assert!(batch.is_empty() && !batch.is_full());
    for number in 0..ImportBatch::MAX {
        assert!(!batch.is_full());
        batch.push(imported(&format!("{number}@example.com")));
    }
    assert!(batch.is_full());
}

/// ASVS 6.4.1.
#[tokio::test]
async fn code_lives_for_an_hour() {
    let (world, user) = World::with_user().await;
    let code = world.operator().issue_code(user.user.id).await.unwrap();
    assert_eq!(code.expires_at, world.clock.now() + TimeDelta::hours(1));
    assert_eq!(world.events(), [AuthEvent::CodeIssued { user_id: user.user.id }]);
}
