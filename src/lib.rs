//! The core of PM Interview Coach: accounts with an email address and a password, their sessions, and the practice
//! sessions that belong to them.
//!
//! This crate contains rules and no technology. It has no runtime, database, web framework, hash function, clock or
//! randomness. It reaches all of these through ports, which adapters implement.
//!
//! | module | contents |
//! |---|---|
//! | [`domain`] | types that are valid by construction |
//! | [`ports`] | traits for adapters, with documented contracts |
//! | [`services`] | use cases, as methods of [`AuthService`](services::AuthService), and those of an operator as methods of [`Operator`](services::Operator) |
//!
//! # Examples
//!
//! A domain type is parsed once, at the boundary. Later code need not check it again:
//!
//! ```
//! use coach_core::domain::{EmailAddress, EmailError};
//!
//! let email = EmailAddress::parse(" Test@Example.COM ")?;
//! assert_eq!(email.as_str(), "test@example.com");
//! assert_eq!(EmailAddress::parse("test"), Err(EmailError::Shape));
//! # Ok::<(), EmailError>(())
//! ```
//!
//! A use case takes domain types, calls ports and returns an outcome or its own error:
//!
//! ```
//! use coach_core::{
//!     domain::{Channel, Client, Grant, Password},
//!     services::{AuthService, LoginError},
//! };
//!
//! async fn log_in(auth: &AuthService, email: &str, password: &Password) -> Result<(), LoginError> {
//!     let signed_in = auth.log_in(email, password, Channel::Tokens, Client::default()).await?;
//!     if let Grant::Tokens(tokens) = signed_in.grant {
//!         println!("The access token expires in {} seconds.", tokens.expires_in.num_seconds());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Adapters
//!
//! Each technology is a crate of its own, which depends on this crate and on no other adapter. Only `coach-server`, the
//! composition root, depends on all of them.
//!
//! | crate | implements |
//! |---|---|
//! | `coach-argon2` | password hashing |
//! | `coach-zxcvbn` | password strength |
//! | `coach-diesel` | storage in SQLite or PostgreSQL |
//! | `coach-memory` | storage in memory, the reference implementation |
//! | `coach-tokens` | access tokens (JWT, PASETO), refresh tokens and cursors |
//! | `coach-http` | the JSON API and the pages; it calls the use cases |
//! | `coach-server` | the clock, randomness, the log, the audit log and the metrics; it wires everything together |
//!
//! # How to extend
//!
//! - **A rule** belongs to the [`domain`] type that it concerns: as a check in `parse`, or as a method.
//! - **A use case** is a method of [`AuthService`](services::AuthService) in its own file under `services/`, with its
//!   error enum. It reads the clock once and records an [`AuthEvent`](domain::AuthEvent) for each outcome. Its tests
//!   use the mocks of the feature `mocks`.
//! - **A port** is a trait in its own file under `ports/`, with a mock (`mockall::automock`) and a field in
//!   [`Ports`](services::Ports). Its documentation states each obligation as a MUST, and `tests/contracts` tests each
//!   MUST.
//! - **An adapter** is a crate under `adapters/`. It implements ports and passes their contract suites. `coach-server`
//!   constructs it.
//! - **An endpoint** is a method in `coach-http`'s `api`. It parses the request, calls one use case and maps the
//!   result. Errors become HTTP problems in `response/problem`.
//! - **A protected resource**, data that belongs to one user, takes all of these. [`add_a_protected_resource`] walks
//!   through them with the practice sessions as the example.
//! - **A page** is a handler in `coach-http`'s `pages`, a view with the data of its template, and a template under
//!   `templates/` that extends `base.html`. Snapshots and browser tests cover its states.

pub mod domain;
pub mod ports;
pub mod services;

#[cfg(doc)]
#[doc = include_str!("../docs/add-a-protected-resource.md")]
pub mod add_a_protected_resource {}
