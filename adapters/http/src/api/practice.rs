use coach_core::{
    domain::{CategoryFilter, PracticeSession, PracticeSessionId, TimerMinutes},
    services::{FindPracticeError, PracticeHistory},
};
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path, types::Example};
use serde::Serialize;

use super::{ApiTags, documented_problems::problems, json::Json};
use crate::{
    request::{AnyBody, ApiBody, ApiQuery, CurrentUser, ListPracticeRequest, StartPracticeRequest},
    response::{
        Problem,
        formatted::{CategoryText, ModeText, TimerNumber, Timestamp, Uuid},
    },
    state::Auth,
};

pub(crate) struct PracticeApi;

/// A practice session.
#[derive(Object, Serialize)]
#[oai(rename = "PracticeSession", example)]
struct PracticeSessionBody {
    /// The id of the practice session.
    id: Uuid,
    /// The id of its owner.
    user_id: i64,
    /// The category of questions, or null for all.
    #[oai(nullable)]
    category_filter: Option<CategoryText>,
    /// The kind of practice.
    mode: ModeText,
    /// The time for each question, in minutes, or null for any time.
    #[oai(nullable)]
    timer_minutes: Option<TimerNumber>,
    /// The start, in UTC.
    started_at: Timestamp,
    /// The end, in UTC, or null while the session is open.
    #[oai(nullable)]
    ended_at: Option<Timestamp>,
    /// The number of questions that were asked.
    questions_count: u32,
    /// The average score of the answers, or null if there is none.
    #[oai(nullable)]
    avg_score: Option<f64>,
}

impl Example for PracticeSessionBody {
    fn example() -> Self {
        Self {
            id: "3d3f5b6e-0c0f-4b7a-9a52-6f1d8f0f2f6b".into(),
            user_id: 1,
            category_filter: Some("Product sense".into()),
            mode: "standard".into(),
            timer_minutes: Some(TimerNumber(25)),
            started_at: "2026-02-13T12:00:00Z".into(),
            ended_at: None,
            questions_count: 0,
            avg_score: None,
        }
    }
}

impl From<PracticeSession> for PracticeSessionBody {
    fn from(session: PracticeSession) -> Self {
        let PracticeSession { settings, .. } = session;
        let category = settings.category_filter.as_ref().map(CategoryFilter::as_str);
        Self {
            id: Uuid(session.id.to_string()),
            user_id: session.user_id.0,
            category_filter: category.map(CategoryText::from),
            mode: settings.mode.as_str().into(),
            timer_minutes: settings.timer_minutes.map(TimerMinutes::get).map(TimerNumber),
            started_at: session.started_at.into(),
            ended_at: session.ended_at.map(Timestamp::from),
            questions_count: session.questions_count,
            avg_score: session.avg_score,
        }
    }
}

/// A page of practice sessions, newest first.
#[derive(Object, Serialize)]
#[oai(rename = "PracticeSessionList", example)]
struct PracticeSessionsBody {
    /// The practice sessions of the page.
    sessions: Vec<PracticeSessionBody>,
    /// Send it as `cursor` to get the next page, or null on the last page.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

impl Example for PracticeSessionsBody {
    fn example() -> Self {
        Self { sessions: vec![PracticeSessionBody::example()], next_cursor: None }
    }
}

impl From<PracticeHistory> for PracticeSessionsBody {
    fn from(PracticeHistory { sessions, next_cursor }: PracticeHistory) -> Self {
        Self { sessions: sessions.into_iter().map(Into::into).collect(), next_cursor }
    }
}

#[derive(ApiResponse)]
enum Started {
    /// The practice session has started.
    #[oai(status = 201)]
    Created(Json<PracticeSessionBody>, #[oai(header = "Location")] String),
}

#[derive(ApiResponse)]
enum Listed {
    /// The page.
    #[oai(status = 200)]
    Ok(Json<PracticeSessionsBody>),
}

#[derive(ApiResponse)]
enum Shown {
    /// The practice session.
    #[oai(status = 200)]
    Ok(Json<PracticeSessionBody>),
}

problems!(StartProblem: MalformedAuthorization MalformedBody MalformedHost AuthenticationRequired InvalidToken
    CrossSite RequestTimeout PayloadTooLarge UnsupportedMediaType InvalidInput DatabaseUnavailable, from Problem);
problems!(ListProblem: MalformedAuthorization MalformedHost AuthenticationRequired InvalidToken InvalidInput
    DatabaseUnavailable, from Problem);
problems!(ShowProblem: MalformedAuthorization MalformedHost AuthenticationRequired InvalidToken NotFound
    DatabaseUnavailable, from Problem FindPracticeError);
problems!(EndProblem: MalformedAuthorization MalformedBody MalformedHost AuthenticationRequired InvalidToken
    CrossSite NotFound RequestTimeout PayloadTooLarge UnsupportedMediaType DatabaseUnavailable,
    from Problem FindPracticeError);

fn practice_session_id() -> Uuid {
    PracticeSessionBody::example().id
}

fn parse(id: &Uuid) -> Result<PracticeSessionId, Problem> {
    PracticeSessionId::parse(&id.0).ok_or_else(Problem::not_found)
}

#[OpenApi(prefix_path = "/api/sessions", tag = "ApiTags::Practice")]
impl PracticeApi {
    /// Start a practice session
    ///
    /// Starts a practice session of the user.
    #[oai(path = "/", method = "post", operation_id = "start_practice_session")]
    async fn start(
        &self,
        auth: Auth<'_>,
        user: CurrentUser,
        ApiBody(settings): ApiBody<StartPracticeRequest>,
    ) -> Result<Started, StartProblem> {
        let started = auth.start_practice(&user.caller, settings).await;
        let started = started.map_err(|error| user.problem(error))?;
        let location = format!("/api/sessions/{}", started.id);
        Ok(Started::Created(Json(started.into()), location))
    }

    /// List my practice sessions
    ///
    /// Returns a page of the user's practice sessions, newest first. Sessions that start later do not move the following pages.
    #[oai(path = "/", method = "get", operation_id = "practice_sessions")]
    async fn list(
        &self,
        auth: Auth<'_>,
        user: CurrentUser,
        ApiQuery(list): ApiQuery<ListPracticeRequest>,
    ) -> Result<Listed, ListProblem> {
        let query = list.query(&auth, &user.caller)?;
        let page = auth.practice_sessions(&user.caller, &query).await.map_err(Problem::from)?;
        Ok(Listed::Ok(Json(page.into())))
    }

    /// Show one of my practice sessions
    ///
    /// Returns a practice session of the user. Those of other users are not found.
    #[oai(path = "/:id", method = "get", operation_id = "practice_session")]
    async fn show(
        &self,
        auth: Auth<'_>,
        user: CurrentUser,
        /// The id of a practice session from `GET /api/sessions`.
        #[oai(example = "practice_session_id")]
        id: Path<Uuid>,
    ) -> Result<Shown, ShowProblem> {
        let session = auth.practice_session(&user.caller, parse(&id.0)?).await?;
        Ok(Shown::Ok(Json(session.into())))
    }

    /// End one of my practice sessions
    ///
    /// Sets the end of a practice session of the user. Ending it again changes nothing. Those of other users are not found.
    #[oai(path = "/:id/end", method = "post", operation_id = "end_practice_session")]
    async fn end(
        &self,
        auth: Auth<'_>,
        user: CurrentUser,
        /// The id of a practice session from `GET /api/sessions`.
        #[oai(example = "practice_session_id")]
        id: Path<Uuid>,
        _body: AnyBody,
    ) -> Result<Shown, EndProblem> {
        let session = auth.end_practice(&user.caller, parse(&id.0)?).await?;
        Ok(Shown::Ok(Json(session.into())))
    }
}
