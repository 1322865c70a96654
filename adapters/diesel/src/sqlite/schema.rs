// @generated automatically by Diesel CLI.

diesel::table! {
    audit_events (id) {
        id -> BigInt,
        at -> Timestamp,
        event -> Text,
        user_id -> Nullable<BigInt>,
        session_id -> Nullable<Text>,
        ip -> Nullable<Text>,
        operator -> Nullable<Text>,
        details -> Nullable<Text>,
    }
}

diesel::table! {
    auth_sessions (id) {
        id -> Text,
        user_id -> BigInt,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        secret_digest -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        ip -> Nullable<Text>,
        refresh_generation -> Integer,
        previous_login -> Nullable<Timestamp>,
    }
}

diesel::table! {
    password_code_refusals (id) {
        id -> BigInt,
        refusals -> BigInt,
    }
}

diesel::table! {
    password_codes (user_id) {
        user_id -> BigInt,
        digest -> Text,
        expires_at -> Timestamp,
        tries_left -> Integer,
    }
}

diesel::table! {
    practice_sessions (id) {
        id -> Text,
        category_filter -> Nullable<Text>,
        mode -> Text,
        timer_minutes -> Nullable<Integer>,
        started_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        questions_count -> Integer,
        avg_score -> Nullable<Double>,
        user_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    spent_refresh_tokens (session_id, generation) {
        session_id -> Text,
        generation -> Integer,
        spent_at -> Timestamp,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        email -> Text,
        full_name -> Nullable<Text>,
        password_hash -> Text,
        is_active -> Bool,
        last_login -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::joinable!(auth_sessions -> users (user_id));
diesel::joinable!(password_codes -> users (user_id));
diesel::joinable!(practice_sessions -> users (user_id));
diesel::joinable!(spent_refresh_tokens -> auth_sessions (session_id));

diesel::allow_tables_to_appear_in_same_query!(
    audit_events,
    auth_sessions,
    password_code_refusals,
    password_codes,
    practice_sessions,
    spent_refresh_tokens,
    users,
);
