"""Calls every operation of the API through the client that openapi-python-client generated.

mypy checks the types. A run checks that the server's responses match them.
"""

import datetime
import json
import sys
from enum import Enum
from typing import Any, TypeVar, assert_type

import httpx
from coach_client import AuthenticatedClient, Client
from coach_client.api.accounts import delete_me, login, logout, me, register, update_me
from coach_client.api.practice import (
    end_practice_session,
    practice_session,
    practice_sessions,
    start_practice_session,
)
from coach_client.api.sessions import change_password, end_other_sessions, end_session, refresh, sessions
from coach_client.api.system import about, healthz, jwks, readyz
from coach_client.models import (
    About,
    DeleteRequest,
    Health,
    LoginRequest,
    PasswordRequest,
    PracticeSession,
    PracticeSessionList,
    PracticeSessionRequest,
    PracticeSessionsState,
    Problem,
    ProfileRequest,
    RefreshRequest,
    RegisterRequest,
    SessionList,
    Token,
    User,
)
from coach_client.types import Response, Unset

URL = sys.argv[1]
EMAIL = "test@example.com"
PASSWORD = "TestPass123!"
NEW_EMAIL = "new@example.com"
NEW_PASSWORD = "AnotherPass456!"

T = TypeVar("T")


def authenticated(token: Token) -> AuthenticatedClient:
    assert isinstance(token.token_type, Enum) and token.token_type == "bearer"
    return AuthenticatedClient(URL, token=token.access_token)


def media_type(response: Response[Any]) -> str:
    return response.headers["content-type"].split(";")[0]


def success(response: Response[Any], kind: type[T], status: int = 200) -> T:
    assert response.status_code == status, response
    assert media_type(response) == "application/json", response
    assert isinstance(response.parsed, kind), response
    return response.parsed


def nothing(response: Response[Any]) -> None:
    assert response.status_code == 204, response


def problem(response: Response[Any], status: int, kind: str) -> Problem:
    assert response.status_code == status, response
    assert media_type(response) == "application/problem+json", response
    assert isinstance(response.parsed, Problem), response
    assert response.parsed.status == status, response
    assert response.parsed.type_ == kind, response
    return response.parsed


def without_user_agent(request: httpx.Request) -> None:
    del request.headers["User-Agent"]


anonymous = Client(URL)

# Register.
registration = RegisterRequest(email=EMAIL, password=PASSWORD, full_name=None)
registered = success(register.sync_detailed(client=anonymous, body=registration), Token, 201)
user = registered.user
assert_type(user.id, int)
assert_type(user.full_name, str | None)
assert_type(user.created_at, datetime.datetime)
assert user.email == EMAIL
assert user.full_name is None
assert user.is_active
assert user.created_at.tzinfo is not None
assert registered.expires_in > 0

problem(register.sync_detailed(client=anonymous, body=registration), 409, "/problems/email-taken")
invalid = problem(
    register.sync_detailed(client=anonymous, body=RegisterRequest(email="test", password="short")),
    422,
    "/problems/invalid-input",
)
assert not isinstance(invalid.errors, Unset)
assert {error.field for error in invalid.errors} == {"email", "password"}

# Log in. A client without a User-Agent header gets a session without one.
problem(
    login.sync_detailed(client=anonymous, body=LoginRequest(email=EMAIL, password=NEW_PASSWORD)),
    401,
    "/problems/invalid-credentials",
)
nameless = Client(URL, httpx_args={"event_hooks": {"request": [without_user_agent]}})
other = success(login.sync_detailed(client=nameless, body=LoginRequest(email=EMAIL, password=PASSWORD)), Token)
assert other.user == user

# The account.
assert success(me.sync_detailed(client=authenticated(registered)), User) == user
problem(me.sync_detailed(client=AuthenticatedClient(URL, token="unknown")), 401, "/problems/invalid-token")

# Refresh.
refreshed = success(
    refresh.sync_detailed(client=anonymous, body=RefreshRequest(refresh_token=registered.refresh_token)), Token
)
assert refreshed.user == user
problem(
    refresh.sync_detailed(client=anonymous, body=RefreshRequest(refresh_token="unknown")),
    401,
    "/problems/invalid-refresh-token",
)

# Sessions.
mine = authenticated(refreshed)
listed = success(sessions.sync_detailed(client=mine), SessionList).sessions
assert len(listed) == 2
(current,) = [session for session in listed if session.current]
(ended,) = [session for session in listed if not session.current]
assert_type(current.user_agent, str | None)
assert_type(current.ip, str | None)
assert current.user_agent is not None
assert ended.user_agent is None
assert ended.created_at < ended.expires_at
nothing(end_session.sync_detailed(ended.id, client=mine))
problem(end_session.sync_detailed(ended.id, client=mine), 404, "/problems/not-found")
problem(me.sync_detailed(client=authenticated(other)), 401, "/problems/invalid-token")
nothing(end_other_sessions.sync_detailed(client=mine))

# Practice sessions.
choices = PracticeSessionRequest(category_filter="Strategy", timer_minutes=25)
practice = success(start_practice_session.sync_detailed(client=mine, body=choices), PracticeSession, 201)
assert_type(practice.user_id, int)
assert_type(practice.category_filter, str | None)
assert_type(practice.timer_minutes, int | None)
assert_type(practice.ended_at, datetime.datetime | None)
assert_type(practice.avg_score, float | None)
assert (practice.user_id, practice.mode, practice.timer_minutes) == (user.id, "standard", 25)
success(start_practice_session.sync_detailed(client=mine, body=PracticeSessionRequest()), PracticeSession, 201)
too_long = PracticeSessionRequest(timer_minutes=61)
problem(start_practice_session.sync_detailed(client=mine, body=too_long), 422, "/problems/invalid-input")
newest = success(practice_sessions.sync_detailed(client=mine, limit=1), PracticeSessionList)
assert_type(newest.next_cursor, str | None)
assert newest.next_cursor is not None
older = success(practice_sessions.sync_detailed(client=mine, limit=1, cursor=newest.next_cursor), PracticeSessionList)
assert (older.sessions, older.next_cursor) == ([practice], None)
finished = success(end_practice_session.sync_detailed(practice.id, client=mine), PracticeSession)
assert finished.ended_at is not None
assert success(practice_session.sync_detailed(practice.id, client=mine), PracticeSession) == finished
filtered = practice_sessions.sync_detailed(client=mine, category="Strategy", state=PracticeSessionsState.ENDED)
assert success(filtered, PracticeSessionList).sessions == [finished]
problem(practice_sessions.sync_detailed(client=authenticated(other)), 401, "/problems/invalid-token")
problem(practice_session.sync_detailed(ended.id, client=mine), 404, "/problems/not-found")

# Change the password.
wrong = PasswordRequest(current_password=NEW_PASSWORD, new_password=NEW_PASSWORD)
problem(change_password.sync_detailed(client=mine, body=wrong), 403, "/problems/wrong-password")
change = PasswordRequest(current_password=PASSWORD, new_password=NEW_PASSWORD)
changed = success(change_password.sync_detailed(client=mine, body=change), Token)
problem(me.sync_detailed(client=mine), 401, "/problems/invalid-token")

# Change the profile.
mine = authenticated(changed)
named = success(update_me.sync_detailed(client=mine, body=ProfileRequest(full_name="Test User")), User)
assert (named.full_name, named.email) == ("Test User", EMAIL)
address = ProfileRequest(email=NEW_EMAIL, current_password=PASSWORD, full_name=None)
problem(update_me.sync_detailed(client=mine, body=address), 403, "/problems/wrong-password")
address.current_password = NEW_PASSWORD
moved = success(update_me.sync_detailed(client=mine, body=address), User)
assert (moved.full_name, moved.email) == (None, NEW_EMAIL)
assert success(update_me.sync_detailed(client=mine, body=ProfileRequest()), User) == moved

# Log out.
nothing(logout.sync_detailed(client=authenticated(changed)))
problem(me.sync_detailed(client=authenticated(changed)), 401, "/problems/invalid-token")

# Delete the account.
last = LoginRequest(email=NEW_EMAIL, password=NEW_PASSWORD)
mine = authenticated(success(login.sync_detailed(client=anonymous, body=last), Token))
wrong_again = DeleteRequest(current_password=PASSWORD)
problem(delete_me.sync_detailed(client=mine, body=wrong_again), 403, "/problems/wrong-password")
nothing(delete_me.sync_detailed(client=mine, body=DeleteRequest(current_password=NEW_PASSWORD)))
problem(login.sync_detailed(client=anonymous, body=last), 401, "/problems/invalid-credentials")

# System.
assert success(about.sync_detailed(client=anonymous), About).status == "running"
assert success(healthz.sync_detailed(client=anonymous), Health).status == "ok"
assert success(readyz.sync_detailed(client=anonymous), Health).status == "ok"
assert json.loads(jwks.sync_detailed(client=anonymous).content) == {"keys": []}
