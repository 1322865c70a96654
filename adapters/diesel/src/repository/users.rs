use std::sync::Arc;

use async_trait::async_trait;
use coach_core::{
    domain::{Credentials, EmailAddress, NewAuthSession, NewUser, User, UserId},
    ports::{CreateUserError, PasswordChange, RepositoryError, UserRepository},
};
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error as DieselError},
};
use diesel_async::RunQueryDsl;

use super::{
    super::schema::{auth_sessions, users},
    database::Database,
    rows::{self, CredentialsRow, NewUserRow, UserRow},
};
use crate::error::{from_diesel, within_deadline};

pub(super) struct DieselUserRepository(pub(super) Arc<Database>);

#[async_trait]
impl UserRepository for DieselUserRepository {
    async fn create(
        &self,
        user: NewUser,
        session: NewAuthSession,
    ) -> Result<User, CreateUserError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let created = write_transaction!(connection, async |connection| {
                let created = diesel::insert_into(users::table)
                    .values(NewUserRow::from(&user))
                    .returning(UserRow::as_returning())
                    .get_result(connection)
                    .await?;
                insert_session!(connection, &session, created.id);
                Ok(created)
            });
            match created {
                Ok(created) => Ok(created.into()),
                Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                    Err(CreateUserError::EmailTaken)
                }
                Err(error) => Err(from_diesel(error).into()),
            }
        })
        .await
    }

    async fn find_credentials(
        &self,
        email: &EmailAddress,
    ) -> Result<Option<Credentials>, RepositoryError> {
        within_deadline(async {
            let with_email = users::table.filter(users::email.eq(email.to_string()));
            let found: Option<CredentialsRow> =
                find_one!(self.0, with_email.select(CredentialsRow::as_select()))?;
            Ok(found.map(Credentials::from))
        })
        .await
    }

    async fn change_password(
        &self,
        user_id: UserId,
        change: PasswordChange,
    ) -> Result<Option<User>, RepositoryError> {
        within_deadline(async {
            let mut connection = self.0.writer().await?;
            let changed: Result<UserRow, DieselError> =
                write_transaction!(connection, async |connection| {
                    let PasswordChange { verified, new, made_in, session } = &change;
                    let verified = users::table
                        .filter(users::id.eq(user_id.0))
                        .filter(users::is_active.eq(true))
                        .filter(users::password_hash.eq(verified.expose()));
                    let user = diesel::update(verified)
                        .set(users::password_hash.eq(new.expose()))
                        .returning(UserRow::as_returning())
                        .get_result(connection)
                        .await?;
                    let own = auth_sessions::table.filter(auth_sessions::user_id.eq(user_id.0));
                    let present = own.filter(auth_sessions::id.eq(made_in.to_string()));
                    if diesel::delete(present).execute(connection).await? == 0 {
                        return Err(DieselError::NotFound);
                    }
                    diesel::delete(own).execute(connection).await?;
                    insert_session!(connection, session, user_id.0);
                    Ok(user)
                });
            // Nothing to change, or no session to change it in: the transaction has been rolled back.
            Ok(changed.optional().map_err(from_diesel)?.map(User::from))
        })
        .await
    }
}
