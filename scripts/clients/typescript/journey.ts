// Calls every operation of the API through the types that openapi-typescript generated. Compilation checks the types. A run
// checks that the server's responses match them.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type PracticeSession = components["schemas"]["PracticeSession"];
type PracticeSessionList = components["schemas"]["PracticeSessionList"];
type PracticeSessionRequest = components["schemas"]["PracticeSessionRequest"];
type Problem = components["schemas"]["Problem"];
type RegisterRequest = components["schemas"]["RegisterRequest"];
type Session = components["schemas"]["Session"];
type Token = components["schemas"]["Token"];
type User = components["schemas"]["User"];

// An assignment is not strict enough: a `string` can be assigned to a `string | null`.
type Same<A, B> = [A, B] extends [B, A] ? true : false;
function type<_ extends true>() {}

type<Same<User["id"], number>>();
type<Same<User["email"], string>>();
type<Same<User["full_name"], string | null>>();
type<Same<User["is_active"], boolean>>();
type<Same<User["created_at"], string>>();
type<Same<RegisterRequest["full_name"], string | null | undefined>>();
type<Same<Token["user"], User>>();
type<Same<Token["token_type"], "bearer">>();
type<Same<Token["expires_in"], number>>();
type<Same<Session["user_agent"], string | null>>();
type<Same<Session["ip"], string | null>>();
type<Same<Session["current"], boolean>>();
type<Same<PracticeSession["user_id"], number>>();
type<Same<PracticeSession["category_filter"], string | null>>();
type<Same<PracticeSession["mode"], string>>();
type<Same<PracticeSession["timer_minutes"], number | null>>();
type<Same<PracticeSession["ended_at"], string | null>>();
type<Same<PracticeSession["avg_score"], number | null>>();
type<Same<PracticeSessionList["next_cursor"], string | null>>();
type<Same<PracticeSessionRequest["timer_minutes"], number | null | undefined>>();
type<Same<Problem["status"], number>>();

const baseUrl = process.argv[2]!;
const anonymous = createClient<paths>({ baseUrl });
const email = "test@example.com";
const password = "TestPass123!";
const newEmail = "new@example.com";
const newPassword = "AnotherPass456!";

function as(token: Token) {
  assert.equal(token.token_type, "bearer");
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token.access_token}` } });
}

function mediaType(response: Response): string | undefined {
  return response.headers.get("content-type")?.split(";")[0];
}

function success<T>(result: { data?: T; response: Response }, status = 200): T {
  assert.equal(result.response.status, status);
  assert.equal(mediaType(result.response), "application/json");
  assert(result.data !== undefined);
  return result.data;
}

function nothing(result: { response: Response }) {
  assert.equal(result.response.status, 204);
}

// Accepts only a result whose documented errors are all of type `Problem`.
function problem(result: { error?: Problem; response: Response }, status: number, type: string): Problem {
  assert.equal(result.response.status, status);
  assert.equal(mediaType(result.response), "application/problem+json");
  assert(result.error !== undefined);
  assert.equal(result.error.status, status);
  assert.equal(result.error.type, type);
  return result.error;
}

// Register.
const registration: RegisterRequest = { email, password, full_name: null };
const registered = success(await anonymous.POST("/auth/register", { body: registration }), 201);
assert.equal(registered.user.email, email);
assert.equal(registered.user.full_name, null);
assert.equal(registered.user.is_active, true);
assert(registered.expires_in > 0);

problem(await anonymous.POST("/auth/register", { body: registration }), 409, "/problems/email-taken");
const invalid = problem(
  await anonymous.POST("/auth/register", { body: { email: "test", password: "short" } }),
  422,
  "/problems/invalid-input",
);
assert.deepEqual(invalid.errors?.map(({ field }) => field).sort(), ["email", "password"]);

// Log in.
problem(
  await anonymous.POST("/auth/login", { body: { email, password: newPassword } }),
  401,
  "/problems/invalid-credentials",
);
const other = success(await anonymous.POST("/auth/login", { body: { email, password } }));
assert.deepEqual(other.user, registered.user);

// The account.
assert.deepEqual(success(await as(registered).GET("/auth/me")), registered.user);
problem(await anonymous.GET("/auth/me"), 401, "/problems/authentication-required");

// Refresh.
const refreshed = success(
  await anonymous.POST("/auth/refresh", { body: { refresh_token: registered.refresh_token } }),
);
assert.deepEqual(refreshed.user, registered.user);
problem(
  await anonymous.POST("/auth/refresh", { body: { refresh_token: "unknown" } }),
  401,
  "/problems/invalid-refresh-token",
);

// Sessions.
const mine = as(refreshed);
const { sessions } = success(await mine.GET("/auth/sessions"));
assert.equal(sessions.length, 2);
const [ended] = sessions.filter(({ current }) => !current);
assert(ended !== undefined);
assert(!Number.isNaN(Date.parse(ended.expires_at)));
const path = { id: ended.id };
nothing(await mine.DELETE("/auth/sessions/{id}", { params: { path } }));
problem(await mine.DELETE("/auth/sessions/{id}", { params: { path } }), 404, "/problems/not-found");
problem(await as(other).GET("/auth/me"), 401, "/problems/invalid-token");
nothing(await mine.DELETE("/auth/sessions"));

// Practice sessions.
const choices: PracticeSessionRequest = { category_filter: "Strategy", timer_minutes: 25 };
const practice = success(await mine.POST("/api/sessions", { body: choices }), 201);
assert.equal(practice.user_id, registered.user.id);
assert.deepEqual([practice.category_filter, practice.mode, practice.timer_minutes], ["Strategy", "standard", 25]);
assert.equal(practice.ended_at, null);
success(await mine.POST("/api/sessions", { body: {} }), 201);
problem(await mine.POST("/api/sessions", { body: { timer_minutes: 61 } }), 422, "/problems/invalid-input");
const newest = success(await mine.GET("/api/sessions", { params: { query: { limit: 1 } } }));
assert(newest.next_cursor !== null);
const older = { limit: 1, cursor: newest.next_cursor };
const page = success(await mine.GET("/api/sessions", { params: { query: older } }));
assert.deepEqual(page, { sessions: [practice], next_cursor: null });
problem(
  await mine.GET("/api/sessions", { params: { query: { ...older, state: "open" } } }),
  422,
  "/problems/invalid-input",
);
const practicePath = { params: { path: { id: practice.id } } };
const finished = success(await mine.POST("/api/sessions/{id}/end", practicePath));
assert(finished.ended_at !== null);
assert.deepEqual(success(await mine.GET("/api/sessions/{id}", practicePath)), finished);
const query = { category: "Strategy", state: "ended" } as const;
assert.deepEqual(success(await mine.GET("/api/sessions", { params: { query } })).sessions, [finished]);
problem(await as(other).GET("/api/sessions"), 401, "/problems/invalid-token");
problem(await mine.GET("/api/sessions/{id}", { params: { path } }), 404, "/problems/not-found");

// Change the password.
problem(
  await mine.POST("/auth/password", { body: { current_password: newPassword, new_password: newPassword } }),
  403,
  "/problems/wrong-password",
);
const changed = success(
  await mine.POST("/auth/password", { body: { current_password: password, new_password: newPassword } }),
);
problem(await mine.GET("/auth/me"), 401, "/problems/invalid-token");

// Change the profile.
const profile = as(changed);
const named = success(await profile.PATCH("/auth/me", { body: { full_name: "Test User" } }));
assert.deepEqual([named.full_name, named.email], ["Test User", email]);
const address = { email: newEmail, full_name: null };
problem(
  await profile.PATCH("/auth/me", { body: { ...address, current_password: password } }),
  403,
  "/problems/wrong-password",
);
const moved = success(await profile.PATCH("/auth/me", { body: { ...address, current_password: newPassword } }));
assert.deepEqual([moved.full_name, moved.email], [null, newEmail]);
assert.deepEqual(success(await profile.PATCH("/auth/me", { body: {} })), moved);

// Log out.
nothing(await as(changed).POST("/auth/logout"));
problem(await as(changed).GET("/auth/me"), 401, "/problems/invalid-token");

// Delete the account.
const credentials = { email: newEmail, password: newPassword };
const last = as(success(await anonymous.POST("/auth/login", { body: credentials })));
problem(
  await last.DELETE("/auth/me", { body: { current_password: password } }),
  403,
  "/problems/wrong-password",
);
nothing(await last.DELETE("/auth/me", { body: { current_password: newPassword } }));
problem(await anonymous.POST("/auth/login", { body: credentials }), 401, "/problems/invalid-credentials");

// System.
assert.equal(success(await anonymous.GET("/")).status, "running");
assert.equal(success(await anonymous.GET("/healthz")).status, "ok");
assert.equal(success(await anonymous.GET("/readyz")).status, "ok");
assert.deepEqual(success(await anonymous.GET("/.well-known/jwks.json")), { keys: [] });
