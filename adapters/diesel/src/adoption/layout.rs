//! Which tables and columns are understood.

use super::AdoptionError;

/// A column as the database describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The declared type.
    pub(crate) kind: String,
    pub(crate) not_null: bool,
    /// The default as SQL.
    pub(crate) default: Option<String>,
}

/// The columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table(pub(crate) Vec<Column>);

/// The tables to adopt. A database at the first revision has no `users`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) users: Option<Table>,
    pub(crate) practice_sessions: Option<Table>,
}

/// The columns of `users` that have a place in ours, beside the hash.
pub(crate) const USERS: [&str; 6] =
    ["id", "email", "full_name", "is_active", "last_login", "created_at"];
pub(crate) const PRACTICE_SESSIONS: [&str; 9] = [
    "id",
    "user_id",
    "category_filter",
    "mode",
    "timer_minutes",
    "started_at",
    "ended_at",
    "questions_count",
    "avg_score",
];
const HASHES: [&str; 2] = ["password_hash", "hashed_password"];

impl Table {
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.0.iter().find(|column| column.name == name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.column(name).is_some()
    }

    /// Returns the column with the password hash.
    pub(crate) fn hash(&self) -> Option<&str> {
        HASHES.into_iter().find(|name| self.has(name))
    }

    /// Returns the columns that have no place in our table of these columns.
    pub(crate) fn extra<'a>(&'a self, ours: &'a [&str]) -> impl Iterator<Item = &'a Column> {
        let hash = if ours == USERS { self.hash() } else { None };
        self.0.iter().filter(move |column| {
            !ours.contains(&column.name.as_str()) && Some(column.name.as_str()) != hash
        })
    }

    fn require(&self, table: &str, names: &[&str]) -> Result<(), AdoptionError> {
        match names.iter().find(|name| !self.has(name)) {
            Some(missing) => {
                Err(AdoptionError::refuse(format!("the table {table} has no column {missing}")))
            }
            None => Ok(()),
        }
    }

    fn require_integer(&self, table: &str, name: &str) -> Result<(), AdoptionError> {
        match self.column(name) {
            Some(Column { kind, .. }) if !kind.to_ascii_uppercase().contains("INT") => {
                let reason = format!("the column {table}.{name} is {kind}, not an integer");
                Err(AdoptionError::refuse(reason))
            }
            _ => Ok(()),
        }
    }
}

impl Layout {
    /// Checks that the columns can be adopted.
    pub(crate) fn check(&self) -> Result<(), AdoptionError> {
        if self.users.is_none() && self.practice_sessions.is_none() {
            return Err(AdoptionError::Nothing);
        }
        if let Some(users) = &self.users {
            users.require("users", &["id", "email", "created_at"])?;
            users.require_integer("users", "id")?;
            if HASHES.iter().all(|name| users.has(name)) {
                return Err(AdoptionError::refuse(
                    "the table users has both password_hash and hashed_password; rename the one that is not used",
                ));
            }
            if users.hash().is_none() {
                return Err(AdoptionError::refuse(
                    "the table users has neither password_hash nor hashed_password",
                ));
            }
        }
        if let Some(sessions) = &self.practice_sessions {
            sessions.require("practice_sessions", &["id", "started_at"])?;
            sessions.require_integer("practice_sessions", "user_id")?;
            if sessions.has("user_id") && self.users.is_none() {
                return Err(AdoptionError::refuse(
                    "practice_sessions has user_id, but there is no table users",
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: &str) -> Option<Table> {
        let column = |text: &str| {
            let (name, kind) = text.split_once(' ').unwrap_or((text, "TEXT"));
            Column { name: name.into(), kind: kind.into(), not_null: false, default: None }
        };
        Some(Table(columns.split(", ").map(column).collect()))
    }

    fn refusal(users: Option<Table>, practice_sessions: Option<Table>) -> Option<String> {
        Layout { users, practice_sessions }.check().err().map(|error| error.to_string())
    }

    #[test]
    fn common_variants_are_understood() {
        let sessions = || table("id VARCHAR(36), user_id BIGINT, started_at DATETIME");
        for users in [
            "id INTEGER, email, password_hash, created_at",
            "id bigint, email, hashed_password, created_at, full_name, nickname",
        ] {
            assert_eq!(refusal(table(users), sessions()), None);
        }
        assert_eq!(refusal(None, table("id, started_at")), None);
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_name() {
        for (users, named) in [
            ("id UUID, email, password_hash, created_at", "users.id is UUID"),
            ("id INTEGER, email, created_at", "neither password_hash nor hashed_password"),
            ("id INTEGER, email, password_hash, hashed_password, created_at", "both"),
            ("id INTEGER, password_hash, created_at", "no column email"),
            ("id INTEGER, email, password_hash", "no column created_at"),
        ] {
            let refusal = refusal(table(users), None).unwrap();
            assert!(
                refusal.contains(named) && refusal.contains("nothing was changed"),
                "{refusal}"
            );
        }
        let orphaned = refusal(None, table("id, user_id INTEGER, started_at")).unwrap();
        assert!(orphaned.contains("no table users"), "{orphaned}");
        assert!(refusal(None, None).unwrap().contains("nothing to adopt"));
    }

    #[test]
    fn extra_columns_exclude_the_hash_under_either_name() {
        let users = table("id, email, hashed_password, created_at, nickname").unwrap();
        let extra: Vec<_> = users.extra(&USERS).map(|column| column.name.as_str()).collect();
        assert_eq!(extra, ["nickname"]);
    }
}
