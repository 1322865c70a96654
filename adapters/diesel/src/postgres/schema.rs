// @generated automatically by Diesel CLI.

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
        refreshed_at -> Nullable<Timestamptz>,
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
diesel::joinable!(practice_sessions -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(auth_sessions, practice_sessions, users,);
