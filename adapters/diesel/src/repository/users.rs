use std::sync::Arc;

use async_trait::async_trait;
use coach_core::{
    domain::{
        Credentials, EmailAddress, FullName, NewAuthSession, NewUser, PasswordHash, ProfileChange,
        User, UserId,
    },
    ports::{
        LoginLookup, MAX_SCHEMES, PasswordChange, RepositoryError, SaveUserError, UserRepository,
    },
};
use diesel::{IntoSql, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;

use super::{
    super::schema::{auth_sessions, password_codes, users},
    database::Database,
    rows::{self, CredentialsRow, NewUserRow, StoredTime, UserChangeset, UserRow},
};
use crate::error::{FromDiesel, within_deadline};

pub(super) struct DieselUserRepository(pub(super) Arc<Database>);

diesel::postfix_operator!(
    // The condition of the index `users_outdated_password_hashes`, which names the scheme of new hashes. The databases use
    // the index only for exactly this condition.
    IsOutdated,
    " NOT LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'"
);

diesel::alias!(users as outdated: Outdated);

/// Selects the first outdated hash after a text, in the order of bytes. An order keeps the hashes of a scheme together.
macro_rules! outdated_after {
    ($text:expr) => {{
        let hash = || in_byte_order!(outdated.field(users::password_hash));
        outdated
            .filter(IsOutdated::new(outdated.field(users::password_hash)))
            .filter(hash().gt($text))
            .filter(hash().lt("%"))
            .order(hash())
            .limit(1)
    }};
}

/// Selects the account if it is active.
macro_rules! active_user {
    ($user_id:expr) => {
        users::table.find($user_id.0).filter(users::is_active.eq(true))
    };
}

#[async_trait]
impl UserRepository for DieselUserRepository {
    async fn create(&self, user: NewUser, session: NewAuthSession) -> Result<User, SaveUserError> {
        let created: Result<UserRow, SaveUserError> = write!(self, async |connection| {
            let created = diesel::insert_into(users::table)
                .values(NewUserRow::from(&user))
                .returning(UserRow::as_returning())
                .get_result(connection)
                .await?;
            insert_session!(connection, &session, created.id, None);
            Ok(created)
        });
        created.map(User::from)
    }

    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<Credentials>, RepositoryError> {
        within_deadline(async {
            let with_email = || users::table.filter(users::email.eq(email.to_string()));
            let found: Option<CredentialsRow> =
                find_one!(self.0, with_email().select(CredentialsRow::as_select()))?;
            Ok(found.map(Credentials::from))
        })
        .await
    }

    async fn find_for_login<'a>(
        &self,
        email: Option<&'a EmailAddress>,
    ) -> Result<LoginLookup, RepositoryError> {
        within_deadline(async {
            let email = email.map(EmailAddress::to_string);
            let query = || {
                // Every hash with a scheme begins with `$`.
                let first = outdated_after!("$").select(outdated.field(users::id)).single_value();
                let row =
                    |is_account: bool| (is_account.into_sql::<Bool>(), CredentialsRow::as_select());
                let account = users::table.filter(users::email.nullable().eq(email.clone()));
                let first = users::table.filter(users::id.nullable().eq(first));
                account.select(row(true)).union_all(first.select(row(false)))
            };
            let found: Vec<(bool, CredentialsRow)> = find_all!(self.0, query())?;
            let (mut credentials, mut next) = (None, None);
            for (is_account, row) in found {
                let found = Credentials::from(row);
                if is_account {
                    credentials = Some(found);
                } else {
                    next = Some(found.password_hash);
                }
            }
            let mut schemes = Vec::new();
            while let Some(hash) = next {
                // One step skips all hashes of a scheme.
                let after = match hash.scheme() {
                    Some(scheme) => {
                        let after = format!("{}{}", scheme.as_str(), char::MAX);
                        schemes.push(scheme);
                        after
                    }
                    None => hash.expose().to_owned(),
                };
                if schemes.len() == MAX_SCHEMES {
                    break;
                }
                let hash = outdated.field(users::password_hash);
                let query = || outdated_after!(after.clone()).select(hash);
                let found: Option<String> = find_one!(self.0, query())?;
                next = found.map(PasswordHash::new);
            }
            Ok(LoginLookup { credentials, schemes })
        })
        .await
    }

    async fn change_password(
        &self,
        user_id: UserId,
        change: PasswordChange,
    ) -> Result<Option<User>, RepositoryError> {
        let PasswordChange { verified, new, made_in, session } = change;
        // `NotFound` rolls the transaction back.
        let changed: Option<UserRow> = write_if_found!(self, async |connection| {
            let verified = active_user!(user_id).filter(users::password_hash.eq(verified.expose()));
            let user = diesel::update(verified)
                .set(users::password_hash.eq(new.expose()))
                .returning(UserRow::as_returning())
                .get_result(connection)
                .await?;
            let own = auth_sessions::table.filter(auth_sessions::user_id.eq(user_id.0));
            let present = own.filter(auth_sessions::id.eq(made_in.to_string()));
            let previous_login: Option<StoredTime> = diesel::delete(present)
                .returning(auth_sessions::previous_login)
                .get_result(connection)
                .await?;
            diesel::delete(own).execute(connection).await?;
            let code = password_codes::table.find(user_id.0);
            diesel::delete(code).execute(connection).await?;
            insert_session!(connection, &session, user_id.0, previous_login);
            Ok(user)
        })?;
        Ok(changed.map(User::from))
    }

    async fn update_profile(
        &self,
        user_id: UserId,
        ProfileChange { full_name, email }: ProfileChange,
    ) -> Result<Option<User>, SaveUserError> {
        let (email, verified) = email.unzip();
        let needs_no_password = verified.is_none().into_sql::<Bool>();
        let hash = verified.as_ref().map_or("", PasswordHash::expose).to_owned();
        let email = email.as_ref().map(EmailAddress::to_string);
        let owned = |name: FullName| name.as_str().to_owned();
        let full_name = full_name.map(|name| name.map(owned));
        let update = || {
            let user = active_user!(user_id)
                .filter(users::password_hash.eq(hash.clone()).or(needs_no_password));
            let changes = UserChangeset {
                email: email.clone(),
                full_name: full_name.clone(),
                is_active: true,
            };
            diesel::update(user).set(changes).returning(UserRow::as_returning())
        };
        let updated: Result<Vec<UserRow>, SaveUserError> =
            write_statement!(self, get_results, update());
        Ok(updated?.into_iter().next().map(User::from))
    }

    async fn delete(
        &self,
        user_id: UserId,
        verified: &PasswordHash,
    ) -> Result<bool, RepositoryError> {
        let hash = || verified.expose().to_owned();
        let user = || active_user!(user_id).filter(users::password_hash.eq(hash()));
        write_statement!(self, execute, diesel::delete(user())).map(|deleted: usize| deleted > 0)
    }

    async fn set_active(
        &self,
        user_id: UserId,
        active: bool,
    ) -> Result<Option<bool>, RepositoryError> {
        write!(self, async |connection| {
            let user = users::table.find(user_id.0);
            let other = user.filter(users::is_active.ne(active));
            let changed = diesel::update(other).set(users::is_active.eq(active));
            if changed.execute(connection).await? == 0 {
                let found: i64 = user.count().get_result(connection).await?;
                return Ok((found > 0).then_some(false));
            }
            if !active {
                let own = auth_sessions::table.filter(auth_sessions::user_id.eq(user_id.0));
                diesel::delete(own).execute(connection).await?;
            }
            Ok(Some(true))
        })
    }
}
