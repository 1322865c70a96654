use poem_openapi::{ApiResponse, OpenApi};

use super::{ApiTags, documented_problems::problems, json::Json, schema::UserBody};
use crate::{
    request::{ApiBody, CurrentUser, DeleteRequest, ProfileRequest},
    response::{CookieSlot, Problem},
    state::Auth,
};

pub(crate) struct ProfileApi;

#[derive(ApiResponse)]
enum Me {
    /// The account.
    #[oai(status = 200)]
    Ok(Json<UserBody>),
}

#[derive(ApiResponse)]
enum Deleted {
    /// The account and all its data were deleted.
    #[oai(status = 204)]
    NoContent,
}

problems!(MeProblem: MalformedAuthorization MalformedHost AuthenticationRequired InvalidToken
    DatabaseUnavailable, from Problem);
problems!(UpdateProblem: MalformedAuthorization MalformedBody MalformedHost AuthenticationRequired InvalidToken
    WrongPassword CrossSite RequestTimeout EmailTaken PayloadTooLarge UnsupportedMediaType InvalidInput Busy
    DatabaseUnavailable, from Problem);
problems!(DeleteProblem: MalformedAuthorization MalformedBody MalformedHost AuthenticationRequired InvalidToken
    WrongPassword CrossSite RequestTimeout PayloadTooLarge UnsupportedMediaType InvalidInput Busy
    DatabaseUnavailable, from Problem);

#[OpenApi(prefix_path = "/auth", tag = "ApiTags::Accounts")]
impl ProfileApi {
    /// Show my account
    ///
    /// Returns the account of the credential.
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, user: CurrentUser) -> Result<Me, MeProblem> {
        Ok(Me::Ok(Json(user.caller.user.into())))
    }

    /// Change my profile
    ///
    /// Changes the name, the email address, or both. A new email address needs the current password.
    #[oai(path = "/me", method = "patch", operation_id = "update_me")]
    async fn update_me(
        &self,
        auth: Auth<'_>,
        user: CurrentUser,
        ApiBody(update): ApiBody<ProfileRequest>,
    ) -> Result<Me, UpdateProblem> {
        let updated = auth.update_profile(&user.caller, update).await;
        Ok(Me::Ok(Json(updated.map_err(|error| user.problem(error))?.into())))
    }

    /// Delete my account
    ///
    /// Deletes the account, its sessions and its practice sessions. The email address can be registered again.
    #[oai(path = "/me", method = "delete", operation_id = "delete_me")]
    async fn delete_me(
        &self,
        auth: Auth<'_>,
        user: CurrentUser,
        cookie: &CookieSlot,
        ApiBody(current_password): ApiBody<DeleteRequest>,
    ) -> Result<Deleted, DeleteProblem> {
        let deleted = auth.delete_account(&user.caller, &current_password).await;
        deleted.map_err(|error| user.problem(error))?;
        if user.by_cookie {
            cookie.clear();
        }
        Ok(Deleted::NoContent)
    }
}
