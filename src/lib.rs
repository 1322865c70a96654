//! # The core of PM Interview Coach's accounts
//!
//! A hexagon: this crate knows the rules and no technology. There is no runtime, no database, no web framework, no
//! hash function, no clock and no randomness in it; whatever it needs of the world it asks for through a port.
//!
//! | module | what |
//! |---|---|
//! | [`domain`] | the nouns, valid by construction |
//! | [`ports`] | what the core needs, as documented contracts |
//! | [`services`] | what the core does: one use case a file, on [`AuthService`](services::AuthService) |
//!
//! Around it stand the adapters, one crate for each technology, which know the core and not each other:
//! `coach-argon2` hashes passwords, `coach-zxcvbn` judges them, `coach-diesel` keeps the accounts and sessions in SQLite or PostgreSQL,
//! `coach-tokens` makes tokens, `coach-http` speaks HTTP. `coach-server` is the composition root: it alone knows
//! them all.
//!
//! ## Recipes
//!
//! **A rule** belongs to the type of [`domain`] that it is about, as a `parse` that refuses or a method that decides.
//!
//! **A use case** is a method of [`AuthService`](services::AuthService) in a file of its own under `services/`, with
//! its error enum. It reads the time once, asks ports, and records one [`AuthEvent`](ports::AuthEvent) for each
//! outcome. Its tests plug in mocks (feature `mocks`).
//!
//! **A port** is a trait in a file of its own under `ports/`, with every promise written as a MUST, a mock
//! (`mockall::automock`) and a field in [`Ports`](services::Ports). Each MUST becomes a test in `tests/contracts`.
//!
//! **An adapter** is a crate under `adapters/` that depends on this one. It implements ports and passes their contract
//! suites; `coach-server` constructs it.
//!
//! **An endpoint** is a method in `coach-http`'s `api`: parse the request, call one use case, map the answer. Its
//! errors become problems in `problem.rs`, the one place that knows status codes.
//!
//! **A page** is a handler in `coach-http`'s `pages`, a `View` that says what its template is given, and a template under
//! `templates/` that extends `base.html`. Its samples make its snapshots, and their contrast is computed; the browser tests
//! add its states.

pub mod domain;
pub mod ports;
pub mod services;
