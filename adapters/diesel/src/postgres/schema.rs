// @generated automatically by Diesel CLI.

diesel::table! {
    audit_events (id) {
        id -> Int8,
        at -> Timestamptz,
        #[max_length = 50]
        event -> Varchar,
        user_id -> Nullable<Int8>,
        #[max_length = 36]
        session_id -> Nullable<Varchar>,
        #[max_length = 45]
        ip -> Nullable<Varchar>,
        #[max_length = 64]
        operator -> Nullable<Varchar>,
        #[max_length = 100]
        details -> Nullable<Varchar>,
    }
}

diesel::table! {
    auth_sessions (id) {
        #[max_length = 36]
        id -> Varchar,
        user_id -> Int8,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        #[max_length = 64]
        secret_digest -> Nullable<Varchar>,
        #[max_length = 255]
        user_agent -> Nullable<Varchar>,
        #[max_length = 45]
        ip -> Nullable<Varchar>,
        refresh_generation -> Int4,
        previous_login -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    password_code_refusals (id) {
        id -> Int8,
        refusals -> Int8,
    }
}

diesel::table! {
    password_codes (user_id) {
        user_id -> Int8,
        #[max_length = 64]
        digest -> Varchar,
        expires_at -> Timestamptz,
        tries_left -> Int4,
    }
}

diesel::table! {
    practice_sessions (id) {
        #[max_length = 36]
        id -> Varchar,
        #[max_length = 50]
        category_filter -> Nullable<Varchar>,
        #[max_length = 20]
        mode -> Varchar,
        timer_minutes -> Nullable<Int4>,
        started_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        questions_count -> Int4,
        avg_score -> Nullable<Float8>,
        user_id -> Nullable<Int8>,
    }
}

diesel::table! {
    spent_refresh_tokens (session_id, generation) {
        #[max_length = 36]
        session_id -> Varchar,
        generation -> Int4,
        spent_at -> Timestamptz,
    }
}

diesel::table! {
    users (id) {
        id -> Int8,
        #[max_length = 254]
        email -> Varchar,
        #[max_length = 100]
        full_name -> Nullable<Varchar>,
        #[max_length = 255]
        password_hash -> Varchar,
        is_active -> Bool,
        last_login -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
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
